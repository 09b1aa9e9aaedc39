"""The numbered pages of a listing of 0.15 (rest.md 2.4): which to ask for, and what to do when items move.

Items come by name. What is made or deleted meanwhile moves all that follow, and nothing in a page tells of it: one
deleted in front and one made behind, and an item lies on neither of two pages. So each page begins a little before
the end of the last one, and has to reach back to it by name; then nothing can lie between them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Any, Protocol, TypeAlias

from stalwart_client._ahead import Ask
from stalwart_client._answers import fitting
from stalwart_client._errors import Busy

SMALLEST, LARGEST = 250, 2000
"""About how many items a page has: the server goes through all names for each page, but the last one nobody works on
while it is on its way."""
MOST_BEGINNINGS = 3
"""How often it is read from the first page without finding anything new, before we give up."""
IN_FLIGHT = 2
"""How many pages are on their way at once: the server works on one while another travels and is read."""

Item: TypeAlias = dict[str, Any]
Page: TypeAlias = tuple[list[Item], int]
"""Items by name, and how many there are on all pages together."""
Placed: TypeAlias = tuple[range, Page]
"""A page, and which of all items it was to have; the first is 0."""


class Ahead(Protocol):
    """Yields what is asked for, and asks for more meanwhile."""

    def __call__(self, asks: Iterator[Ask[Placed]], *, in_flight: int) -> Generator[Placed, None, None]: ...


class Listing:
    """Reads one page after the other until the last one says that there are no more.

    `fetch` gets the number of a page, the first is 1, and the size of pages.
    """

    def __init__(self, fetch: Callable[[int, int], Page], ahead: Ahead) -> None:
        self._fetch = fetch
        self._ahead = ahead
        self._total = 0
        self._last = ""
        self._back = SMALLEST
        self._beginnings = 0

    def pages(self) -> Iterator[list[Item]]:
        """Yield pages by name. Whoever is there all the time comes, and nobody comes twice.

        :raises Busy: if so much goes meanwhile that we do not get ahead
        """
        start: int | None = 0
        while start is not None:
            start = yield from self._pages_from(start)

    def _pages_from(self, start: int) -> Generator[list[Item], None, int | None]:
        """Yield pages, and return where to read on, None where nothing can have been missed."""
        end: int | None = start
        with closing(self._ahead(self._asks(start), in_flight=IN_FLIGHT)) as pages:
            for place, (items, total) in pages:
                names = _names(items)
                if not names and place.start < total:
                    # Nothing where there should be something: this server will not give more.
                    return None
                reaches_back = bool(names) and min(names) <= self._last
                if place.start and not reaches_back:
                    return self._before(min(place.start, total))
                yield self._new(items, names)
                end = None if place.stop >= total else place.stop
        return end

    def _asks(self, start: int) -> Iterator[Ask[Placed]]:
        """Yield what fetches a page, as long as there is more by the latest answer."""
        while True:
            place = self._place(start)
            yield partial(self._fetched, place)
            start = place.stop
            if start >= self._total:
                return

    def _place(self, start: int) -> range:
        """Return a page with what comes before `start` and as much as is good after it.

        Where a page begins is a multiple of its size. With this one it is before `start` by less than there are
        pages before it, and these are few enough for each page to bring something new.
        """
        if start < SMALLEST:
            return range(SMALLEST)
        size = min(max(SMALLEST, self._total // 8), max(LARGEST, self._total // 250))
        before = max(1, round((start - 1) / size))
        size = (start - 1) // before
        return range(before * size, (before + 1) * size)

    def _fetched(self, place: range) -> Placed:
        items, self._total = self._fetch(place.start // len(place) + 1, len(place))
        return place, (items, self._total)

    def _before(self, start: int) -> int:
        """Return where to read again: further back each time, until a page reaches back far enough."""
        again = max(0, start - self._back)
        self._back *= 2
        self._beginnings += again == 0
        if self._beginnings > MOST_BEGINNINGS:
            raise Busy("The list changed while it was read.")
        return again

    def _new(self, items: list[Item], names: list[str]) -> list[Item]:
        """Return the items that come after all that were read before."""
        before, self._last = self._last, max([self._last, *names])
        if self._last > before:
            self._back, self._beginnings = SMALLEST, 0
        return [item for item, name in zip(items, names, strict=True) if name > before]


def _names(items: list[Item]) -> list[str]:
    with fitting("a list"):
        names = [item["name"] for item in items]
        # The quickest way to find a name that is no text: it raises a TypeError.
        "".join(names)
        return names
