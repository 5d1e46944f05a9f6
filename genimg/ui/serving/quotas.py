"""How much of something may one address take, and all of them together?"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager


class Full(Exception):
    """There is no more of it: for this address (`own`), or for nobody."""

    def __init__(self, own: bool) -> None:
        super().__init__()
        self.own = own


class Share:
    """Something that is held for a while and given back: places, bytes of memory.

    Args:
        most: of all addresses together.
        most_of_one: of one address.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most, self.most_of_one = most, most_of_one
        self._held: Counter[str] = Counter()

    def held(self, address: str | None = None) -> int:
        """How much an address, or everybody, holds now."""
        return self._held.total() if address is None else self._held[address]

    def take(self, address: str, amount: int = 1, most_of_one: int | None = None) -> None:
        """Hold so much more; `most_of_one` is for an address with another limit than the others.

        Raises:
            Full: nothing is taken then.
        """
        most = self.most_of_one if most_of_one is None else most_of_one
        if self._held[address] + amount > most:
            raise Full(own=True)
        if self._held.total() + amount > self.most:
            raise Full(own=False)
        self._held[address] += amount

    def give(self, address: str, amount: int = 1) -> None:
        """Hold so much less."""
        self._held[address] -= amount
        if self._held[address] <= 0:
            del self._held[address]

    @contextmanager
    def holding(self, address: str) -> Iterator[None]:
        """Hold one in a block. Raises Full."""
        self.take(address)
        try:
            yield
        finally:
            self.give(address)


class Ration:
    """Something that is used up and comes back with time: bytes that lie on the disk for an hour.

    Args:
        most, most_of_one: as of a Share, in any `seconds`.
        clock: a steady clock, in seconds.
    """

    def __init__(
        self,
        most: int,
        most_of_one: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = Share(most, most_of_one)
        self._seconds = seconds
        self._clock = clock
        self._used: deque[tuple[float, str, int]] = deque()

    def use(self, address: str, amount: int) -> None:
        """Use so much. Raises Full, and nothing is used then."""
        now = float(int(self._clock()))  # what comes within a second is one entry
        while self._used and self._used[0][0] <= now - self._seconds:
            _, who, before = self._used.popleft()
            self._share.give(who, before)
        self._share.take(address, amount)
        if self._used and self._used[-1][:2] == (now, address):
            amount += self._used.pop()[2]
        self._used.append((now, address, amount))


class Turns:
    """So many at a time, and so many of one address; whoever waits longest is next.

    Those of one address wait for each other first, so they are never in the way of others.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._most_of_one = most_of_one
        self._of_one: dict[str, asyncio.Semaphore] = {}
        self._there: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """A block that is entered when it is this address's turn."""
        own = self._of_one.setdefault(address, asyncio.Semaphore(self._most_of_one))
        self._there[address] += 1
        try:
            async with own, self._all:
                yield
        finally:
            self._there[address] -= 1
            if not self._there[address]:
                del self._there[address], self._of_one[address]
