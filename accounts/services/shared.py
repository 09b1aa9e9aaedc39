"""Groups, which share a mailbox, and mailing lists, which hand mail on; both are kept by the mail server alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.audit import Action
from accounts.domain import addresses
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, Alias, MailDomain, Operation, Topic
from accounts.services.wishes import want

MOST_MEMBERS = 5000
"""A list of 0.16 holds some 6,000 addresses (jmap.md)."""


class Sharing(StrEnum):
    GROUP = "group"
    LIST = "list"


_TOPIC = {Sharing.GROUP: Topic.GROUP, Sharing.LIST: Topic.LIST}
_CHANGED = {Sharing.GROUP: Action.GROUP_CHANGED, Sharing.LIST: Action.LIST_CHANGED}
_DELETED = {Sharing.GROUP: Action.GROUP_DELETED, Sharing.LIST: Action.LIST_DELETED}


def save(kind: Sharing, address: str, *, name: str, members: Iterable[str], by: Actor, now: datetime) -> Operation:
    """Make a group or list, or give it another name and other members.

    :raises RuleBroken: if the address cannot be one, is a mailbox's, or a member is no e-mail address
    """
    checked = _address(address)
    listed = _members(members)
    if len(name) > 120:
        raise RuleBroken("too_long", field="name", longest=120)
    wanted = {"exists": True, "name": name.strip(), "members": listed}
    told = {"name": name.strip(), "members": listed}
    return want(_TOPIC[kind], checked, wanted, action=_CHANGED[kind], by=by, now=now, told=told)


def delete(kind: Sharing, address: str, *, reason: str, by: Actor, now: datetime) -> Operation:
    """Delete a group with its mail, or a list.

    :raises RuleBroken: without a reason
    """
    if not reason.strip():
        raise RuleBroken("reason_required", field="reason")
    key = address.strip().lower()
    return want(_TOPIC[kind], key, {"exists": False}, action=_DELETED[kind], by=by, now=now, reason=reason.strip())


def _address(text: str) -> str:
    address = addresses.parse(text)
    if not MailDomain.objects.kept().filter(name=address.domain).exists():
        known = list(MailDomain.objects.kept().order_by("name").values_list("name", flat=True))
        raise RuleBroken("domain_unknown", field="address", domain=address.domain, known=known)
    taken = Account.objects.filter(address=str(address)).exists() or Alias.objects.filter(address=str(address)).exists()
    if taken:
        raise RuleBroken("address_is_mailbox", field="address", address=str(address))
    return str(address)


def _members(texts: Iterable[str]) -> list[str]:
    members = sorted({text.strip().lower() for text in texts if text.strip()})
    if len(members) > MOST_MEMBERS:
        raise RuleBroken("too_many_members", field="members", longest=MOST_MEMBERS)
    for member in members:
        try:
            validate_email(member)
        except ValidationError:
            raise RuleBroken("member_invalid", field="members", text=member[:80]) from None
    return members
