"""Listing a directory of 0.15 that changes meanwhile, against a model of what the server does with numbered pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from random import Random
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from stalwart_client import _rest_listing
from stalwart_client._ahead import Ask
from stalwart_client._rest_listing import Listing, Page

PEOPLE = 400
"""Enough for many pages, which are small here."""

Choose = Callable[[int], int]
"""Chooses one of so many things."""


@dataclass
class Directory:
    """Has names, answers with a page of them, and changes before some answers: names come, or go."""

    names: set[int]
    changes: list[tuple[set[int], set[int]]]
    ever: set[int] = field(init=False)
    always: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ever, self.always = set(self.names), set(self.names)

    def page(self, number: int, size: int) -> Page:
        if self.changes:
            come, go = self.changes.pop(0)
            self.names = (self.names | come) - go
            self.ever |= come
            self.always -= go
        names = [f"{name:05}" for name in sorted(self.names)]
        return [{"name": name} for name in names[(number - 1) * size : number * size]], len(names)


@dataclass
class Reading:
    """Reads ahead as the threads do, but in an order of its own choice: any of the asks under way is answered next."""

    choose: Choose

    def __call__(
        self, asks: Iterator[Ask[tuple[range, Page]]], *, in_flight: int
    ) -> Generator[tuple[range, Page], None, None]:
        waiting: deque[list[tuple[range, Page] | None]] = deque()
        under_way: list[tuple[Ask[tuple[range, Page]], list[tuple[range, Page] | None]]] = []
        is_first = True
        while True:
            while len(under_way) < (1 if is_first else in_flight) and len(waiting) <= in_flight:
                ask = next(asks, None)
                if ask is None:
                    break
                page: list[tuple[range, Page] | None] = []
                waiting.append(page)
                under_way.append((ask, page))
                if self.choose(2):
                    break
            if not waiting:
                return
            if under_way and (not waiting[0] or self.choose(2)):
                ask, page = under_way.pop(self.choose(len(under_way)))
                page.append(ask())
                is_first = False
            if waiting[0]:
                found = waiting.popleft()[0]
                assert found is not None
                yield found


names = st.integers(0, PEOPLE)
many = st.sets(names) | st.builds(lambda start, size: set(range(start, start + size)), names, st.integers(0, PEOPLE))


@given(
    st.builds(Directory, many, st.lists(st.tuples(st.sets(names, max_size=20) | many, many), max_size=12)),
    st.randoms(use_true_random=False),
)
def test_whoever_is_there_all_the_time_comes_once(directory: Directory, chance: Random) -> None:
    reading = Reading(chance.randrange)

    with mock.patch.multiple(_rest_listing, SMALLEST=16, LARGEST=32):
        pages = list(Listing(directory.page, reading).pages())

    found = [int(item["name"]) for page in pages for item in page]
    assert found == sorted(set(found))
    assert directory.always <= set(found) <= directory.ever
