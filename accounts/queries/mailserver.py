"""Quick looks at the mail server for a page: a short time-out, and "not known" instead of an error."""

from __future__ import annotations

from django.conf import settings

from accounts import mailserver
from stalwart_client import StalwartError


def address_taken(address: str) -> bool | None:
    """Say whether the server has a mailbox at this address; None if it does not answer in time."""
    try:
        return address in mailserver.client(settings.PAGE_TIMEOUT).mailboxes_at([address])
    except StalwartError:
        return None
