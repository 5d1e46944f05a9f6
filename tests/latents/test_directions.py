"""Directions planted in codes are found again, with the right sign and an honest reliability."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.decomposition import PCA

from genimg.latents import (
    GROUPS,
    METHODS,
    Direction,
    Evidence,
    directions_to_header,
    find_directions,
)

D = 8
COUNT = 1200
COLOURS = ("red", "green", "blue")
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def unit(*numbers: float) -> Floats:
    vector = np.zeros(D)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


PLANTED = {
    "red": unit(1, 1),
    "green": unit(0, 0, 1, -1),
    "blue": unit(-1, 1),
    "hat": unit(0, 0, 0, 0, 1, 2),
    "size": unit(0, 0, 0, 0, 0, 0, -1, 1),
}


def spread(rng: np.random.Generator, n: int) -> Floats:
    """Codes without any label: unequal and correlated, as real ones are."""
    mixing = np.eye(D) * np.linspace(0.3, 1.0, D) + 0.3 * np.eye(D, k=1)
    return rng.standard_normal((n, D)) @ mixing


def make(seed: int = 0) -> Evidence:
    """Three colours, a hat, and a size that shift the codes; labels and a score that do not."""
    rng = np.random.default_rng(seed)

    def part(n: int) -> tuple[Floats, Integers, dict[str, Floats]]:
        colour, hat, noise = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.integers(0, 2, n)
        size = rng.standard_normal(n)
        codes = spread(rng, n)
        for index, name in enumerate(COLOURS):
            codes += 3.0 * np.outer(colour == index, PLANTED[name])
        codes += 2.5 * np.outer(hat, PLANTED["hat"])
        codes += 2.0 * np.outer(size, PLANTED["size"])
        scores = {"size": 10.0 + 0.5 * size, "weather": rng.standard_normal(n)}
        return codes, np.stack([colour, hat, noise], axis=1), scores

    codes, labels, scores = part(COUNT)
    held_out, held_out_labels, held_out_scores = part(COUNT)
    return Evidence(
        model_id="m",
        codes=codes,
        held_out=held_out,
        kl=np.array([0.5, 3.0, 0.04, 1.0, 0.0, 2.0, 0.05, 0.049]),
        survival=np.array([0.1, 0.2, 0.9, 0.4, 0.9, 0.6, 0.7, 0.8]),
        factors=(("fur", COLOURS), ("head", ("no hat", "hat")), ("luck", ("bad", "good"))),
        labels=labels,
        held_out_labels=held_out_labels,
        scores=scores,
        held_out_scores=held_out_scores,
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return make()


@pytest.fixture(scope="module")
def found(evidence: Evidence) -> dict[str, Direction]:
    return {direction.name: direction for direction in find_directions(evidence)}


def towards(direction: Direction, vector: Floats) -> float:
    return float(direction.vector.double().numpy() @ vector / np.linalg.norm(vector))


# -- what is found


@pytest.mark.parametrize("name", COLOURS)
def test_a_planted_value_is_found_against_the_mean_of_the_others(
    found: dict[str, Direction], name: str
) -> None:
    others = [PLANTED[other] for other in COLOURS if other != name]
    expected = PLANTED[name] - np.mean(others, axis=0)
    assert towards(found[name], expected) > 0.98
    assert found[name].reliability > 0.8
    assert (found[name].group, found[name].factor) == ("named", "fur")


def test_of_two_values_the_second_is_found_and_points_to_itself(
    found: dict[str, Direction],
) -> None:
    assert "no hat" not in found
    assert towards(found["hat"], PLANTED["hat"]) > 0.98
    assert found["hat"].reliability > 0.8
    assert found["hat"].factor == "head"


def test_a_planted_attribute_is_found_and_points_to_more_of_it(
    found: dict[str, Direction],
) -> None:
    """Along the way the codes move with it, not along the weights that would predict it best."""
    assert towards(found["size"], PLANTED["size"]) > 0.98
    assert found["size"].reliability > 0.6
    assert (found["size"].group, found["size"].factor) == ("measured", "")


def test_the_sign_follows_the_attribute(evidence: Evidence) -> None:
    turned = replace(
        evidence,
        scores={"smallness": -evidence.scores["size"]},
        held_out_scores={"smallness": -evidence.held_out_scores["size"]},
    )
    [smallness] = METHODS["attributes"](turned)
    assert towards(smallness, -PLANTED["size"]) > 0.98
    assert smallness.reliability > 0.6


def test_labels_and_attributes_that_are_noise_are_dropped(
    evidence: Evidence, found: dict[str, Direction]
) -> None:
    assert "good" not in found
    assert "weather" not in found
    reliability = {
        direction.name: direction.reliability
        for method in ("labels", "attributes")
        for direction in METHODS[method](evidence)
    }
    assert reliability["good"] < 0.1
    assert reliability["weather"] < 0.02


def test_reliability_comes_from_held_out_pictures(evidence: Evidence) -> None:
    """What holds for the training pictures alone is not reliable, and not shown."""
    rng = np.random.default_rng(1)
    assert evidence.held_out_labels is not None
    shuffled = replace(
        evidence,
        held_out_labels=rng.permutation(evidence.held_out_labels),
        held_out_scores={k: rng.permutation(v) for k, v in evidence.held_out_scores.items()},
    )
    assert {d.group for d in find_directions(shuffled)} == {"raw"}


def test_a_direction_that_points_the_wrong_way_on_held_out_pictures_is_dropped(
    evidence: Evidence,
) -> None:
    """A squared correlation alone would call the opposite of the truth reliable."""
    mirrored = replace(evidence, held_out=-evidence.held_out)
    for method in ("labels", "attributes"):
        for direction in METHODS[method](mirrored):
            if direction.name not in ("good", "weather"):
                assert direction.reliability == 0.0, direction.name
    assert {"size", "hat", *COLOURS}.isdisjoint(d.name for d in find_directions(mirrored))


def test_the_std_is_that_of_the_codes_along_the_direction(
    evidence: Evidence, found: dict[str, Direction]
) -> None:
    for direction in found.values():
        along = evidence.codes @ direction.vector.double().numpy()
        assert direction.std == pytest.approx(float(along.std()), rel=1e-4)
        assert float(direction.vector.norm()) == pytest.approx(1.0, abs=1e-5)
        assert direction.model_id == "m"


def test_raw_dimensions_come_by_kl_and_dead_ones_are_hidden(
    evidence: Evidence, found: dict[str, Direction]
) -> None:
    raw = [d for d in found.values() if d.group == "raw"]
    assert [d.name for d in raw] == [f"dimension {i}" for i in (2, 6, 4, 1, 7)]
    for direction in raw:
        index = int(direction.name.split()[1]) - 1
        assert direction.vector.tolist() == np.eye(D)[index].tolist()
        assert direction.reliability == evidence.survival[index]


def test_groups_come_in_order_and_the_most_reliable_first(found: dict[str, Direction]) -> None:
    directions = list(found.values())
    groups = [GROUPS.index(d.group) for d in directions]
    assert groups == sorted(groups)
    assert {GROUPS[group] for group in groups} == {"named", "measured", "raw"}
    named = [d.reliability for d in directions if d.group == "named"]
    assert len(named) == 4
    assert named == sorted(named, reverse=True)


# -- codes that were drawn, not encoded


@pytest.fixture(scope="module")
def drawn() -> Evidence:
    """Codes of a model without an encoder: independent along a turned set of axes.

    The widest axis is the size, the second nothing that is measured, the third (backwards) the
    weather; the last is too narrow to be shown.
    """
    rng = np.random.default_rng(3)
    axes = np.linalg.qr(rng.standard_normal((D, D)))[0].T
    deviations = np.array([4.0, 3.0, 2.0, 1.5, 1.0, 0.7, 0.5, 0.1])

    def part(n: int) -> tuple[Floats, dict[str, Floats]]:
        places = rng.standard_normal((n, D)) * deviations
        scores = {
            "size": 5.0 + 0.1 * places[:, 0] + 0.2 * rng.standard_normal(n),
            "weather": -places[:, 2] + 0.5 * rng.standard_normal(n),
            "luck": rng.standard_normal(n),
            "flat": np.full(n, 0.3),
        }
        return places @ axes, scores

    codes, scores = part(4000)
    held_out, held_out_scores = part(COUNT)
    return Evidence(
        model_id="m",
        codes=codes,
        held_out=held_out,
        kl=None,
        survival=None,
        scores=scores,
        held_out_scores=held_out_scores,
    )


def test_components_are_the_principal_axes_the_widest_first(drawn: Evidence) -> None:
    found = METHODS["components"](drawn)
    assert len(found) == D - 1, "one carries less than two thousandths"
    pca = PCA().fit(drawn.codes)
    for direction, axis, variance in zip(
        found, pca.components_, pca.explained_variance_, strict=False
    ):
        assert abs(towards(direction, axis)) == pytest.approx(1.0, abs=1e-5)
        assert direction.std == pytest.approx(variance**0.5, rel=1e-3)
        assert direction.group == "component"
        if "," not in direction.name:
            assert float(direction.vector[direction.vector.abs().argmax()]) > 0, "one of two signs"


def test_a_component_is_named_by_the_attribute_that_goes_with_it(drawn: Evidence) -> None:
    found = METHODS["components"](drawn)
    expected = {1: "component 1, size", 3: "component 3, weather"}
    assert [d.name for d in found] == [expected.get(i, f"component {i}") for i in range(1, D)]
    for rank, name in ((1, "size"), (3, "weather")):
        direction = found[rank - 1]
        places = drawn.held_out @ direction.vector.double().numpy()
        r = np.corrcoef(places, drawn.held_out_scores[name])[0, 1]
        assert r > 0, "it points to more of it"
        assert direction.reliability == pytest.approx(r**2, abs=1e-4)
    variances = drawn.codes.var(axis=0).sum()
    for rank in (2, 4):
        share = found[rank - 1].std ** 2 / variances
        assert found[rank - 1].reliability == pytest.approx(share, rel=1e-3)


def test_components_come_last_by_width_and_stand_in_for_dimensions(drawn: Evidence) -> None:
    names = [d.name for d in find_directions(drawn)]
    assert names[:2] == ["weather", "size"]
    assert names[2:] == [d.name for d in METHODS["components"](drawn)]
    assert METHODS["dimensions"](drawn) == []


def test_encoded_pictures_have_dimensions_instead(evidence: Evidence) -> None:
    assert METHODS["components"](evidence) == []


def test_there_are_sixteen_components_at_most() -> None:
    rng = np.random.default_rng(4)
    known = Evidence(
        "m", rng.standard_normal((500, 40)), rng.standard_normal((100, 40)), None, None
    )
    found = METHODS["components"](known)
    assert [d.name for d in found] == [f"component {i}" for i in range(1, 17)]
    together = torch.stack([d.vector for d in found])
    torch.testing.assert_close(together @ together.T, torch.eye(16), rtol=0, atol=1e-5)


def test_codes_that_do_not_vary_have_no_components() -> None:
    assert METHODS["components"](Evidence("m", np.ones((9, 3)), np.ones((5, 3)), None, None)) == []


# -- what is known only in part


def test_pictures_without_a_label_do_not_count(evidence: Evidence) -> None:
    """Unknown labels lie far off: counted as "the others" they would turn the direction."""
    assert evidence.labels is not None
    assert evidence.held_out_labels is not None
    unknown = np.full((COUNT, 3), -1)
    far = np.full((COUNT, D), 40.0)
    partly = replace(
        evidence,
        codes=np.concatenate([evidence.codes, far]),
        labels=np.concatenate([evidence.labels, unknown]),
        held_out=np.concatenate([evidence.held_out, far]),
        held_out_labels=np.concatenate([evidence.held_out_labels, unknown]),
    )
    for known, direction in zip(
        METHODS["labels"](evidence), METHODS["labels"](partly), strict=True
    ):
        assert direction.name == known.name
        torch.testing.assert_close(direction.vector, known.vector)
        assert direction.reliability == pytest.approx(known.reliability)


@pytest.mark.parametrize(("training", "held_out", "shown"), [(9, 50, 0), (50, 4, 0), (10, 5, 1)])
def test_a_value_seen_too_seldom_gets_no_direction(
    evidence: Evidence, training: int, held_out: int, shown: int
) -> None:
    def rare(count: int) -> Integers:
        column = np.zeros((COUNT, 1), dtype=np.int64)
        column[:count] = 1
        return column

    seldom = replace(
        evidence,
        factors=(("head", ("bare", "crown")),),
        labels=rare(training),
        held_out_labels=rare(held_out),
    )
    assert [d.name for d in METHODS["labels"](seldom)] == ["crown"] * shown


def test_without_labels_or_scores_there_are_the_raw_dimensions(evidence: Evidence) -> None:
    bare = replace(
        evidence, factors=(), labels=None, held_out_labels=None, scores={}, held_out_scores={}
    )
    assert {d.group for d in find_directions(bare)} == {"raw"}


def test_a_constant_attribute_has_no_direction(evidence: Evidence) -> None:
    constant = replace(
        evidence,
        scores={"flat": np.full(COUNT, 0.3)},
        held_out_scores={"flat": np.full(COUNT, 0.3)},
    )
    assert METHODS["attributes"](constant) == []


def test_dead_codes_have_no_named_or_measured_direction(evidence: Evidence) -> None:
    dead = replace(evidence, codes=np.zeros((COUNT, D)), held_out=np.zeros((COUNT, D)))
    assert {d.group for d in find_directions(dead)} == {"raw"}
    assert all(d.std > 0 for d in find_directions(dead))


# -- names, and the way into a file


def test_names_that_would_occur_twice_are_told_apart(evidence: Evidence) -> None:
    clashing = replace(
        evidence,
        factors=(
            ("fur", ("size", "pink", "blue")),
            ("head", ("bare", "pink")),
            evidence.factors[2],
        ),
    )
    names = [d.name for d in find_directions(clashing)]
    assert len(set(names)) == len(names)
    assert {"pink (fur)", "pink (head)", "size (fur)", "size (measured)", "blue"} <= set(names)


def test_header_and_vectors_give_the_same_directions_back(found: dict[str, Direction]) -> None:
    directions = list(found.values())
    rows, tensors = directions_to_header(directions)
    vectors = tensors["directions.vectors"]
    assert vectors.shape == (len(directions), D)
    for direction, row, vector in zip(directions, rows, vectors, strict=True):
        again = Direction(vector=vector, model_id="m", **row)  # type: ignore[arg-type]
        assert torch.equal(again.vector, direction.vector)
        assert again.reliability == pytest.approx(direction.reliability, abs=1e-4)
        for part in ("name", "std", "group", "factor", "model_id"):
            assert getattr(again, part) == getattr(direction, part)


def test_no_directions_need_no_tensor() -> None:
    assert directions_to_header([]) == ((), {})
