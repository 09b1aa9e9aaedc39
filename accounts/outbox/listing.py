"""The truth from the server: list all its mailboxes, compare them with our records, and keep what differs.

Read page by page in flat memory, in whatever order the server has; of our side only a bit an account is held.
Nothing is called missing because a listing ended early, left it out, or came from a server that cannot be ours:
the walk must be whole, most of the mailboxes there, and the few missing ones are asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import audit, mailserver
from accounts.domain.drift import Difference, Field, Strange, doubt
from accounts.domain.lifecycle import State
from accounts.domain.people import OUTBOX
from accounts.mailserver import presence
from accounts.models import Account, Pulse
from accounts.models.pulse import SYNC
from accounts.outbox import compare, drifts, server
from accounts.outbox.drifts import Found
from accounts.outbox.locks import lock_again
from accounts.outbox.record import record
from stalwart_client import StalwartError

_PAGE = 500

Tell = Callable[[Found], object]


def _nothing(*_: object) -> None:
    pass


@dataclass(slots=True)
class Sync:
    """How a comparison went."""

    listed: int = 0
    expected: int = 0
    missing: int = 0
    strange: Strange | None = None
    counts: dict[Difference, int] = field(default_factory=lambda: dict.fromkeys(Difference, 0))


def sync(
    now: datetime, *, dry_run: bool = False, tell: Tell | None = None, between: Callable[[], object] = _nothing
) -> Sync:
    """Compare everything, write down what differs, and shut again what the panel shuts by itself.

    `tell` is called with each difference that nobody has said to leave; `dry_run` writes nothing. `between` is
    called after each page, so that whoever compares many mailboxes can do what is urgent meanwhile.

    :raises StalwartError: if the server does not answer to the end; what was read until then is kept
    """
    presence.stay_out(now)
    try:
        return _Comparison(now, dry_run=dry_run, tell=tell or _nothing).run(between)
    except StalwartError as error:
        server.tell_pulse([error], now)
        raise


class _Seen:
    """Which accounts a listing had: one byte for each number that an account can have."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number >= len(self._bytes):
                self._bytes.extend(bytes(number + 1 - len(self._bytes)))
            self._bytes[number] = 1

    def __contains__(self, number: int) -> bool:
        return number < len(self._bytes) and self._bytes[number] == 1


class _Comparison:
    """One look at the whole server."""

    def __init__(self, now: datetime, *, dry_run: bool, tell: Tell) -> None:
        self.now, self.dry_run, self.tell = now, dry_run, tell
        self.outcome = Sync()
        self.seen = _Seen()
        self.mend: dict[int, list[Field]] = {}

    def run(self, between: Callable[[], object]) -> Sync:
        capabilities = mailserver.capabilities()
        walk = mailserver.client().walk()
        while mailboxes := list(islice(walk, _PAGE)):
            self.outcome.listed += len(mailboxes)
            with transaction.atomic():
                page = compare.compare(mailboxes, capabilities, self.now)
                self.seen.add(page.seen)
                self.mend |= page.mend
                if not self.dry_run:
                    compare.keep_what_was_read(page, self.now)
                self._keep(page.found, page.for_people)
            between()
        self._look_for_missing()
        if not self.dry_run:
            self._end()
        return self.outcome

    def _keep(self, found: list[Found], for_people: list[Found]) -> None:
        for each in drifts.without_ignored(found):
            self.outcome.counts[each.kind] += 1
            self.tell(each)
        if not self.dry_run:
            drifts.note(for_people, self.now)

    def _look_for_missing(self) -> None:
        """Ask by name for what the listing did not have; where too much is missing, doubt the server instead."""
        outcome = self.outcome
        for account_id, _, _ in _expected():
            outcome.expected += 1
            outcome.missing += account_id not in self.seen
        outcome.strange = doubt(
            listed=outcome.listed, expected=outcome.expected, missing=outcome.missing, percent=settings.SYNC_DOUBT
        )
        if outcome.strange is None and outcome.missing:
            missing = (each for each in _expected() if each[0] not in self.seen)
            while page := list(islice(missing, _PAGE)):
                self._look_for(page)

    def _look_for(self, page: list[tuple[int, str, str]]) -> None:
        there = mailserver.client().mailboxes_at({address: hint for _, address, hint in page})
        moving = compare.busy_since((account_id for account_id, _, _ in page), self.now)
        gone = {pk: address for pk, address, _ in page if address not in there and pk not in moving}
        unread = Q(mailbox_seen_at=None) | Q(mailbox_seen_at__lte=self.now)
        current = Account.objects.filter(unread, pk__in=gone)
        found = [Found(Difference.ONLY_HERE, gone[pk], {}, pk) for pk in list(current.values_list("pk", flat=True))]
        if not self.dry_run:
            current.update(mailbox_seen_at=self.now, mailbox_exists=False, mailbox_locked=None)
        self._keep(found, found)

    def _end(self) -> None:
        """Shut again what was opened, strike out what is no longer so, and note that everything was compared."""
        if self.outcome.strange is None:
            for account_id, fields in self.mend.items():
                _mend(account_id, fields, self.now)
            drifts.strike_out(self.now, self.now)
        else:
            drifts.forget_new(self.now)
        presence.heard(self.now)
        _beat(self.outcome, self.now)


def _expected() -> Iterator[tuple[int, str, str]]:
    """Yield number, address and hint of every account that the server was asked to have a mailbox for."""
    asked_for = Account.objects.filter(mailbox_asked_at__isnull=False).exclude(state=State.PURGED)
    unmade = Q(state=State.SCHEDULED, mail_before_start=False)
    rows = asked_for.exclude(unmade).order_by("pk").values_list("pk", "address", "mailbox_id")
    return iter(rows.iterator(chunk_size=2000))


@transaction.atomic
def _mend(account_id: int, fields: list[Field], now: datetime) -> None:
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    if Field.LOCKED in fields:
        lock_again(account, now)
    elif not account.operations.open().exists():
        action = audit.Action.DRIFT_PUT_RIGHT
        audit.record(action, by=OUTBOX, at=now, account=account, after={"fields": [str(name) for name in fields]})
        record(subject=account, cause=action, now=now)


@transaction.atomic
def _beat(outcome: Sync, now: datetime) -> None:
    """Note how it went; that the server is not believed is logged once."""
    last = Pulse.objects.filter(name=SYNC).first()
    if outcome.strange and (last is None or last.facts.get("strange") != outcome.strange):
        counted = {"missing": outcome.missing, "expected": outcome.expected}
        audit.record(audit.Action.SERVER_DOUBTED, by=OUTBOX, at=now, after=counted)
    facts: dict[str, Any] = {
        "listed": outcome.listed,
        "expected": outcome.expected,
        "missing": outcome.missing,
        "strange": outcome.strange,
    }
    defaults = {"at": now, "failing_since": None, "error_code": "", "error": "", "facts": facts}
    Pulse.objects.update_or_create(name=SYNC, defaults=defaults)
