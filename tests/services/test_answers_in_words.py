"""Every reason has a sentence of its own, and none is called untried that was tried."""

from __future__ import annotations

from accounts.domain.answers import Reason
from accounts.queries import answers


def test_every_reason_has_words_of_its_own() -> None:
    words = [answers.words(reason) for reason in Reason]

    assert all(words)
    assert len(set(words)) == len(Reason)


def test_an_answer_is_told_with_what_to_do_and_their_own_words() -> None:
    said = answers.said("550 5.1.1 No such user\x1b[2J")

    assert said.words == "The other side says the mailbox does not exist"
    assert said.hint == "Ask the sender to check the address, and cancel this one."
    assert said.raw == "550 5.1.1 No such user [2J"


def test_a_try_that_left_no_answer_is_not_called_untried() -> None:
    assert answers.said("", 0).words == "Not tried yet"
    assert answers.said(" ", 2).words == "Tried, and the mail server does not say what came of it"
