"""The numbered pages of a listing of 0.15 (rest.md 2.4): which to ask for, and what to do when items move."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Any, Protocol, TypeAlias

from stalwart_client._ahead import Ask
from stalwart_client._answers import fitting

SMALLEST, LARGEST = 250, 2000
"""How many items a page has: the server goes through all names for each page, but the last one nobody works on
while it is on its way."""
IN_FLIGHT = 2
"""How many pages are on their way at once: the server works on one while another travels and is read."""

Item: TypeAlias = dict[str, Any]
Page: TypeAlias = tuple[list[Item], int]
"""Items by name, and how many there are on all pages together."""


class Ahead(Protocol):
    """Yields what is asked for, and asks for more meanwhile."""

    def __call__(
        self, asks: Iterator[Ask[tuple[int, Page]]], *, in_flight: int
    ) -> Generator[tuple[int, Page], None, None]: ...


class Listing:
    """Reads one page after the other until there are as many items as the answers say.

    `fetch` gets the number of a page, the first is 1, and the size of pages.
    """

    def __init__(self, fetch: Callable[[int, int], Page], ahead: Ahead) -> None:
        self._fetch = fetch
        self._ahead = ahead
        self._total = 0
        self._last = ""

    def pages(self) -> Iterator[list[Item]]:
        """Yield pages by name. What is deleted meanwhile moves others to a page read before; nobody comes twice."""
        start: int | None = 0
        while start is not None:
            start = yield from self._pages_from(start)

    def _pages_from(self, start: int) -> Generator[list[Item], None, int | None]:
        """Yield pages, and return from where to read again as items have moved there, None where none have."""
        before = self._total
        with closing(self._ahead(self._asks(start), in_flight=IN_FLIGHT)) as pages:
            for at, (items, total) in pages:
                gone, before = before - total, total
                if gone > 0 and at:
                    return max(0, at - gone) // SMALLEST * SMALLEST
                yield self._new(items)
                if not items:
                    break
        return None

    def _asks(self, start: int) -> Iterator[Ask[tuple[int, Page]]]:
        """Yield what fetches a page, as long as there is more by the latest answer."""
        while not start or start < self._total:
            size = self._size(start)
            yield partial(self._counted, start, size)
            start += size

    def _size(self, start: int) -> int:
        """Return the size of the page that begins here: up to an eighth of all, and `start` is a multiple of it."""
        size = SMALLEST
        while size * 2 <= min(LARGEST, self._total // 8) and not start % (size * 2):
            size *= 2
        return size

    def _counted(self, start: int, size: int) -> tuple[int, Page]:
        items, self._total = self._fetch(start // size + 1, size)
        return start, (items, self._total)

    def _new(self, items: list[Item]) -> list[Item]:
        with fitting("a list"):
            names = [item["name"] for item in items]
            before, self._last = self._last, max([self._last, *names])
            if not names or min(names) > before:
                return items
            return [item for item, name in zip(items, names, strict=True) if name > before]
