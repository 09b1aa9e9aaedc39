"""Trying the connection to the mail server, on somebody's word."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from accounts import outbox
from accounts.mailserver import StalwartError
from accounts.queries.sentences import server_silent


def try_connection(now: datetime) -> str:
    """Ask the mail server what it is, with the short patience of a page; return why it did not answer, if so."""
    try:
        outbox.look_at_server(now, timeout=settings.PAGE_TIMEOUT)
    except StalwartError as error:
        return server_silent(error.code)
    return ""
