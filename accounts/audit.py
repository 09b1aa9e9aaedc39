"""The log: what can be written in it, and the one way to write.

Every event is chained to the one before: its hash covers its facts, the digests of its personal values, and the
previous hash. `verify` walks the chain; `AuditHead` shows when the newest events were cut off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet

from accounts.domain.people import Actor
from accounts.domain.reach import current_reach
from accounts.models import Account, AuditDetail, AuditEvent, AuditHead

_START = "0" * 64
_VALUES = ("actor", "subject", "client", "reason", "before", "after")


class Action(StrEnum):
    """Everything that the log can say."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_EDITED = "account_edited"
    TERM_CHANGED = "term_changed"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_REINSTATED = "account_reinstated"
    ACCOUNT_ENDED = "account_ended"
    ACCOUNT_PURGED = "account_purged"
    ACCOUNT_HELD = "account_held"
    ACCOUNT_RELEASED = "account_released"
    STATE_CHANGED = "state_changed"
    """The clock moved it: a start, an end, the end of grace."""
    PASSWORD_SET = "password_set"
    CHECK_ASKED = "check_asked"
    OPERATION_RETRIED = "operation_retried"
    MAILBOX_CHANGED = "mailbox_changed"
    """The server took what was wanted, and was read back."""
    MAILBOX_REFUSED = "mailbox_refused"
    LOCK_UNDONE = "lock_undone"
    """Somebody opened a mailbox behind the panel's back; it is being locked again."""
    CAMPAIGN_CREATED = "campaign_created"
    CAMPAIGN_EDITED = "campaign_edited"
    CAMPAIGN_ENDED = "campaign_ended"
    PROFILE_CREATED = "profile_created"
    PROFILE_EDITED = "profile_edited"
    SYNC_ASKED = "sync_asked"
    SERVER_ASKED = "server_asked"
    SERVER_DOUBTED = "server_doubted"
    """A whole listing was not believed: it was empty, or missed too many mailboxes."""
    MAILBOX_ADOPTED = "mailbox_adopted"
    DRIFT_PUT_RIGHT = "drift_put_right"
    DRIFT_ACCEPTED = "drift_accepted"
    DRIFT_IGNORED = "drift_ignored"
    MAILBOX_GIVEN_UP = "mailbox_given_up"
    """It was deleted from outside, and a person has left it at that."""
    OPERATION_CANCELLED = "operation_cancelled"
    DOMAIN_CREATED = "domain_created"
    GROUP_CHANGED = "group_changed"
    GROUP_DELETED = "group_deleted"
    LIST_CHANGED = "list_changed"
    LIST_DELETED = "list_deleted"
    IP_BLOCKED = "ip_blocked"
    IP_RELEASED = "ip_released"
    DOMAIN_DESCRIBED = "domain_described"
    CATCH_ALL_CHOSEN = "catch_all_chosen"
    DOMAIN_DELETED = "domain_deleted"
    """Somebody gave it up; the mail server is asked to delete it."""
    DOMAIN_KEPT = "domain_kept"
    """The mail server did not delete it, so it is wanted again."""
    KEY_STARTED = "key_started"
    KEY_MADE = "key_made"
    KEY_RECORD_SEEN = "key_record_seen"
    KEY_INSISTED = "key_insisted"
    """Somebody let a key sign whose record was not seen."""
    KEY_SIGNS = "key_signs"
    KEY_REMOVED = "key_removed"
    KEY_ABANDON_ASKED = "key_abandon_asked"
    KEY_ABANDONED = "key_abandoned"
    KEY_COMPROMISED = "key_compromised"
    KEY_POLICY_CHOSEN = "key_policy_chosen"
    MAIL_CANCELLED = "mail_cancelled"
    """Waiting messages were taken out of the queue; their senders are not told."""
    MAIL_RETRIED = "mail_retried"
    PURGES_STOPPED = "purges_stopped"
    JOB_STARTED = "job_started"
    """A person started a batch; each of its rows has an event of its own."""
    JOB_STOPPED = "job_stopped"
    JOB_RETRIED = "job_retried"
    ACCOUNTS_EXPORTED = "accounts_exported"
    LOG_EXPORTED = "log_exported"
    STAFF_CREATED = "staff_created"
    STAFF_EDITED = "staff_edited"
    STAFF_DEACTIVATED = "staff_deactivated"
    STAFF_ACTIVATED = "staff_activated"
    STAFF_ROLE_CHANGED = "staff_role_changed"
    STAFF_LIMITED = "staff_limited"
    """An operator may now reach other mail domains or campaigns than before."""
    STAFF_PASSWORD_CHANGED = "staff_password_changed"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    EMERGENCY_KEY_USED = "emergency_key_used"
    EMERGENCY_KEY_CHANGED = "emergency_key_changed"
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_RESET = "second_factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SESSION_ENDED = "session_ended"
    TOKEN_CREATED = "token_created"
    TOKEN_REVOKED = "token_revoked"
    TOKEN_REFUSED = "token_refused"
    """Somebody used a token that is dead: expired, revoked, or its owner may no longer do anything with it."""
    VALUES_ERASED = "values_erased"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds: how many events were read, and the first that does not fit."""

    entries: int
    first_bad: int | None

    @property
    def unbroken(self) -> bool:
        return self.first_bad is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event to add; `before` and `after` hold plain values, never a secret."""

    action: Action
    by: Actor
    at: datetime
    account: Account | None = None
    subject: str = ""
    reason: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The personal values, as they are kept."""
        return {
            "actor": self.by.name,
            "subject": self.subject or (self.account.address if self.account else ""),
            "client": self.by.address,
            "reason": self.reason,
            "before": _plain(self.before),
            "after": _plain(self.after),
        }


def record(
    action: Action,
    *,
    by: Actor,
    at: datetime,
    account: Account | None = None,
    subject: str = "",
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add one event, in the transaction of the change that it speaks of.

    `before` and `after` hold plain values, never a secret.

    :raises RuleBroken: `out_of_reach`
    """
    entry = Entry(
        action=action, by=by, at=at, account=account, subject=subject, reason=reason, before=before, after=after
    )
    return record_many([entry])[0]


