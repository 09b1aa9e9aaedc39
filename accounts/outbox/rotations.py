"""Take a new signing key from stage to stage (domain/rotation.py): make it, look for its record, switch, tidy up.

Every step says *ensure*, and may run twice, late, or after a kill -9 at any line. The selector stands in our row
before the server is asked, and so do the keys that will be replaced before they are: a lost answer makes no second
key, and no key is forgotten. What the server says of a key is read back before the next stage is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from accounts import audit
from accounts.domain import rotation as rules
from accounts.domain.people import OUTBOX
from accounts.domain.rotation import Stage, Unknown, Verdict
from accounts.models import KeyRotation
from accounts.outbox import published
from accounts.outbox.keys import remember
from accounts.outbox.mailboxes import NotShownYet
from stalwart_client import AlreadyExists, DkimAlgorithm, DkimKey, DkimStage, NotFound, StalwartClient, StalwartError

Clock = Callable[[], datetime]
Found = list[str] | Unknown

_FOUND_KEPT = 5
_TEXT_KEPT = 1000


class OtherKeySigns(StalwartError):
    """Somebody changed the keys on the server meanwhile; nothing is deleted before a person has looked."""

    code: ClassVar[str] = "other_key_signs"


def look_up(rotations: Iterable[KeyRotation]) -> dict[int, Found]:
    """Ask the name servers for all records that are waited for, side by side: one that is silent holds up no other."""
    names = {rotation.pk: rotation.record_name for rotation in rotations if rotation.wants_record}
    if not names:
        return {}
    with ThreadPoolExecutor(max_workers=min(len(names), 8)) as pool:
        return dict(zip(names, pool.map(published.published, names.values()), strict=True))


def carry_on(client: StalwartClient, rotation: KeyRotation, found: Found | None, clock: Clock) -> bool:
    """Take a rotation as far as it goes now; `found` is what the name servers said. Says whether the server was asked.

    :raises StalwartError: if the server did not do its part
    """
    asked = False
    if found is not None:
        _note(rotation, found, clock())
    while step := _STEPS.get(Stage(rotation.stage)):
        asked = True
        if not step(client, rotation, clock()):
            break
    if asked:
        remember(client, rotation.domain, clock())
    return asked


def _move(rotation: KeyRotation, to: Stage, action: audit.Action, now: datetime, **changes: Any) -> bool:
    """Take the rotation to another stage and tell the log; False if somebody took it elsewhere meanwhile."""
    rules.require(Stage(rotation.stage), to)
    changes = {"due_at": None, **changes, "stage": to.value}
    with transaction.atomic():
        moved = KeyRotation.objects.filter(pk=rotation.pk, stage=rotation.stage).update(**changes)
        if moved:
            after = {"selector": rotation.selector, "algorithm": rotation.algorithm}
            audit.record(action, by=OUTBOX, at=now, subject=rotation.domain.name, after=after)
    rotation.refresh_from_db()
    return bool(moved)


def _note(rotation: KeyRotation, found: Found, now: datetime) -> None:
    """Keep what the name servers said; a record that was waited for frees the way."""
    said = rules.verdict(rotation.record_value, found)
    texts = [] if isinstance(found, Unknown) else [text[:_TEXT_KEPT] for text in found[:_FOUND_KEPT]]
    noted: dict[str, Any] = {
        "verdict": said.value,
        "found": texts,
        "checked_at": now,
        "unknown_because": found.reason[:200] if isinstance(found, Unknown) else "",
        "look_at": None,
    }
    if said is not Verdict.SEEN and rules.still_looks(rotation.ended_at, now):
        noted["look_at"] = rules.looks_again_at(rotation.made_at or rotation.started_at, now)
    if said is Verdict.SEEN and rotation.stage == Stage.PUBLISHING:
        _move(rotation, Stage.SWITCHING, audit.Action.KEY_RECORD_SEEN, now, **noted)
        return
    KeyRotation.objects.filter(pk=rotation.pk, stage=rotation.stage).update(**noted)
    rotation.refresh_from_db()


def _make(client: StalwartClient, rotation: KeyRotation, now: datetime) -> bool:
    """Let the server make the key, or accept the one of an earlier try whose answer was lost."""
    keys = client.dkim.keys(rotation.domain.name)
    key = _with(keys, rotation.selector)
    if key is not None and (rotation.asked_at is None or key.algorithm != rotation.algorithm):
        _choose_another(rotation, keys, now)
        key = None
    if key is None:
        KeyRotation.objects.filter(pk=rotation.pk).update(asked_at=now)
        key = _made(client, rotation)
    after = rules.after_making(is_urgent=rotation.is_urgent)
    known = {"public_key": key.public_key, "made_at": now, "look_at": rules.looks_again_at(now, now)}
    return _move(rotation, after, audit.Action.KEY_MADE, now, **known)


def _made(client: StalwartClient, rotation: KeyRotation) -> DkimKey:
    domain, algorithm = rotation.domain.name, DkimAlgorithm(rotation.algorithm)
    try:
        return client.dkim.rotate(domain, algorithm, selector=rotation.selector)
    except AlreadyExists:
        raise NotShownYet("The mail server has a key with this selector already.", subject=rotation.selector) from None


def _choose_another(rotation: KeyRotation, keys: list[DkimKey], now: datetime) -> None:
    """Leave somebody else's key alone and take a selector that is free."""
    used = {key.selector for key in keys} | set(rotation.domain.rotations.values_list("selector", flat=True))
    rotation.selector = rules.selector(rotation.algorithm, used, now.date())
    KeyRotation.objects.filter(pk=rotation.pk).update(selector=rotation.selector, asked_at=None)


