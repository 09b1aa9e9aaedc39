"""Signing keys as their page shows them: what the mail server has, and how far a new one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.rotation import ABANDONABLE, Stage, Verdict
from accounts.models import KeyAlgorithm, KeyRotation, MailDomain, Operation, Status
from accounts.queries import operations, words
from stalwart_client import DnsRecord

Tone = Literal["active", "scheduled", "look", "bad", "closed"]

_TOLD_FOR = timedelta(days=30)
_STAGES: dict[str, tuple[Promise, Tone]] = {
    "active": (gettext_lazy("Signs"), "active"),
    "pending": (gettext_lazy("Waits"), "scheduled"),
    "retiring": (gettext_lazy("Signs no more"), "closed"),
    "retired": (gettext_lazy("Signs no more"), "closed"),
}
_VERDICTS: dict[str, Promise] = {
    "": gettext_lazy("It is looked for by itself from now on."),
    Verdict.MISSING: gettext_lazy("Not there yet. It can take some minutes after it was typed in."),
    Verdict.DIFFERENT: gettext_lazy("Another text stands under this name. Replace it by the one above."),
    Verdict.SEVERAL: gettext_lazy("More than one key stands under this name. Leave only the one above."),
    Verdict.UNKNOWN: gettext_lazy("The name servers of the domain did not answer, so this says nothing."),
    Verdict.SEEN: gettext_lazy("It is there."),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in one word, with its colour and mark."""

    tone: Tone
    words: str
    more: str = ""

    @property
    def mark(self) -> str:
        return "unknown" if self.tone == "closed" else self.tone


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record as it is typed in."""

    name: str
    host: str
    """What most providers' forms want: the part before the domain."""
    value: str
    in_strings: str
    """The value as strings of at most 255 characters, in quotes; empty where one string holds it."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    selector: str
    kind: str
    algorithm: str
    state: Badge
    since: datetime | None
    next_step: str
    record: Record
    signs: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a new key: what it is, how far it is, and when."""

    title: str
    text: str
    state: Literal["done", "now", "ahead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationCard:
    id: int
    kind: str
    selector: str
    stage: Stage
    steps: list[Step]
    record: Record | None
    verdict: str
    verdict_tone: Tone
    found: list[str]
    checked: str
    looks_again: str
    operation: operations.OperationRow | None
    """What failed, or waits for its next try."""
    wants_record: bool
    """Its record is to be published still."""
    old: list[str]
    is_urgent: bool
    ended_at: datetime | None

    @property
    def is_publishing(self) -> bool:
        return self.stage is Stage.PUBLISHING

    @property
    def is_moving(self) -> bool:
        """The page looks again by itself."""
        return self.wants_record or self.stage not in {Stage.WAITING, Stage.DONE, Stage.ABANDONED}

    @property
    def can_be_abandoned(self) -> bool:
        return self.stage in ABANDONABLE

    @property
    def has_old_records(self) -> bool:
        return self.stage is Stage.DONE and bool(self.old)


def state(domain: MailDomain, rotations: Iterable[KeyRotation], *, has_failed: bool) -> Badge:
    """Return whether mail of a domain is signed, in one word and one line."""
    moving = [each for each in rotations if not each.is_over]
    if not domain.is_on_server:
        return Badge("closed", _("Not known"), _("the mail server does not have it"))
    if has_failed:
        return Badge("bad", _("Change failed"), _("look at the signing keys"))
    if any(each.stage == Stage.PUBLISHING for each in moving):
        return Badge("look", _("Publish a record"), _("a new key waits for it"))
    if any(each.signs_since and each.wants_record and each.look_at for each in rotations):
        return Badge("look", _("Publish a record"), _("a key signs whose record was not seen"))
    if domain.keys_at is None:
        return Badge("closed", _("Not looked at yet"))
    kinds = signing_kinds(domain)
    if not kinds:
        return Badge("bad", _("Not signed"), _("no key signs"))
    return Badge("active", _("Signed"), " + ".join(KeyAlgorithm(kind).label for kind in kinds))


def signing_kinds(domain: MailDomain) -> list[str]:
    """Return the kinds of key that mail of a domain is signed with, as last seen."""
    return sorted({key["algorithm"] for key in _facts(domain) if key["stage"] == "active"})


def rows(domain: MailDomain, rotations: Iterable[KeyRotation], now: datetime) -> list[KeyRow]:
    """Return the keys that the server has, those that sign first."""
    order = {"active": 0, "pending": 1, "retiring": 2, "retired": 3}
    known = sorted(_facts(domain), key=lambda key: (order[key["stage"]], key["selector"]))
    return [_row(domain, key, list(rotations), now) for key in known]


def cards(domain: MailDomain, rotations: Iterable[KeyRotation], now: datetime) -> list[RotationCard]:
    """Return the new keys on their way, and those that arrived lately."""
    troubled = _troubled(domain, now)
    lately = [each for each in rotations if not each.is_over or _is_told(each, now)]
    return [
        _card(each, troubled.get(each.pk), now) for each in sorted(lately, key=lambda each: (each.is_over, each.pk))
    ]


def record(name: str, value: str, domain: str) -> Record:
    made = DnsRecord("TXT", name, value)
    strings = made.zone_line.partition(" IN TXT ")[2] if len(made.texts) > 1 else ""
    return Record(name=name.rstrip("."), host=name.removesuffix(f".{domain}."), value=value, in_strings=strings)


def policy_words(domain: MailDomain) -> str:
    """Return how the server changes keys by itself; empty where that is not known or cannot be."""
    policy = domain.keys.get("policy")
    if not policy:
        return ""
    if policy["by_itself"]:
        return _("Renewed by the mail server every %(days)s days") % {"days": policy["rotate_days"]}
    return _("The mail server makes first keys; as it does not publish records, it never changes them")


def _row(domain: MailDomain, key: dict[str, Any], rotations: list[KeyRotation], now: datetime) -> KeyRow:
    said, tone = _STAGES[key["stage"]]
    kind = KeyAlgorithm(key["algorithm"])
    since = datetime.fromisoformat(key["since"]) if key["since"] else None
    name = f"{key['selector']}._domainkey.{domain.name}."
    value = f"v=DKIM1; k={kind}; h=sha256; p={key['public_key']}"
    return KeyRow(
        selector=key["selector"],
        kind=kind.label,
        algorithm=kind.value,
        state=Badge(tone, str(said)),
        since=since,
        next_step=_next_step(key, rotations, now),
        record=record(name, value, domain.name),
        signs=key["stage"] == "active",
    )


def _next_step(key: dict[str, Any], rotations: list[KeyRotation], now: datetime) -> str:
    today = words.local_day(now)
    for each in rotations:
        if each.is_over:
            continue
        if each.selector == key["selector"] and each.stage == Stage.PUBLISHING:
            return _("Signs once its record is seen")
        if key["selector"] in (each.old_selectors or ()) and each.stage == Stage.WAITING and each.due_at:
            return _("Deleted %(day)s") % {"day": words.day_words(words.local_day(each.due_at), today)}
        if key["selector"] in (each.old_selectors or ()):
            return _("Is being deleted")
    if key["next_change_at"]:
        at = datetime.fromisoformat(key["next_change_at"])
        return _("Changed by the mail server %(day)s") % {"day": words.day_words(words.local_day(at), today)}
    return ""


def _card(rotation: KeyRotation, operation: operations.OperationRow | None, now: datetime) -> RotationCard:
    value, stage = rotation.record_value, Stage(rotation.stage)
    return RotationCard(
        id=rotation.pk,
        kind=KeyAlgorithm(rotation.algorithm).label,
        selector=rotation.selector,
        stage=stage,
        steps=_steps(rotation, now),
        record=record(rotation.record_name, value, rotation.domain.name) if value else None,
        verdict=str(_VERDICTS[rotation.verdict]),
        verdict_tone="look" if rotation.verdict in {Verdict.DIFFERENT, Verdict.SEVERAL} else "closed",
        found=list(rotation.found),
        checked=words.moment_words(rotation.checked_at, now) if rotation.checked_at else "",
        looks_again=words.moment_words(rotation.look_at, now) if rotation.look_at else "",
        wants_record=rotation.wants_record and stage is not Stage.MAKING,
        operation=operation,
        old=[f"{selector}._domainkey.{rotation.domain.name}" for selector in rotation.old_selectors or ()],
        is_urgent=rotation.is_urgent,
        ended_at=rotation.ended_at,
    )


def _steps(rotation: KeyRotation, now: datetime) -> list[Step]:
    stage = Stage(rotation.stage)
    at = {Stage.MAKING: 0, Stage.PUBLISHING: 1, Stage.SWITCHING: 2, Stage.WAITING: 3, Stage.REMOVING: 3}.get(stage, 4)
    titles = [
        (_("Key made"), _moment(rotation.made_at, now)),
        (_("Record published"), _published(rotation, now)),
        (_("New key signs"), _moment(rotation.signs_since, now)),
        (_("Old key deleted"), _removed(rotation, now)),
    ]
    if stage is Stage.DONE and not rotation.old_selectors:
        titles.pop()
    states: list[Literal["done", "now", "ahead"]] = [
        "done" if number < at else "now" if number == at else "ahead" for number in range(len(titles))
    ]
    return [Step(title, text, state) for (title, text), state in zip(titles, states, strict=True)]


def _published(rotation: KeyRotation, now: datetime) -> str:
    if rotation.verdict == Verdict.SEEN:
        return _("seen %(at)s") % {"at": _moment(rotation.checked_at, now)}
    return _("not waited for") if rotation.stage not in {Stage.MAKING, Stage.PUBLISHING} else ""


def _removed(rotation: KeyRotation, now: datetime) -> str:
    if rotation.stage == Stage.WAITING and rotation.due_at:
        return words.day_words(words.local_day(rotation.due_at), words.local_day(now))
    if rotation.stage == Stage.DONE:
        return _moment(rotation.ended_at, now)
    return (
        _("at once")
        if rotation.is_urgent
        else _("%(days)s after that") % {"days": words.days_words(rotation.wait_days)}
    )


def _moment(at: datetime | None, now: datetime) -> str:
    return words.moment_words(at, now) if at else ""


def _is_told(rotation: KeyRotation, now: datetime) -> bool:
    """Say whether an arrived key has something to tell: a record to publish, or an old one to take out of DNS."""
    return bool(
        rotation.stage == Stage.DONE
        and (rotation.old_selectors or rotation.wants_record)
        and rotation.ended_at
        and now - rotation.ended_at < _TOLD_FOR
    )


def _troubled(domain: MailDomain, now: datetime) -> dict[int, operations.OperationRow]:
    found = Operation.objects.filter(rotation__domain=domain, status__in=[Status.FAILED, Status.PENDING])
    shown = {each.rotation_id or 0: operations.row(each, now) for each in found.select_related("rotation")}
    return {pk: row for pk, row in shown.items() if row.can_be_hurried}


def _facts(domain: MailDomain) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = domain.keys.get("keys", [])
    return found
