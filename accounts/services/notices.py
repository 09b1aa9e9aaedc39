"""Telling people what they would not look for: once, until it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import outbox
from accounts.models import Notice


@transaction.atomic
def raise_notice(
    kind: str, *, key: str, title: str, text: str, now: datetime, to: Iterable[str] = (), path: str = ""
) -> Notice | None:
    """Tell people by mail, the administrators if `to` names nobody; None if a notice with this key is open.

    :param path: the page of the panel that shows what it is about
    """
    notice, is_new = Notice.everywhere.get_or_create(
        key=key,
        settled_at=None,
        defaults={
            "kind": kind,
            "title": title[:200],
            "text": text,
            "path": path,
            "to": sorted(set(to)),
            "created_at": now,
        },
    )
    if not is_new:
        return None
    outbox.record(cause=kind, now=now, subject=notice)
    return notice


def settle_notice(key: str, now: datetime) -> bool:
    """What the notice told of is over: the next time is told again. Says whether one was open."""
    return bool(Notice.everywhere.filter(key=key, settled_at=None).update(settled_at=now))
