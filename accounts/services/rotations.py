"""New signing keys (DKIM): begin, look for the record, insist, abandon, and what to do when a key is in other hands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit, outbox
from accounts.domain import rotation as rules
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.rotation import Stage
from accounts.models import KeyAlgorithm, KeyRotation, MailDomain
from accounts.queries import pulses
from accounts.services.domains import domain_for_change

_LONGEST_REASON = 500
_CAUSE_LOOK = "key_record_looked_for"
_AT_ONCE = 40


class Begin(StrEnum):
    """What a person means: a domain's first key of a kind, or the next one. Both go the same way."""

    FIRST = "first"
    NEXT = "next"
    EITHER = "either"


@transaction.atomic
def start_rotation(
    domain_id: int,
    *,
    algorithm: str,
    by: Actor,
    now: datetime,
    begin: Begin = Begin.EITHER,
    days: int = rules.DEFAULT_WAIT_DAYS,
) -> KeyRotation:
    """Begin a new signing key; it signs once its record was seen, and the old one goes `days` after that.

    :raises RuleBroken: if one is under way, this is no domain of the server, or its key lacks the permission to finish
    """
    domain, kind = domain_for_change(domain_id), _algorithm(algorithm)
    _require_possible(domain, kind)
    signing = [key["selector"] for key in _keys(domain, kind) if key["stage"] == "active"]
    if begin is Begin.FIRST and signing:
        raise RuleBroken("key_signs_already", field="algorithm", selector=", ".join(signing))
    if begin is Begin.NEXT and domain.keys_at and not signing:
        raise RuleBroken("no_key_to_replace", field="algorithm")
    made = _begin(domain, kind, by=by, now=now, wait_days=rules.wait_days(days))
    _record(made, audit.Action.KEY_STARTED, by=by, now=now)
    return made


@transaction.atomic
def replace_compromised(domain_id: int, *, selector: str, reason: str, by: Actor, now: datetime) -> KeyRotation:
    """Replace a key that is in other hands: a new one signs at once, and every other of its kind is deleted.

    Mail cannot be verified until the new record is published, which harms less than a key that others sign with.

    :raises RuleBroken: if there is no such key, or no reason
    """
    domain, why = domain_for_change(domain_id), _reason(reason)
    key = next((key for key in domain.keys.get("keys", ()) if key["selector"] == selector), None)
    if key is None:
        raise RuleBroken("no_such_key", field="selector", selector=selector[:63])
    _require_permission()
    kind = _algorithm(key["algorithm"])
    rotation = domain.rotations.open().filter(algorithm=kind).first()
    if rotation and rotation.selector != selector:
        _hasten(rotation, why)
    else:
        if rotation:
            _end(rotation, now)
        rotation = _begin(domain, kind, by=by, now=now, wait_days=1, is_urgent=True, reason=why)
    _record(rotation, audit.Action.KEY_COMPROMISED, by=by, now=now, reason=why, told=selector)
    return rotation


@transaction.atomic
def insist(rotation_id: int, *, reason: str, by: Actor, now: datetime) -> KeyRotation:
    """Let the new key sign although its record was not seen; the reason stands in the log.

    :raises RuleBroken: if that is not the question now, or no reason is given
    """
    rotation, why = _for_change(rotation_id), _reason(reason)
    rules.require(Stage(rotation.stage), Stage.SWITCHING)
    if rotation.stage == Stage.MAKING:
        raise RuleBroken("rotation_is_making")
    rotation.stage, rotation.due_at = Stage.SWITCHING.value, None
    rotation.save()
    _record(rotation, audit.Action.KEY_INSISTED, by=by, now=now, reason=why)
    return rotation


@transaction.atomic
def abandon(rotation_id: int, *, by: Actor, now: datetime, reason: str = "") -> KeyRotation:
    """Take a new key back before it signs; the server deletes it, and the old one goes on.

    :raises RuleBroken: if it signs already
    """
    rotation = _for_change(rotation_id)
    rules.require(Stage(rotation.stage), Stage.ABANDONING)
    rotation.stage, rotation.due_at = Stage.ABANDONING.value, None
    rotation.save()
    _record(rotation, audit.Action.KEY_ABANDON_ASKED, by=by, now=now, reason=reason.strip()[:_LONGEST_REASON])
    return rotation


@transaction.atomic
def check(rotation_id: int, *, now: datetime) -> KeyRotation:
    """Look for the record now; a worker does, so that nobody's page waits for a silent name server.

    :raises RuleBroken: if no record is waited for
    """
    rotation = _for_change(rotation_id)
    if not rotation.wants_record:
        raise RuleBroken(f"rotation_is_{rotation.stage}")
    outbox.record(cause=_CAUSE_LOOK, now=now, subject=rotation)
    return rotation