def record_many(entries: Iterable[Entry]) -> list[AuditEvent]:
    """Add events in their order, in the transaction of the changes that they speak of.

    :raises RuleBroken: `out_of_reach`
    """
    waiting = list(entries)
    if not waiting:
        return []
    for entry in waiting:
        _require_reach(entry)
    # The head row is the lock that orders writers; on SQLite the immediate transaction is.
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get_or_create(pk=1)[0]
        added = [_chained(entry, head) for entry in waiting]
        events = AuditEvent.objects.bulk_create([event for event, _ in added])
        AuditDetail.objects.bulk_create([detail for _, detail in added])
        AuditHead.objects.filter(pk=1).update(event_id=head.event_id, hash=head.hash)
    return events


def _require_reach(entry: Entry) -> None:
    """Nobody changes an account without an event, so here nobody changes one that is beyond their reach by now."""
    if entry.account:
        for reach in (entry.by.reach, current_reach()):
            reach.require(domain=entry.account.domain_id, campaign=entry.account.campaign_id)


def _chained(entry: Entry, head: AuditHead) -> tuple[AuditEvent, AuditDetail]:
    """Make an event that follows the newest one, and make it the newest."""
    values = entry.values
    keys = {name: secrets.token_hex(32) for name in values}
    event = AuditEvent(
        id=head.event_id + 1,
        at=entry.at,
        action=entry.action,
        account_id=entry.account.pk if entry.account else None,
        request_id=entry.by.request_id,
        digests={name: _digest(keys[name], value) for name, value in values.items()},
        previous=head.hash,
    )
    event.hash = _hash(event)
    head.event_id, head.hash = event.pk, event.hash
    return event, AuditDetail(event=event, keys=keys, **values)


def verify() -> Verdict:
    """Walk the whole chain in flat memory and name the first event that is missing, changed or out of place."""
    try:
        return _walk(_whole().iterator(chunk_size=2000))
    except _UNREADABLE:
        # It spoils the whole page that it was read with.
        return _walk(_one_by_one())


_UNREADABLE = (AttributeError, TypeError, ValueError, OverflowError)
"""What a value raises that no event of ours holds: no date where one should be, a list instead of names, bytes."""


def _whole() -> QuerySet[AuditEvent]:
    return AuditEvent.everywhere.select_related("detail").order_by("pk")


def _one_by_one() -> Iterator[AuditEvent | None]:
    """Yield every event in order, None for one that cannot be read."""
    for pk in AuditEvent.everywhere.order_by("pk").values_list("pk", flat=True):
        try:
            yield _whole().get(pk=pk)
        except _UNREADABLE:
            yield None


def _walk(events: Iterator[AuditEvent] | Iterator[AuditEvent | None]) -> Verdict:
    previous, entries = _START, 0
    for event in events:
        if event is None or not _follows(event, previous, entries):
            first_bad = min(event.pk, entries + 1) if event else entries + 1
            return Verdict(entries=AuditEvent.everywhere.count(), first_bad=first_bad)
        previous, entries = event.hash, entries + 1
    return Verdict(entries=entries, first_bad=_cut_off(entries, previous))


def _follows(event: AuditEvent, previous: str, entries: int) -> bool:
    is_next = event.pk == entries + 1 and event.previous == previous
    try:
        return is_next and event.hash == _hash(event) and _values_fit(event)
    except _UNREADABLE:
        return False


def _cut_off(entries: int, last: str) -> int | None:
    """Return where a chain that fits in itself leaves what the head remembers: its end was cut off, or added to."""
    head = AuditHead.objects.filter(pk=1).first()
    known, hash_ = (head.event_id, head.hash) if head else (0, _START)
    if known == entries:
        return None if hash_ == last else max(entries, 1)
    return min(known, entries) + 1


def erase_values(event: AuditEvent, *names: str) -> None:
    """Empty personal values of one event, with their keys; the digests stay, so the chain still verifies."""
    detail = AuditDetail.objects.get(event=event)
    for name in names or _VALUES:
        setattr(detail, name, None)
        detail.keys.pop(name, None)
    detail.save()


def _values_fit(event: AuditEvent) -> bool:
    """Say whether the values that are still there are those that were written."""
    detail = getattr(event, "detail", None)
    if detail is None:
        return False
    kept = {name: getattr(detail, name) for name in _VALUES if getattr(detail, name) is not None}
    return all(event.digests.get(name) == _digest(detail.keys.get(name, ""), value) for name, value in kept.items())


def _hash(event: AuditEvent) -> str:
    facts = [
        event.pk,
        event.at.astimezone(UTC).isoformat(),
        event.action,
        event.account_id,
        event.request_id,
        event.digests,
        event.previous,
    ]
    return hashlib.sha256(_canonical(facts)).hexdigest()


def _digest(key: str, value: object) -> str:
    return hmac.new(key.encode(), _canonical(value), hashlib.sha256).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a JSON column gives back, so that a digest made now fits what is read later."""
    return dict(json.loads(json.dumps(values or {}, cls=DjangoJSONEncoder)))
