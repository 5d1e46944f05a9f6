"""How are thousands of files judged and decoded at once, and none of them twice?

Pillow decodes outside the interpreter's lock, so threads do. A JPEG of 640 x 480 takes 3 ms of one
core, a third of it decoding; processes were a quarter faster on two cores, not worth what each
costs to start and to hold. What is done stays done when the work is interrupted.
"""

from __future__ import annotations

import logging
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from genimg.config import Size
from genimg.data.dataset import Bytes
from genimg.data.folder.array_cache import ArrayCache, Key, row_key
from genimg.data.folder.choosing import Crop
from genimg.data.folder.found import Found, Unreadable
from genimg.data.folder.index import Index
from genimg.data.folder.judging import (
    Facts,
    decode_for,
    digest_of,
    fit,
    is_too_small,
    judge,
)
from genimg.data.progress import Progress
from genimg.errors import DataError, ImageError
from genimg.images import MAX_BYTES
from genimg.images.kinds import looks_like_picture
from genimg.machine import usable_cores

_MEMORY = 200  # judged files after which the index is written
_SNIFFED = 1 << 20  # larger files are read whole only if they begin as pictures do

_log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class _Judged(NamedTuple):
    digest: bytes | None  # None: not worth remembering
    facts: Facts | None  # None: known already
    pictures: dict[Key, Bytes]


def judge_all(
    found: Sequence[Found],
    size: Size,
    crop: Crop,
    index: Index,
    arrays: ArrayCache,
    progress: Progress,
) -> tuple[list[bytes | None], list[Facts]]:
    """The digest of each file's content (None if it was not read) and what is known of it.

    Pictures that are decoded for that are put into the cache as well.
    """
    told = index.digests(each.stamp for each in found)
    digests = [told.get(each.stamp) for each in found]
    known = index.known()
    facts = index.facts({each for each in digests if each in known and each is not None})
    known -= {each for each in digests if each is not None} - set(facts)  # damaged: judged anew
    digests = [each if each in facts else None for each in digests]
    rows = [row for row, digest in enumerate(digests) if digest is None]
    results: dict[int, Facts] = {}
    stamps: dict[bytes, bytes] = {}
    fresh: dict[bytes, Facts] = {}

    def write() -> None:
        index.remember(stamps, fresh)
        stamps.clear()
        fresh.clear()

    def work(row: int) -> _Judged:
        return _judge(found[row], size, crop, known)

    done = len(found) - len(rows)
    progress(done, len(found), "looking at the files")
    try:
        for row, judged in zip(rows, _in_parallel(work, rows), strict=True):
            done += 1
            progress(done, len(found), "looking at the files")
            digests[row] = judged.digest
            if judged.facts is not None:
                results[row] = judged.facts
            if judged.digest is not None:
                stamps[found[row].stamp] = judged.digest
                if judged.facts is not None:
                    fresh[judged.digest] = facts[judged.digest] = judged.facts
                    known.add(judged.digest)
            for key, picture in judged.pictures.items():
                if key not in arrays:
                    arrays.add(key, picture)
            if len(stamps) >= _MEMORY:
                write()
    finally:  # whatever ends the work early, what is done need not be done again
        write()
        arrays.flush()
    missing = {each for each in digests if each is not None and each not in facts}
    facts.update(index.facts(missing))
    for row, digest in enumerate(digests):
        if row not in results:
            fact = facts.get(digest) if digest is not None else None
            results[row] = fact if fact is not None else _again(found[row])
    return digests, [results[row] for row in range(len(found))]


def fit_all(
    wanted: Sequence[tuple[Key, Found, Facts, tuple[float, float]]],
    size: Size,
    arrays: ArrayCache,
    progress: Progress,
) -> None:
    """Put every wanted picture into the cache: its key, file, facts and focus of the crop.

    Raises DataError if a file was changed or removed meanwhile.
    """
    missing = {each[0]: each for each in wanted if each[0] not in arrays}
    jobs = list(missing.values())

    def work(job: tuple[Key, Found, Facts, tuple[float, float]]) -> Bytes:
        key, found, facts, focus = job
        try:
            data = found.read()
            if digest_of(data) != key[:16]:
                raise Unreadable("damaged", "it has changed")
            return fit(decode_for(data, size, facts.grey), size, focus)
        except (Unreadable, ImageError) as error:
            raise DataError(
                f"{found.name} changed while it was being read ({error}). Try again."
            ) from error

    try:
        for done, (job, picture) in enumerate(zip(jobs, _in_parallel(work, jobs), strict=True), 1):
            arrays.add(job[0], picture)
            progress(done, len(jobs), "cropping the pictures")
    finally:
        arrays.flush()


def _judge(found: Found, size: Size, crop: Crop, known: set[bytes]) -> _Judged:
    """Judge one file; runs in a thread."""
    try:
        if found.size > _SNIFFED:
            start = found.start()
            if not looks_like_picture(start):
                return _Judged(None, judge(start)[0], {})
            if found.size > MAX_BYTES:
                detail = f"it is larger than {MAX_BYTES // 10**6} MB"
                return _Judged(None, Facts("too large", detail), {})
        data = found.read()
    except Unreadable as trouble:
        return _Judged(None, Facts(trouble.reason, str(trouble)), {})
    digest = digest_of(data)
    if digest in known:
        return _Judged(digest, None, {})
    try:
        facts, image = judge(data, size)
    except Exception:  # one file never takes the others along, whatever it makes of a reader
        return _Judged(None, _given_up(found), {})
    pictures = {}
    if image is not None and not is_too_small(facts, size):
        for focus in _focuses(facts, crop):
            pictures[row_key(digest, focus)] = fit(image, size, focus)
    return _Judged(digest, facts, pictures)


def _focuses(facts: Facts, crop: Crop) -> set[tuple[float, float]]:
    """The crops that may be wanted of a picture before "auto" is decided."""
    return {
        "centre": {(0.5, 0.5)},
        "subject": {facts.subject.focus},
        "auto": {(0.5, 0.5), facts.subject.focus},
    }[crop]


def _again(found: Found) -> Facts:
    """Judge a file without the index, which was lost meanwhile."""
    try:
        return judge(found.read())[0]
    except Unreadable as trouble:
        return Facts(trouble.reason, str(trouble))
    except Exception:
        return _given_up(found)


def _given_up(found: Found) -> Facts:
    """What is told of a file that ought to be refused in words, and is not."""
    _log.warning("%s cannot be looked at", found.name, exc_info=True)
    return Facts("damaged", "it cannot be looked at")


def _in_parallel(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The results in the order of the items; only a few are under way at a time."""
    workers = max(1, min(8, usable_cores()))
    waiting: deque[Future[R]] = deque()
    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the verdict says enough
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
