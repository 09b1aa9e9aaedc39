"""One page of the server's mailboxes beside our records: what differs, what agrees, what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.domain.drift import Difference, Field, is_system
from accounts.models import Account, Alias, Operation, Status
from accounts.models.operation import OPEN
from accounts.outbox import known
from accounts.outbox.drifts import Found
from accounts.outbox.settle import observe
from accounts.outbox.wanted import whole
from stalwart_client import KEY_HOLDER, Capabilities, Mailbox, Wanted, difference

_MIB = 1024**2
_OBSERVED = ("mailbox_locked", "mailbox_deadline", "mailbox_used", "mailbox_id", "mailbox_known")


@dataclass(slots=True)
class Page:
    """What one page showed."""

    found: list[Found] = field(default_factory=list)
    mend: dict[int, list[Field]] = field(default_factory=dict)
    """By account what the panel shuts again by itself."""
    seen: list[int] = field(default_factory=list)
    """Every account that the page has a mailbox for."""
    read: list[Account] = field(default_factory=list)
    """Those of them whose columns now say what was read."""
    moved: list[Account] = field(default_factory=list)
    """Those of which something has changed since they were read last."""

    @property
    def for_people(self) -> list[Found]:
        """What is left to decide, without what the panel mends by itself."""
        left = [
            replace(each, fields=_without(each.fields, self.mend.get(each.account_id or 0, []))) for each in self.found
        ]
        return [each for each in left if each.fields or each.kind is not Difference.DIFFERENT]


def compare(mailboxes: Sequence[Mailbox], capabilities: Capabilities, started: datetime) -> Page:
    """Compare a page with our records; an account that a worker is busy with, or was since `started`, is passed."""
    page = Page()
    accounts = _accounts_at([mailbox.address for mailbox in mailboxes])
    aliases = _aliases_of(accounts.values())
    busy = busy_since((account.pk for account in accounts.values()), started)
    for mailbox in mailboxes:
        account = accounts.get(mailbox.address)
        if account is None:
            page.found.append(Found(Difference.ONLY_THERE, mailbox.address, _alone(mailbox)))
            continue
        page.seen.append(account.pk)
        if account.pk not in busy and not (account.mailbox_seen_at and account.mailbox_seen_at > started):
            want = whole(account, mailbox, capabilities, aliases.get(account.pk, ()))
            _beside(page, mailbox, account, want, started)
    return page


def keep_what_was_read(page: Page, started: datetime) -> None:
    """Write down what the server was seen to have; whoever reads the mailbox later knows better."""
    unread = Q(mailbox_seen_at=None) | Q(mailbox_seen_at__lte=started)
    current = Account.objects.filter(unread, pk__in=[account.pk for account in page.read])
    current.update(mailbox_seen_at=started, mailbox_exists=True)
    Account.objects.write_back(page.moved, _OBSERVED)


def busy_since(account_ids: Iterable[int], started: datetime) -> set[int]:
    """Return those accounts that a change is on its way for, or has been since a look at the server began."""
    since = Q(status__in=OPEN) | Q(created_at__gt=started) | Q(settled_at__gt=started, status=Status.DONE)
    found = Operation.objects.filter(since, account__in=list(account_ids))
    return set(found.values_list("account_id", flat=True))


def _accounts_at(addresses: list[str]) -> dict[str, Account]:
    """Lock and return the accounts at these addresses."""
    accounts = Account.objects.select_for_update().filter(address__in=addresses)
    return {account.address: account for account in accounts}


def _aliases_of(accounts: Iterable[Account]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for account_id, address in Alias.objects.filter(account__in=list(accounts)).values_list("account", "address"):
        found.setdefault(account_id, []).append(address)
    return found


def _beside(page: Page, mailbox: Mailbox, account: Account, want: Wanted | None, started: datetime) -> None:
    if want is None or account.mailbox_asked_at is None:
        # Nothing should be there, or what is there was made by somebody else before we asked.
        page.found.append(Found(Difference.ONLY_THERE, mailbox.address, _alone(mailbox), account.pk))
        return
    update = difference(mailbox, want)
    _observe(page, mailbox, account, started, agrees=update is None)
    if update is None:
        return
    fields = known.differing(update)
    both = known.both_versions(want, mailbox, fields)
    page.found.append(Found(Difference.DIFFERENT, account.address, both, account.pk))
    if mended := [name for name in fields if name in settings.PUT_RIGHT and known.shuts(name, update, mailbox)]:
        page.mend[account.pk] = mended


def _without(fields: dict[str, Any], names: Iterable[Field]) -> dict[str, Any]:
    return {name: both for name, both in fields.items() if name not in set(names)}


def _observe(page: Page, mailbox: Mailbox, account: Account, started: datetime, *, agrees: bool) -> None:
    page.read.append(account)
    columns = {name: value for name, value in observe(mailbox, started).items() if name in _OBSERVED}
    if _megabytes(mailbox.used) == _megabytes(account.mailbox_used):
        columns["mailbox_used"] = account.mailbox_used  # every mailbox changes by a few bytes all the time
    if agrees:
        columns["mailbox_known"] = known.read_back(account.mailbox_known, mailbox, ())
    if any(getattr(account, name) != value for name, value in columns.items()):
        for name, value in columns.items():
            setattr(account, name, value)
        page.moved.append(account)


def _megabytes(used: int | None) -> int | None:
    return None if used is None else used // _MIB


def _alone(mailbox: Mailbox) -> dict[str, Any]:
    """Return what the list keeps of a mailbox that is nobody's."""
    has = {name: {"there": value} for name, value in known.values(mailbox).items()}
    own = {
        "used": {"there": mailbox.used},
        "has_password": {"there": mailbox.has_doors},
        "ours": {"there": is_ours(mailbox.address, mailbox.name)},
    }
    return has | own


def is_ours(address: str, name: str) -> bool:
    """Say whether the panel itself, or the mail system, lives in a mailbox."""
    own = {settings.STALWART_USER, settings.DEFAULT_FROM_EMAIL, settings.EMAIL_HOST_USER}
    return name == KEY_HOLDER or address in {each.lower() for each in own if each} or is_system(address)
