"""What was found out about which file content, so that no picture is decoded twice?

One small SQLite file in the cache folder. It holds no names: files are known by a digest of their
place and time, contents by a digest of their bytes. It may be deleted at any time; a damaged one
is thrown away, and where it cannot be written everything still works, only slower.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from genimg.data.folder.judging import VERSION, Facts
from genimg.data.folder.near_duplicates import Look, near_pairs

_TABLES = (
    "CREATE TABLE IF NOT EXISTS stamps (stamp BLOB PRIMARY KEY, digest BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS facts (digest BLOB PRIMARY KEY, text TEXT, thumbnail BLOB)",
    "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, rows BLOB)",
)
_SLOW = 500  # pictures from which on comparing all with all is worth remembering
_SETS = 20  # sets of which that is remembered
_log = logging.getLogger(__name__)


class Index:
    """The index in a cache folder; use it in one thread, and with `with`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "pictures.sqlite"
        self._base: sqlite3.Connection | None = None
        try:
            self._base = self._opened()
        except sqlite3.OperationalError as error:  # a full disk, or another process for too long
            self._give_up(error)
        except sqlite3.DatabaseError:
            self._renew()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._base is not None:
            self._base.close()
            self._base = None

    def digests(self, stamps: Iterable[bytes]) -> dict[bytes, bytes]:
        """{stamp: digest of the content} of those files that have been read before."""
        return {stamp: row[0] for stamp in stamps for row in self._one("stamps", stamp)}

    def facts(self, digests: Iterable[bytes]) -> dict[bytes, Facts]:
        """{digest: what is known} of those contents that have been judged before."""
        found = {}
        for digest in digests:
            for _, text, thumbnail in self._one("facts", digest):
                with contextlib.suppress(ValueError, KeyError, TypeError):  # judged again
                    found[digest] = Facts.from_text(text, thumbnail)
        return found

    def known(self) -> set[bytes]:
        """The digests of all contents that have been judged."""
        return {row[0] for row in self._ask("SELECT digest FROM facts", ())}

    def remember(self, stamps: dict[bytes, bytes], facts: dict[bytes, Facts]) -> None:
        """Write {stamp: digest} and {digest: what is known}, all or nothing."""
        if self._base is None:
            return
        rows = [(key, each.to_text(), each.look.thumbnail.tobytes()) for key, each in facts.items()]
        try:
            with self._base:
                self._base.executemany(
                    "INSERT OR REPLACE INTO stamps VALUES (?, ?)", stamps.items()
                )
                self._base.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def near_pairs(self, looks: Sequence[Look]) -> list[tuple[int, int]]:
        """`alike.near_pairs`, which takes seconds for 10,000, remembered for the latest sets."""
        key = hashlib.blake2b(digest_size=16)
        for look in looks:
            key.update(f"{look.hash} {look.aspect}".encode() + look.thumbnail.tobytes())
        for (kept,) in self._one("pairs", key.digest()):
            rows = np.frombuffer(kept, np.int32).reshape(-1, 2)
            return [(int(one), int(other)) for one, other in rows]
        pairs = near_pairs(looks)
        if self._base is not None and len(looks) >= _SLOW:
            rows = np.array(pairs, np.int32).reshape(-1, 2)
            try:
                with self._base:
                    self._base.execute(
                        "INSERT OR REPLACE INTO pairs VALUES (?, ?)", (key.digest(), rows.tobytes())
                    )
                    self._base.execute(
                        "DELETE FROM pairs WHERE rowid <= (SELECT MAX(rowid) FROM pairs) - ?",
                        (_SETS,),
                    )
            except sqlite3.Error as error:
                self._give_up(error)
        return pairs

    def _one(self, table: str, key: bytes) -> list[tuple]:  # type: ignore[type-arg]
        column = {"stamps": "digest", "facts": "digest, text, thumbnail", "pairs": "rows"}[table]
        name = {"stamps": "stamp", "facts": "digest", "pairs": "key"}[table]
        return self._ask(f"SELECT {column} FROM {table} WHERE {name} = ?", (key,))

    def _ask(self, words: str, values: tuple[bytes, ...]) -> list[tuple]:  # type: ignore[type-arg]
        if self._base is None:
            return []
        try:
            return self._base.execute(words, values).fetchall()
        except sqlite3.OperationalError as error:
            self._give_up(error)
        except sqlite3.DatabaseError:
            self._renew()
        return []

    def _opened(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path, timeout=30)
        try:
            base.execute("PRAGMA synchronous = NORMAL")
            with base:
                base.execute("BEGIN IMMEDIATE")  # or another drops what one has just written
                (version,) = base.execute("PRAGMA user_version").fetchone()
                if version != VERSION:
                    base.execute("DROP TABLE IF EXISTS stamps")
                    base.execute("DROP TABLE IF EXISTS facts")
                    base.execute("DROP TABLE IF EXISTS pairs")
                    base.execute(f"PRAGMA user_version = {VERSION}")
                for table in _TABLES:
                    base.execute(table)
        except BaseException:
            base.close()
            raise
        return base

    def _renew(self) -> None:
        """Throw a damaged index away and begin a new one."""
        _log.info("%s is damaged and is made anew", self._path)
        if self._base is not None:
            self._base.close()
        self._base = None
        try:
            for ending in ("", "-journal"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            self._base = self._opened()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Go on without the index: everything is found out again."""
        _log.warning("%s cannot be used (%s); pictures are judged anew", self._path, error)
        if self._base is not None:
            self._base.close()
        self._base = None
