"""Groups, mailing lists and blocked addresses as the mail server has them now, with what is still on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Operation, Status, Topic
from accounts.queries import mailserver, operations, words
from accounts.queries.sentences import server_silent
from stalwart_client import BlockedAddress, Group, MailingList, NotFound, StalwartClient, StalwartError

_Found = TypeVar("_Found")

_REASONS: dict[str, Promise] = {
    "authFailure": gettext_lazy("too many failed sign-ins"),
    "manual": gettext_lazy("blocked by hand"),
    "rcptToFailure": gettext_lazy("tried many addresses that do not exist"),
    "loitering": gettext_lazy("kept connections open without a word"),
    "portScanning": gettext_lazy("looked for weak spots"),
}


@dataclass(frozen=True, slots=True)
class SharedRow:
    """A group or a mailing list."""

    address: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockedRow:
    address: str
    because: str
    since: str
    until: str
    """Empty is for ever."""


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on the page of groups and lists."""

    groups: list[SharedRow]
    lists: list[SharedRow]
    trouble: str
    """Why the mail server could not be asked; empty if it was."""
    under_way: list[operations.OperationRow]


@dataclass(frozen=True, slots=True)
class BlockedPage:
    rows: list[BlockedRow]
    trouble: str
    under_way: list[operations.OperationRow]


@dataclass(frozen=True, slots=True)
class Member:
    address: str
    account_id: int | None
    """The mailbox of ours that it is; None is somebody outside."""


def page(now: datetime) -> Page:
    found, trouble = _ask(lambda client: (_rows(client.groups.all()), _rows(client.lists.all())), now)
    groups, lists = found or ([], [])
    return Page(
        groups=groups,
        lists=lists,
        trouble=trouble,
        under_way=_under_way((Topic.GROUP, Topic.LIST), now),
    )


def one(topic: Topic, address: str, now: datetime) -> tuple[SharedRow | None, str]:
    """Return a group or list, or None with why it could not be read (empty: there is none)."""

    def read(client: StalwartClient) -> SharedRow | None:
        there = client.groups if topic is Topic.GROUP else client.lists
        try:
            return _row(there.at(address))
        except NotFound:
            return None

    return _ask(read, now)


def members(row: SharedRow) -> list[Member]:
    """Return who is in it, each with the mailbox of ours that it is."""
    ours = dict(Account.objects.filter(address__in=row.members).values_list("address", "pk"))
    return [Member(member, ours.get(member)) for member in row.members]


def blocked_page(now: datetime) -> BlockedPage:
    rows, trouble = _ask(lambda client: [_blocked(each, now) for each in client.blocked.all()], now)
    return BlockedPage(rows=rows or [], trouble=trouble, under_way=_under_way((Topic.BLOCKED,), now))


def _ask(question: Callable[[StalwartClient], _Found], now: datetime) -> tuple[_Found | None, str]:
    """Ask for the page, with its short time-out; a failure is a sentence."""
    try:
        return mailserver.look(question, now), ""
    except StalwartError as error:
        return None, server_silent(error.code)


def _rows(found: Iterable[Group | MailingList]) -> list[SharedRow]:
    return sorted(map(_row, found), key=lambda row: row.address)


def _row(each: Group | MailingList) -> SharedRow:
    return SharedRow(each.address, each.name, each.members)


def _blocked(each: BlockedAddress, now: datetime) -> BlockedRow:
    return BlockedRow(
        address=each.address,
        because=str(_REASONS.get(each.reason, each.reason)) or _("the mail server does not say"),
        since=words.moment_words(each.created_at, now) if each.created_at else _("not known"),
        until=words.moment_words(each.expires_at, now) if each.expires_at else "",
    )


def _under_way(topics: tuple[Topic, ...], now: datetime) -> list[operations.OperationRow]:
    """Return what is not true yet, or was refused."""
    asked = Operation.objects.filter(wish__topic__in=topics, status__in=[Status.PENDING, Status.RUNNING, Status.FAILED])
    found = asked.select_related("wish").order_by("-created_at")[:20]
    return [operations.row(operation, now) for operation in found]
