"""Quick looks at the mail server for a page: a short time-out, and nobody waits twice for a server that is silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from accounts import mailserver
from accounts.mailserver import presence
from stalwart_client import StalwartClient, StalwartError, Unreachable, WrongCredentials

_Found = TypeVar("_Found")


def look(question: Callable[[StalwartClient], _Found], now: datetime) -> _Found:
    """Ask the mail server something for a page.

    One page waits for the time-out; those that follow within seconds are told at once what that one found out, and
    later ones knock before they ask, which takes a moment. So a server that is back is seen at the next look.

    :raises StalwartError: if the server does not answer in time, or did not just now
    """
    presence.stay_out(now)
    if presence.is_silent(now):
        _knock(now)
    try:
        return question(mailserver.client(settings.PAGE_TIMEOUT))
    except WrongCredentials as error:
        presence.not_heard(error, now)
        raise
    except Unreachable:
        # One question may take long where the server is well: the banner and the next pages go by the knock.
        _knock(now)
        raise


def is_there(now: datetime) -> bool:
    """Say whether the mail server answers, before somebody waits longer for it than a page may take."""
    try:
        presence.stay_out(now)
        # Whether it was silent or not: it is knocked at, unless it was silent only just now.
        presence.is_silent(now)
        _knock(now)
    except StalwartError:
        return False
    return True


def address_taken(address: str, now: datetime) -> bool | None:
    """Say whether the server has a mailbox at this address; None if it does not answer in time."""
    try:
        return address in look(lambda client: client.mailboxes_at([address]), now)
    except StalwartError:
        return None


def _knock(now: datetime) -> None:
    """Find out whether the server is there at all, and keep that for everybody.

    :raises StalwartError: if it is not
    """
    try:
        mailserver.client(settings.KNOCK_TIMEOUT).knock()
    except StalwartError as error:
        presence.not_heard(error, now)
        raise
    presence.heard(now)
