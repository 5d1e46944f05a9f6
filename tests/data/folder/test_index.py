"""Is what was found out remembered, and does a bad index do no harm?"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from genimg.data.folder import index as module
from genimg.data.folder.index import Index
from genimg.data.folder.judging import Facts, judge
from genimg.data.folder.near_duplicates import Look

from .messy import encode, photo

KEY = bytes(range(16))


def facts(seed: int = 1) -> Facts:
    return judge(encode(photo(seed), "PNG"))[0]


def same(one: Facts, other: Facts) -> bool:
    return (
        one.to_text() == other.to_text()
        and one.look.thumbnail.tobytes() == other.look.thumbnail.tobytes()
    )


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    with Index(tmp_path) as index:
        index.remember({b"stamp": KEY}, {KEY: facts()})
        index.remember({b"other": KEY}, {})
    with Index(tmp_path) as index:
        assert index.digests([b"stamp", b"other", b"new"]) == {b"stamp": KEY, b"other": KEY}
        assert index.known() == {KEY}
        assert same(index.facts([KEY, b"?"])[KEY], facts())


def test_no_name_of_a_file_is_in_the_index(tmp_path: Path) -> None:
    with Index(tmp_path) as index:
        index.remember({b"stamp": KEY}, {KEY: facts()})
    assert str(tmp_path).encode() not in (tmp_path / "pictures.sqlite").read_bytes()


@pytest.mark.parametrize("harm", [b"", b"no database at all" * 50, None])
def test_a_damaged_index_is_thrown_away(tmp_path: Path, harm: bytes | None) -> None:
    path = tmp_path / "pictures.sqlite"
    with Index(tmp_path) as index:
        index.remember({b"stamp": KEY}, {KEY: facts()})
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + os.urandom(len(whole) - 100) if harm is None else harm)
    with Index(tmp_path) as index:
        assert index.facts([KEY]) == {} and index.digests([b"stamp"]) == {}
        index.remember({b"stamp": KEY}, {KEY: facts()})
    with Index(tmp_path) as index:
        assert list(index.facts([KEY])) == [KEY]


def test_the_index_of_another_version_is_not_believed(tmp_path: Path) -> None:
    with Index(tmp_path) as index:
        index.remember({b"stamp": KEY}, {KEY: facts()})
    with sqlite3.connect(tmp_path / "pictures.sqlite") as base:
        base.execute("PRAGMA user_version = 999")
    base.close()
    with Index(tmp_path) as index:
        assert index.known() == set()


def test_where_no_index_can_be_written_all_goes_on_without(tmp_path: Path) -> None:
    (tmp_path / "pictures.sqlite").mkdir()
    with Index(tmp_path) as index:
        index.remember({b"stamp": KEY}, {KEY: facts()})
        assert index.known() == set() and index.digests([b"stamp"]) == {}


def test_several_that_open_a_new_one_at_once_lose_nothing(tmp_path: Path) -> None:
    known = facts()
    together = Barrier(4)

    def write(folder: Path, number: int) -> None:
        together.wait()
        with Index(folder) as index:
            for step in range(5):
                key = bytes([number, step] * 8)
                index.remember({key: key}, {key: known})

    for round_ in range(20):  # which of them comes first is chance
        folder = tmp_path / str(round_)
        folder.mkdir()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(write, folder), range(4)))
        with Index(folder) as index:
            assert len(index.known()) == 20


def test_pairs_of_large_sets_are_remembered_and_old_sets_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SLOW", 4)
    monkeypatch.setattr(module, "_SETS", 3)
    sets = [[facts(seed).look, facts(9).look, facts(8).look, facts(9).look] for seed in range(5)]
    asked: list[int] = []
    real = module.near_pairs

    def counting(looks: list[Look]) -> list[tuple[int, int]]:
        asked.append(len(looks))
        return real(looks)

    monkeypatch.setattr(module, "near_pairs", counting)
    with Index(tmp_path) as index:
        for looks in sets:
            assert index.near_pairs(looks) == index.near_pairs(looks) == [(1, 3)]
        assert asked == [4] * 5
        assert index.near_pairs(sets[-1]) == [(1, 3)] and len(asked) == 5
        assert index.near_pairs(sets[0]) == [(1, 3)] and len(asked) == 6
        assert index.near_pairs(sets[0][:3]) == []


def test_facts_survive_being_written_down() -> None:
    whole = facts(3)
    again = Facts.from_text(whole.to_text(), whole.look.thumbnail.tobytes())
    assert same(whole, again) and again.subject == whole.subject
    assert again.look.hash == whole.look.hash and isinstance(again.look.thumbnail, np.ndarray)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Facts.from_text('{"reason": 1}', b"")
