"""Is mail moving, as lines of real servers tell it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.flow import Line, Sign, Way, receiving, sending

ANA, BEN, FAR = "ana@flow.test", "ben@flow.test", "far@nowhere.invalid"


def at(minute: int) -> datetime:
    return datetime(2026, 11, 21, 14, minute, tzinfo=UTC)


def line(event: str, sender: str, *to: str, minute: int = 0, more: str = "") -> Line:
    """A line as 0.15.5 and 0.16.18 write it."""
    quoted = ", ".join(f'"{each}"' for each in to)
    text = f'queueId = 341819499187536143, queueName = "remote", from = "{sender}", to = [{quoted}], size = 121{more}'
    return Line(at(minute), event, text)


def test_mail_that_was_put_into_a_mailbox_has_arrived() -> None:
    lines = [
        line("message-ingest.ham", FAR, ANA, minute=3),
        line("message-ingest.spam", FAR, ANA, BEN, minute=7),
        line("queue.queue-message", FAR, ANA, minute=9),
    ]

    assert receiving(lines, ANA) == Way(Sign.YES, at(7))
    assert receiving(lines, BEN) == Way(Sign.YES, at(7))
    assert receiving(lines, "@flow.test") == Way(Sign.YES, at(7))
    assert receiving(lines, "cem@flow.test") == Way(Sign.UNKNOWN, because="quiet")


def test_mail_that_another_server_took_was_sent() -> None:
    lines = [line("delivery.dsn-success", ANA, FAR, minute=4), line("delivery.dsn-perm-fail", ANA, FAR, minute=2)]

    assert sending(lines, ANA) == Way(Sign.YES, at(4))


def test_mail_that_came_back_last_was_not() -> None:
    lines = [line("delivery.dsn-success", ANA, FAR, minute=4), line("delivery.dsn-perm-fail", ANA, FAR, minute=5)]

    assert sending(lines, ANA) == Way(Sign.NO, at(5), "came_back")


def test_the_bounce_behind_a_message_is_not_the_message() -> None:
    bounce = line("delivery.dsn-perm-fail", BEN, FAR, more=f', queueId = 2, from = "<>", to = ["{ANA}"]')

    assert sending([bounce], ANA).sign is Sign.UNKNOWN


def test_capitals_in_an_envelope_do_not_matter() -> None:
    assert receiving([line("message-ingest.ham", FAR, "Ana@Flow.Test")], ANA).sign is Sign.YES


@pytest.mark.parametrize("about", ["a@flow.test", "xana@flow.test", "ana@flow.test.example.org"])
def test_addresses_that_only_look_alike_are_others(about: str) -> None:
    assert receiving([line("message-ingest.ham", FAR, ANA)], about).sign is Sign.UNKNOWN


@given(st.lists(st.builds(Line, st.datetimes(timezones=st.just(UTC)), st.text(), st.text())))
def test_whatever_the_log_holds_is_read(lines: list[Line]) -> None:
    assert receiving(lines, ANA).sign in Sign
    assert sending(lines, "@flow.test").sign in Sign
