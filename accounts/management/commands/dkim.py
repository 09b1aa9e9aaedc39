"""Signing keys (DKIM) from the command line: the same steps as on the page of a domain."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain.rotation import DEFAULT_WAIT_DAYS, LONGEST_WAIT_DAYS, Stage
from accounts.mailserver import StalwartError
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, WrongUse, actor, clock
from accounts.management.commands.domain import find
from accounts.models import KeyAlgorithm, KeyRotation, MailDomain, Operation, Status
from accounts.queries.sentences import server_said
from accounts.services import rotations
from accounts.services.rotations import Begin

_KINDS = [str(kind) for kind in (KeyAlgorithm.RSA, KeyAlgorithm.ED25519)]


class Command(CommandGroup):
    help = "Lists signing keys, makes new ones, and leads them to where they sign."

    def add_actions(self, add: AddAction) -> None:
        _on_domain(add("list", self.list, "List the keys of a domain, and new ones on their way."))
        create = _on_domain(add("create", self.create, "Make a first key of a kind; it signs once its record is seen."))
        _offer_kind(create, "the one that is lacking, RSA first: everybody can check it")
        rotate = _on_domain(add("rotate", self.rotate, "Make the next key of a kind, beside the one that signs."))
        _offer_kind(rotate, "that of the key that has signed longest")
        days = f"Keep the old key for so many days after the switch, 1 to {LONGEST_WAIT_DAYS}."
        rotate.add_argument("--days", type=int, default=DEFAULT_WAIT_DAYS, help=days)
        rotate.add_argument("--compromised", metavar="SELECTOR", help="This key is in other hands: replace it at once.")
        rotate.add_argument("--reason", default="", help="Needed with --compromised.")
        check = _on_domain(add("check", self.look, "Look for the record of a new key now, and switch if it is there."))
        _offer_kind(check)
        activate = _on_domain(add("activate", self.activate, "Switch to a new key whose record was not seen."))
        _offer_kind(activate)
        activate.add_argument("--reason", required=True, help="Why it should sign unseen.")
        abandon = _on_domain(add("abandon", self.abandon, "Take a new key back."))
        _offer_kind(abandon)

    def list(self, *, domain: str, **options: Any) -> Answer:
        found, now = _find(domain), clock()
        # A server that is away leaves what was last known, with its age.
        with suppress(StalwartError):
            outbox.look_at_keys(found, now)
        return _answer(found)

    def create(self, *, domain: str, algorithm: str | None, **options: Any) -> Answer:
        found = _looked_at(domain, clock())
        return self._start(found, algorithm or _lacking(found), Begin.FIRST)

    def rotate(
        self, *, domain: str, algorithm: str | None, days: int, compromised: str | None, reason: str, **options: Any
    ) -> Answer:
        found = _looked_at(domain, clock())
        if compromised:
            rotation = rotations.replace_compromised(
                found.pk, selector=compromised, reason=reason, by=actor(), now=clock()
            )
            return _carried_out(rotation)
        return self._start(found, algorithm or _oldest(found), Begin.NEXT, days=days)

    def look(self, *, domain: str, algorithm: str | None, **options: Any) -> Answer:
        rotation = _open(_find(domain), algorithm)
        if rotation.wants_record:
            rotations.check(rotation.pk, now=clock())
        return _carried_out(rotation)

    def activate(self, *, domain: str, algorithm: str | None, reason: str, **options: Any) -> Answer:
        rotation = _open(_find(domain), algorithm)
        return _carried_out(rotations.insist(rotation.pk, reason=reason, by=actor(), now=clock()))

    def abandon(self, *, domain: str, algorithm: str | None, **options: Any) -> Answer:
        rotation = _open(_find(domain), algorithm)
        return _carried_out(rotations.abandon(rotation.pk, by=actor(), now=clock()))

    def _start(self, domain: MailDomain, algorithm: str, begin: Begin, **given: int) -> Answer:
        rotation = rotations.start_rotation(
            domain.pk, algorithm=algorithm, begin=begin, by=actor(), now=clock(), **given
        )
        return _carried_out(rotation)


def _find(name: str) -> MailDomain:
    return find(name, field="domain")


def _looked_at(domain: str, now: datetime) -> MailDomain:
    """Return a domain with the keys that it has now, and with what the panel's key may do, if the server answers."""
    found = _find(domain)
    with suppress(StalwartError):
        outbox.look_at_server(now)
        outbox.look_at_keys(found, now)
    return found


