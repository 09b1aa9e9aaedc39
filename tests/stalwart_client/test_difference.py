"""The smallest update from what is to what is wanted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stalwart_client import AppPassword, Denial, Mailbox, Update, Wanted, difference

ANA = "ana@example.org"
SOON = datetime(2031, 1, 1, tzinfo=UTC)
LOCK = frozenset({Denial.SIGN_IN})
IS = Mailbox(address=ANA, id="c", name="Ana", aliases=("a@example.org", "b@example.org"), quota=5, denials=LOCK)
WANTED = Wanted(address=ANA, name="Ana", aliases=("b@example.org", "a@example.org"), quota=5, denials=LOCK)


def test_what_is_as_wanted_needs_nothing() -> None:
    assert difference(IS, WANTED) is None


@pytest.mark.parametrize(
    ("wanted", "update"),
    [
        pytest.param(
            Wanted(address=ANA),
            Update(address=ANA, id="c", name="", aliases=(), quota=0, allow=LOCK),
            id="everything at once",
        ),
        pytest.param(
            Wanted(address=ANA, name="Ana", aliases=WANTED.aliases, quota=5, denials=frozenset({Denial.RECEIVE})),
            Update(address=ANA, id="c", deny=frozenset({Denial.RECEIVE}), allow=LOCK),
            id="one denial for another",
        ),
    ],
)
def test_only_what_differs_is_named(wanted: Wanted, update: Update) -> None:
    assert difference(IS, wanted) == update


@pytest.mark.parametrize(
    ("mailbox", "update"),
    [
        (Mailbox(address=ANA), Update(address=ANA, deadline=SOON)),
        (Mailbox(address=ANA, deadline=SOON), None),
        (Mailbox(address=ANA, has_password=False), None),
        (
            Mailbox(address=ANA, has_password=False, app_passwords=(AppPassword("Phone"),)),
            Update(address=ANA, deadline=SOON),
        ),
    ],
    ids=["a password", "a deadline that stands", "no door", "an app password"],
)
def test_a_deadline_needs_a_door(mailbox: Mailbox, update: Update | None) -> None:
    assert difference(mailbox, Wanted(address=ANA, deadline=SOON)) == update


def test_fractions_of_a_second_are_no_difference() -> None:
    wanted = Wanted(address=ANA, deadline=SOON.replace(microsecond=123456))

    assert difference(Mailbox(address=ANA, deadline=SOON), wanted) is None
