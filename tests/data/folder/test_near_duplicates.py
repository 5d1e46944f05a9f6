"""Are copies found, and different pictures told apart?"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg.data.drawn.drawing import draw_dataset
from genimg.data.folder.near_duplicates import _candidates, groups, look_at, near_pairs

from .messy import copies, photo


@pytest.mark.parametrize("kind", ["saved again", "smaller", "brighter", "cut"])
def test_copies_are_found_among_other_pictures(kind: str) -> None:
    originals = [photo(seed, (200, 150)) for seed in range(60)]
    others = [Image.open(io.BytesIO(copies(each)[kind])) for each in originals[:20]]
    pairs = near_pairs([look_at(each) for each in [*originals, *others]])
    found = {pair for pair in pairs if pair in {(i, 60 + i) for i in range(20)}}
    assert len(found) >= 18  # nine in ten
    assert len(pairs) == len(found)  # and nothing else


def test_a_thousand_different_cats_are_nearly_all_different(data_cache: Path) -> None:
    cats = draw_dataset("cats", 64, 1, data_cache).images[:1000]
    pairs = near_pairs([look_at(Image.fromarray(each)) for each in cats])
    assert len(pairs) <= 8
    # Those that are paired can hardly be told apart by eye: few levels of 255 on average.
    apart = [np.abs(cats[i].astype(int) - cats[j]).mean() for i, j in pairs]
    assert all(each < 4 for each in apart)


def test_a_cat_saved_again_is_found_among_cats(data_cache: Path) -> None:
    cats = [Image.fromarray(each) for each in draw_dataset("cats", 64, 1, data_cache).images[:300]]
    again = []
    for cat in cats[:30]:
        buffer = io.BytesIO()
        cat.save(buffer, "JPEG", quality=75)
        again.append(Image.open(buffer))
    pairs = set(near_pairs([look_at(each) for each in [*cats, *again]]))
    assert len(pairs & {(i, 300 + i) for i in range(30)}) >= 28


def test_grey_and_flat_pictures_do_not_upset_the_comparison() -> None:
    grey = [photo(seed).convert("L") for seed in range(6)]
    flat = [Image.new("L", (20, 20), level) for level in (0, 0, 128)]
    pairs = near_pairs([look_at(each) for each in [*grey, *flat, grey[2]]])
    assert (2, 9) in pairs and all(i >= 6 for i, j in pairs if (i, j) != (2, 9))


def test_nothing_and_one_picture_have_no_pairs() -> None:
    assert near_pairs([]) == near_pairs([look_at(photo(0))]) == []


def test_look_alikes_of_which_none_is_close_are_not_even_compared() -> None:
    hashes = np.array([0b111111 << (6 * i) for i in range(6)], np.uint64)  # 12 bits apart, each
    mosaics = np.ones((6, 192), np.float32) / np.sqrt(192, dtype=np.float32)
    few, many = (
        list(_candidates(hashes[:n], mosaics[:n], np.zeros(n)))
        for n in (4, 6)  # of six each has five near it, which makes them look-alikes
    )
    assert [(first, others.tolist(), strict) for first, others, strict in few] == [
        (0, [1, 2, 3], False),
        (1, [2, 3], False),
        (2, [3], False),
    ]
    assert many == []


@pytest.mark.parametrize("name", ["robots", "heads", "monsters", "cats"])
def test_of_a_small_drawn_set_nearly_every_picture_is_kept(name: str, data_cache: Path) -> None:
    drawn = draw_dataset(name, 64, 1, data_cache).images[:300]
    pairs = near_pairs([look_at(Image.fromarray(each)) for each in drawn])
    assert len({other for _, other in pairs}) <= 6


def test_pairs_join_into_groups() -> None:
    assert groups(6, [(4, 2), (2, 5), (0, 1)]) == [0, 0, 2, 3, 2, 2]
    assert groups(0, []) == []