def _signing(domain: MailDomain) -> list[dict[str, Any]]:
    """Return the keys that sign, who signs longest first."""
    keys = [key for key in domain.keys.get("keys", []) if key["stage"] == "active"]
    return sorted(keys, key=lambda key: key["since"] or "")


def _lacking(domain: MailDomain) -> str:
    there = {key["algorithm"] for key in _signing(domain)}
    return next((kind for kind in _KINDS if kind not in there), _KINDS[0])


def _oldest(domain: MailDomain) -> str:
    return next((str(key["algorithm"]) for key in _signing(domain)), _KINDS[0])


def _open(domain: MailDomain, algorithm: str | None) -> KeyRotation:
    """Return the new key on its way, or one that signs and whose record is looked for still."""
    told = KeyRotation.objects.told().filter(domain=domain).select_related("domain").order_by("pk")
    found = list(told.filter(algorithm=algorithm) if algorithm else told)
    if not found:
        raise Failed(f"No new key of {domain.shown} is on its way.", field="domain")
    if len(found) > 1:
        raise WrongUse("More than one is on its way. Name one with --algorithm.", field="algorithm")
    return found[0]


def _carried_out(rotation: KeyRotation) -> Answer:
    """Do at once what is asked of the mail server or the name servers, and tell where the key stands."""
    waiting = rotation.operations.filter(status=Status.PENDING).first()
    if waiting:
        outbox.execute(waiting.pk, clock)
    rotation.refresh_from_db()
    failed = Operation.objects.filter(rotation=rotation).exclude(error_code="").order_by("created_at").last()
    said = server_said(failed.error_code) if failed and failed.status == Status.FAILED else ""
    return Answer({"domain": rotation.domain.name, **_rotation_json(rotation)}, _lines(rotation), failure=said)


def _answer(domain: MailDomain) -> Answer:
    open_ones = list(KeyRotation.objects.told().filter(domain=domain).select_related("domain").order_by("pk"))
    keys = domain.keys.get("keys", [])
    content = {
        "domain": domain.name,
        "seen_at": domain.keys_at,
        "keys": [_key_json(domain, key) for key in keys],
        "policy": domain.keys.get("policy"),
        "rotations": [_rotation_json(each) for each in open_ones],
    }
    lines = [f"{key['selector']:<30} {key['algorithm']:<8} {key['stage']}" for key in keys]
    if domain.keys_at is None:
        lines.append("Not known: the mail server did not answer yet.")
    return Answer(content, [*lines, *(line for each in open_ones for line in _lines(each))])


def _key_json(domain: MailDomain, key: dict[str, Any]) -> dict[str, Any]:
    value = f"v=DKIM1; k={key['algorithm']}; h=sha256; p={key['public_key']}"
    record = {"type": "TXT", "name": f"{key['selector']}._domainkey.{domain.name}.", "value": value}
    return {
        "selector": key["selector"],
        "algorithm": key["algorithm"],
        "stage": key["stage"],
        "since": key["since"],
        "record": record,
    }


def _rotation_json(rotation: KeyRotation) -> dict[str, Any]:
    record = {"type": "TXT", "name": rotation.record_name, "value": rotation.record_value}
    return {
        "selector": rotation.selector,
        "algorithm": rotation.algorithm,
        "stage": rotation.stage,
        "record": record if rotation.public_key else None,
        "verdict": rotation.verdict or None,
        "found": rotation.found,
        "checked_at": rotation.checked_at,
        "old": rotation.old_selectors or [],
        "old_deleted_at": rotation.due_at,
    }


def _lines(rotation: KeyRotation) -> list[str]:
    lines = [f"{rotation.selector:<30} {rotation.algorithm:<8} {rotation.stage}"]
    if rotation.wants_record:
        lines += ["  publish this TXT record:", f"  {rotation.record_name}", f"  {rotation.record_value}"]
        lines += [f"  name servers: {rotation.verdict}"] if rotation.verdict else []
    if rotation.stage == Stage.DONE and rotation.old_selectors:
        lines.append(f"  take out of DNS: {', '.join(rotation.old_selectors)}")
    return lines


def _on_domain(parser: CommandParser) -> CommandParser:
    parser.add_argument("domain")
    return parser


def _offer_kind(parser: CommandParser, otherwise: str = "the only one on its way") -> None:
    parser.add_argument("--algorithm", choices=_KINDS, help=f"The kind of key; if left out {otherwise}.")
