"""What is wanted of things that only the mail server knows: recorded, logged, and handed to the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit, outbox
from accounts.domain.people import Actor
from accounts.models import Operation, Topic, Wish


@transaction.atomic
def want(
    topic: Topic,
    key: str,
    wanted: Mapping[str, Any],
    *,
    action: audit.Action,
    by: Actor,
    now: datetime,
    reason: str = "",
    told: Mapping[str, Any] | None = None,
) -> Operation:
    """Ask for something to become true; the newest wish about a thing replaces the one before.

    :param told: what the log keeps of it, beside the key
    """
    wish, _ = Wish.objects.update_or_create(
        topic=topic, key=key, defaults={"wanted": dict(wanted), "asked_at": now, "asked_by": by.name}
    )
    audit.record(action, by=by, at=now, subject=key, reason=reason, after=told)
    return outbox.record(cause=action, now=now, subject=wish, request_id=by.request_id)
