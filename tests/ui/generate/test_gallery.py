"""What a person has drawn, without a browser: grids, the way back, and what comes next."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from genimg import Editor
from genimg.ui.generate import gallery
from genimg.ui.generate.gallery import EARLIER, Gallery, Picture

from ..conftest import save_gan


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    path = tmp_path_factory.mktemp("gan") / "gan.safetensors"
    save_gan(path)
    return Editor.load(path, "cpu")


@pytest.fixture
def pictures(gan: Editor) -> list[Picture]:
    return gallery.drawn(gan, 10, 3, 1.0, {})


def test_pictures_know_their_seeds_and_labels(gan: Editor) -> None:
    labels = {"hat": "red hat"}
    found = gallery.drawn(gan, 10, 3, 0.8, labels)
    assert [picture.latent for picture in found] == gan.sample(3, 10, 0.8, labels)
    assert [picture.seed for picture in found] == [10, 11, 12]
    assert found[1].origin == "seed 11, red hat"
    assert found[1].labels == labels


def test_more_like_one_keep_what_it_was_asked_for(gan: Editor) -> None:
    [picture] = gallery.drawn(gan, 10, 1, 1.0, {"hat": "red hat"})
    first, *others = gallery.alike(gan, picture, 4, 7, 0.5)
    assert first.latent == picture.latent
    assert [o.latent for o in others] == gan.vary(picture.latent, 4, 7, 0.5, {"hat": "red hat"})
    assert {other.origin for other in others} == {"like seed 10, red hat"}
    assert {other.seed for other in others} == {None}
    [_, again] = gallery.alike(gan, others[0], 1, 8, 0.5)
    assert again.origin == "like seed 10, red hat", "and not like like"


def test_a_mix(gan: Editor, pictures: list[Picture]) -> None:
    mixed = gallery.mixed(gan, pictures[0], pictures[1], "fine")
    assert mixed.latent == gan.mix(pictures[0].latent, pictures[1].latent, "fine")
    assert mixed.origin == "mix of seed 10 and seed 11"


def test_a_click_chooses_unless_its_grid_is_gone(pictures: list[Picture]) -> None:
    own = Gallery()
    assert own.choose("1 0") is None
    old = own.show("m", "first", pictures)
    assert own.choose(old.picks[2]) is not None
    assert own.grid is not None and own.grid.picture == pictures[2]
    own.show("m", "second", pictures[:2])
    for late in (*old.picks, "nonsense", ""):
        own.choose(late)
        assert own.grid.picture == pictures[0]


def test_the_way_back_ends(pictures: list[Picture]) -> None:
    own = Gallery()
    assert own.go_back() is None
    for number in range(EARLIER + 5):
        own.show("m", str(number), pictures)
    titles = []
    while own.can_go_back:
        grid = own.go_back()
        assert grid is not None
        titles.append(grid.title)
    assert titles == [str(number) for number in range(EARLIER + 3, 3, -1)]
    assert own.go_back() == own.grid


def test_another_model_begins_anew(pictures: list[Picture]) -> None:
    own = Gallery()
    own.show("m", "first", pictures)
    own.coarse = own.fine = pictures[0]
    own.show("other", "second", pictures)
    assert not own.can_go_back
    assert own.coarse is own.fine is None


def test_nobody_starts_with_somebody_elses(pictures: list[Picture]) -> None:
    own = Gallery()
    own.show("m", "first", pictures)
    assert copy.deepcopy(own).grid is None


def test_a_click_that_arrives_after_a_later_one_is_late() -> None:
    own = Gallery()
    assert [own.is_late(at) for at in (10.0, 30.0, 20.0, 30.0, 31)] == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert not any(own.is_late(odd) for odd in (None, "5", True, [1]))


def test_pictures_are_brought_to_numbers(numbered_path: Path) -> None:
    people = Editor.load(numbered_path, "cpu")
    found = gallery.drawn(people, 10, 2, 1.0, {}, {"age": 60.0})
    ages = [people.numbers(each.latent)["age"] for each in found]
    assert ages == pytest.approx([60, 60], abs=0.01)
    assert found[1].origin.endswith("11, age 60 years")