def _switch(client: StalwartClient, rotation: KeyRotation, now: datetime) -> bool:
    """Let the new key sign and the others of its kind no more."""
    domain = rotation.domain.name
    keys = client.dkim.keys(domain)
    if _with(keys, rotation.selector) is None:
        raise NotFound("The new key is no longer on the mail server. Abandon this change and begin again.")
    if rotation.old_selectors is None:
        rotation.old_selectors = sorted({key.selector for key in keys if _is_old(key, rotation)})
        KeyRotation.objects.filter(pk=rotation.pk).update(old_selectors=rotation.old_selectors)
    client.dkim.activate(domain, rotation.selector)
    if not _signs_alone(client.dkim.keys(domain), rotation):
        raise NotShownYet("The mail server took the change but does not show it yet.", subject=rotation.selector)
    after = rules.after_switching(rotation.old_selectors, is_urgent=rotation.is_urgent)
    changes: dict[str, Any] = {"signs_since": now}
    if after is Stage.WAITING:
        changes["due_at"] = rules.removes_at(now, rotation.wait_days)
    if after is Stage.DONE:
        changes["ended_at"] = now
    return _move(rotation, after, audit.Action.KEY_SIGNS, now, **changes)


def _remove_old(client: StalwartClient, rotation: KeyRotation, now: datetime) -> bool:
    """Delete the keys that signed before, as long as the new one signs."""
    domain = rotation.domain.name
    new = _with(client.dkim.keys(domain), rotation.selector)
    if new is None or new.stage is not DkimStage.ACTIVE:
        raise OtherKeySigns("The new key does not sign any more, so the old one was not deleted.", subject=domain)
    old = rotation.old_selectors or []
    for selector in old:
        client.dkim.delete(domain, selector)
    if any(key.selector in old for key in client.dkim.keys(domain)):
        raise NotShownYet("The mail server took the change but does not show it yet.", subject=domain)
    return _move(rotation, Stage.DONE, audit.Action.KEY_REMOVED, now, ended_at=now)


def _abandon(client: StalwartClient, rotation: KeyRotation, now: datetime) -> bool:
    """Delete the new key; where it signs already, one that signed before takes its place again first."""
    domain = rotation.domain.name
    keys = client.dkim.keys(domain)
    new = _with(keys, rotation.selector) if rotation.asked_at else None
    if new is not None:
        before = [key for key in keys if key.selector in (rotation.old_selectors or ())]
        if new.stage is DkimStage.ACTIVE and before:
            client.dkim.activate(domain, before[0].selector)
        client.dkim.delete(domain, rotation.selector)
        if _with(client.dkim.keys(domain), rotation.selector):
            raise NotShownYet("The mail server took the change but does not show it yet.", subject=domain)
    return _move(rotation, Stage.ABANDONED, audit.Action.KEY_ABANDONED, now, ended_at=now, look_at=None)


def _with(keys: list[DkimKey], selector: str) -> DkimKey | None:
    """Return the key of a selector; of two, which a server that stopped half-way can have, the one that signs."""
    found = [key for key in keys if key.selector == selector]
    return min(found, key=lambda key: key.stage is not DkimStage.ACTIVE, default=None)


def _is_old(key: DkimKey, rotation: KeyRotation) -> bool:
    """Say whether a key is replaced: one of the same kind that signs, or any of them where one is in other hands."""
    if key.selector == rotation.selector or key.algorithm != rotation.algorithm:
        return False
    return rotation.is_urgent or key.stage is DkimStage.ACTIVE


def _signs_alone(keys: list[DkimKey], rotation: KeyRotation) -> bool:
    signing = {key.selector for key in keys if key.stage is DkimStage.ACTIVE and key.algorithm == rotation.algorithm}
    return signing == {rotation.selector}


_STEPS: dict[Stage, Callable[[StalwartClient, KeyRotation, datetime], bool]] = {
    Stage.MAKING: _make,
    Stage.SWITCHING: _switch,
    Stage.REMOVING: _remove_old,
    Stage.ABANDONING: _abandon,
}