def move_on(now: datetime) -> int:
    """Ask for a look at the records that are waited for, and let old keys go whose time is over; return how many."""
    due = list(KeyRotation.objects.due(now).order_by("pk")[:_AT_ONCE])
    for rotation in due:
        _move_on(rotation, now)
    return len(due)


@transaction.atomic
def _move_on(rotation: KeyRotation, now: datetime) -> None:
    """Ask for it once: the next round may come before the worker has been."""
    mine = KeyRotation.objects.filter(pk=rotation.pk, stage=rotation.stage)
    if rotation.stage == Stage.WAITING and rotation.due_at and rotation.due_at <= now:
        asked = mine.update(stage=Stage.REMOVING.value, due_at=None)
    else:
        again = rules.looks_again_at(rotation.made_at or rotation.started_at, now)
        asked = mine.filter(look_at=rotation.look_at).update(look_at=again)
    if asked:
        outbox.record(cause=_CAUSE_LOOK, now=now, subject=rotation)


def _begin(domain: MailDomain, kind: KeyAlgorithm, *, by: Actor, now: datetime, **given: Any) -> KeyRotation:
    used = {key["selector"] for key in domain.keys.get("keys", ())} | set(
        domain.rotations.values_list("selector", flat=True)
    )
    chosen = rules.selector(kind, used, now.date())
    try:
        with transaction.atomic():
            return KeyRotation.objects.create(
                domain=domain, algorithm=kind, selector=chosen, started_at=now, started_by=by.name, **given
            )
    except IntegrityError:
        raise RuleBroken("rotation_under_way", field="algorithm", kind=kind.label) from None


def _hasten(rotation: KeyRotation, reason: str) -> None:
    """Leave out what a rotation that is under way still waits for."""
    stage = Stage(rotation.stage)
    rotation.is_urgent, rotation.reason = True, reason
    if stage is Stage.PUBLISHING:
        rotation.stage, rotation.due_at = Stage.SWITCHING.value, None
    elif stage is Stage.WAITING:
        rotation.stage, rotation.due_at = Stage.REMOVING.value, None
    elif stage is Stage.ABANDONING:
        raise RuleBroken("rotation_is_abandoning")
    if not rotation.signs_since:
        rotation.old_selectors = None  # now every key of its kind goes, not only those that signed
    rotation.save()


def _end(rotation: KeyRotation, now: datetime) -> None:
    """Close a rotation whose own new key is the one in other hands; the next one deletes it with all the others."""
    rotation.stage, rotation.due_at, rotation.look_at, rotation.ended_at = Stage.ABANDONED.value, None, None, now
    rotation.save()
    rotation.operations.filter(status="pending").update(status="superseded", settled_at=now)


def _require_possible(domain: MailDomain, kind: KeyAlgorithm) -> None:
    if not domain.is_on_server:
        raise RuleBroken("domain_not_there", domain=domain.shown)
    if domain.rotations.open().filter(algorithm=kind).exists():
        raise RuleBroken("rotation_under_way", field="algorithm", kind=kind.label)
    _require_permission()


def _require_permission() -> None:
    """Refuse to begin what could not be finished: on 0.15 keys change places in the settings."""
    if lacking := pulses.lacking_for_keys():
        raise RuleBroken("keys_need_permission", permissions=lacking)


def _for_change(rotation_id: int) -> KeyRotation:
    rotation = KeyRotation.objects.select_for_update(of=("self",)).select_related("domain").filter(pk=rotation_id)
    found = rotation.first()
    if found is None:
        raise RuleBroken("no_such_rotation")
    return found


def _keys(domain: MailDomain, kind: KeyAlgorithm) -> list[dict[str, Any]]:
    return [key for key in domain.keys.get("keys", ()) if key["algorithm"] == kind]


def _algorithm(text: str) -> KeyAlgorithm:
    try:
        return KeyAlgorithm(text)
    except ValueError:
        raise RuleBroken("algorithm_unknown", field="algorithm", text=text[:20]) from None


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise RuleBroken("reason_required", field="reason")
    if len(text) > _LONGEST_REASON:
        raise RuleBroken("too_long", field="reason", longest=_LONGEST_REASON)
    return text


def _record(
    rotation: KeyRotation, action: audit.Action, *, by: Actor, now: datetime, reason: str = "", told: str = ""
) -> None:
    after = {"selector": told or rotation.selector, "algorithm": rotation.algorithm}
    audit.record(action, by=by, at=now, subject=rotation.domain.name, reason=reason, after=after)
    outbox.supersede(rotation, now)
    outbox.record(cause=action, now=now, subject=rotation, request_id=by.request_id)
