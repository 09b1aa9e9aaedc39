"""The list of differences: writing down what was met on the server, and striking out what is gone again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.domain.drift import Difference, Standing
from accounts.models import Drift
from accounts.models.drift import DriftQuerySet

_KEPT = timedelta(days=90)
"""How long a settled difference is remembered; the log keeps what people did about it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One difference as it is now; `fields` as `Drift` keeps them."""

    kind: Difference
    address: str
    fields: dict[str, Any]
    account_id: int | None = None


@transaction.atomic
def note(found: Sequence[Found], now: datetime) -> None:
    """Write down what differs; what a person has left as it is stays so for as long as it stays the same."""
    if not found:
        return
    there = {drift.address: drift for drift in _living(found).select_for_update()}
    same = [there[each.address].pk for each in found if each.address in there and _is_same(there[each.address], each)]
    Drift.objects.filter(pk__in=same).update(seen_at=now)
    changed = [
        _changed(there[each.address], each, now)
        for each in found
        if each.address in there and there[each.address].pk not in set(same)
    ]
    Drift.objects.bulk_update(changed, ["kind", "account", "fields", "state", "reason", "by", "seen_at"])
    new = [_new(each, now) for each in found if each.address not in there]
    # Another look at the server may be writing down the same.
    Drift.objects.bulk_create(new, ignore_conflicts=True)


def without_ignored(found: Sequence[Found]) -> list[Found]:
    """Leave out what a person has said to leave as it is."""
    ignored = {drift.address: drift for drift in _living(found).filter(state=Standing.IGNORED)}
    return [each for each in found if not (drift := ignored.get(each.address)) or not _is_same(drift, each)]


def went_away(account_ids: Iterable[int], now: datetime) -> None:
    """Strike out the differences of accounts that were seen to agree."""
    Drift.objects.living().filter(account__in=list(account_ids)).update(state=Standing.SETTLED, settled_at=now)


def forget_new(now: datetime) -> None:
    """Take back what a look at the server wrote down that is not believed."""
    Drift.objects.open().filter(first_seen_at=now).delete()


def strike_out(unseen_since: datetime, now: datetime) -> None:
    """After a whole look at the server, strike out what it no longer showed, unless it is on its way."""
    unseen = Drift.objects.living().filter(seen_at__lt=unseen_since)
    moving = unseen.filter(account__operations__status__in=["pending", "running"]).values("pk")
    later = unseen.filter(account__mailbox_seen_at__gt=unseen_since).values("pk")
    unseen.exclude(pk__in=moving).exclude(pk__in=later).update(state=Standing.SETTLED, settled_at=now)
    Drift.objects.filter(state=Standing.SETTLED, settled_at__lt=now - _KEPT).delete()


def _living(found: Sequence[Found]) -> DriftQuerySet:
    return Drift.objects.living().filter(address__in=[each.address for each in found])


def _is_same(drift: Drift, found: Found) -> bool:
    """Say whether it is the difference that was seen before; a mailbox of nobody may fill up meanwhile."""
    if (drift.kind, drift.account_id) != (found.kind, found.account_id):
        return False
    return drift.kind == Difference.ONLY_THERE or drift.fields == found.fields


def _changed(drift: Drift, found: Found, now: datetime) -> Drift:
    drift.kind, drift.account_id, drift.fields, drift.seen_at = found.kind, found.account_id, found.fields, now
    drift.state, drift.reason, drift.by = Standing.OPEN, "", ""
    return drift


def _new(found: Found, now: datetime) -> Drift:
    return Drift(
        kind=found.kind,
        address=found.address,
        account_id=found.account_id,
        fields=found.fields,
        first_seen_at=now,
        seen_at=now,
    )
