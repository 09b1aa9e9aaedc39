"""What a list is asked for, written down and read again; whatever stands in an address is read without a stumble."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.lifecycle import State
from accounts.queries.accounts import CURRENT, Filters, Look, Sort
from accounts.queries.asked import read, read_strictly, written

WORDS = st.text(alphabet="abc é&=+%#'.", min_size=1, max_size=20).map(str.strip)
FILTERS = st.builds(
    Filters,
    text=WORDS,
    states=st.sets(st.sampled_from(State)).map(lambda chosen: tuple(state for state in State if state in chosen)),
    domain=st.sampled_from(["", "metrosure.app"]),
    looks=st.sets(st.sampled_from(Look)).map(lambda chosen: tuple(look for look in Look if look in chosen)),
    ends_on=st.none() | st.dates(min_value=date(2000, 1, 1), max_value=date(2199, 1, 1)),
    sort=st.sampled_from(Sort),
    descending=st.booleans(),
)


@given(FILTERS)
def test_what_is_written_is_read_again(filters: Filters) -> None:
    assert read(written(filters)) == filters


@given(FILTERS)
def test_what_is_written_passes_the_strict_reading(filters: Filters) -> None:
    query = written(filters)

    assert not query or read_strictly(query) == filters


@given(st.text(max_size=300))
def test_anything_can_stand_in_an_address(query: str) -> None:
    assert isinstance(read(query), Filters)


def test_asked_for_nothing_it_shows_the_current_ones() -> None:
    assert read("").states == CURRENT
    assert read("state=all").states == ()
    assert read("state=nonsense").states == CURRENT
