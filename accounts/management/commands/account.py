"""Accounts from the command line, one or all that a filter lets through: the same services as the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain import addresses
from accounts.domain.bulk import Change, Intent
from accounts.domain.errors import SeveralRulesBroken
from accounts.domain.lifecycle import State
from accounts.mailserver import StalwartError
from accounts.management import arguments
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, WrongUse, actor, clock
from accounts.management.many import change_many, on_one_or_many, wants_many
from accounts.management.showing import account_answer, account_json, list_lines, with_operations
from accounts.models import Account
from accounts.queries import accounts as queries
from accounts.queries import words
from accounts.services import accounts, lifecycle, placing

_PAGE = 500
_FROM_THE_SHELL = "By command, no reason given."


class Command(CommandGroup):
    help = "Opens accounts, shows them, and moves them through their life."

    def add_actions(self, add: AddAction) -> None:
        self._add_create(add)
        listing = add("list", self.list, "List accounts, the first to end first.")
        listing.add_argument("--state", choices=list(map(str, State)), help="Only accounts in this state.")
        listing.add_argument("--q", default="", metavar="TEXT", help="Only accounts that have these words somewhere.")
        _on_one(add("show", self.show, "Show one account."))
        self._add_moves(add)
        self._add_places(add)
        _on_one(add("password", self.password, "Make a new password for the holder; it is shown this once."))
        self._add_edit(add)

    def create(self, *, address: str, **given: Any) -> Answer:
        now = clock()
        opening = {
            "address": address,
            "starts_at": arguments.start(given["starts_at"]),
            "ends_at": _agreed_end(given),
            "by": actor(),
            "now": now,
            **{name: given[name] for name in ("name", "owner", "purpose", "campaign", "profile", "quota")},
        }
        try:
            account = accounts.create_account(**opening)
        except SeveralRulesBroken as error:
            if not any(rule.code == "domain_unknown" for rule in error.broken):
                raise
            # The mail server may have got the domain by another way.
            with suppress(StalwartError):
                outbox.refresh_domains(now)
            account = accounts.create_account(**opening)
        return account_answer(account, now)

    def list(self, *, state: str | None, q: str, **options: Any) -> Answer:
        now = clock()
        filters = queries.Filters(text=q, states=(State(state),) if state else (), size=_PAGE)
        # The clock may have moved an account since the last sweep.
        rows = [row for row in _found(filters, now) if not state or row.life.state_at(now) == state]
        content = {"count": len(rows), "accounts": [account_json(account, now) for account in rows]}
        return Answer(content, list_lines(rows, now))

    def show(self, *, address: str, **options: Any) -> Answer:
        return account_answer(_account(address), clock())

    def extend(self, *, ends_at: str | None, days: int | None, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.EXTEND, ends_at=arguments.optional_end(ends_at), days=days))
        account, now = _account(options["address"]), clock()
        if days is not None:
            lifecycle.extend_account_by(account.pk, days=days, by=actor(), now=now)
        else:
            lifecycle.extend_account(account.pk, ends_at=arguments.end(cast("str", ends_at)), by=actor(), now=now)
        return account_answer(account, now)

    def suspend(self, *, reason: str, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.SUSPEND, reason=reason))
        account, now = _account(options["address"]), clock()
        lifecycle.suspend_account(account.pk, reason=reason, by=actor(), now=now)
        return account_answer(account, now)

    def reinstate(self, *, ends_at: str | None, days: int | None, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.REINSTATE, ends_at=arguments.optional_end(ends_at), days=days))
        account, now = _account(options["address"]), clock()
        end = account.life.later_by(days, now, words.zone()) if days is not None else ends_at and arguments.end(ends_at)
        lifecycle.reinstate_account(account.pk, ends_at=end or None, by=actor(), now=now)
        return account_answer(account, now)

    def end(self, *, reason: str, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.END, reason=reason))
        account, now = _account(options["address"]), clock()
        lifecycle.end_account(account.pk, reason=reason, by=actor(), now=now)
        return account_answer(account, now)

    def purge(self, *, reason: str, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.PURGE, reason=reason))
        account, now = _account(options["address"]), clock()
        lifecycle.purge_account(account.pk, reason=reason or _FROM_THE_SHELL, by=actor(), now=now)
        return account_answer(account, now)

    def move(self, *, campaign: str, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.MOVE, campaign=campaign))
        account, now = _account(options["address"]), clock()
        placing.move_account(account.pk, campaign=campaign, by=actor(), now=now)
        return account_answer(account, now)

    def profile(self, *, profile: str, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.PROFILE, profile=profile))
        account, now = _account(options["address"]), clock()
        placing.change_profile(account.pk, profile=profile, by=actor(), now=now)
        return account_answer(account, now)

    def quota(self, *, quota: int, **options: Any) -> Answer:
        if wants_many(options):
            return _many(options, Intent(change=Change.QUOTA, quota=quota))
        account, now = _account(options["address"]), clock()
        accounts.edit_account(account.pk, by=actor(), now=now, quota=quota)
        return account_answer(account, now)

    def password(self, *, address: str, **options: Any) -> Answer:
        account = _account(address)
        password = accounts.set_password(account.pk, by=actor(), now=clock())
        return Answer({"address": account.address, "password": password}, [password])

    def edit(self, *, address: str, **given: Any) -> Answer:
        account, now = _account(address), clock()
        fields = ("name", "owner", "purpose", "quota", "aliases", "note")
        details = {name: given[name] for name in fields if given[name] is not None}
        accounts.edit_account(account.pk, by=actor(), now=now, **cast("accounts.Details", details))
        return account_answer(account, now)

    def _add_create(self, add: AddAction) -> None:
        create = _on_one(add("create", self.create, "Open an account; its mailbox follows."))
        create.add_argument("--name", required=True, help="Who holds it.")
        create.add_argument("--owner", default="", help="Who answers for it; the campaign's owner if left out.")
        create.add_argument("--purpose", required=True, help="What it is for.")
        _offer_end(create)
        create.add_argument("--starts-at", metavar="ISO", help="First day or moment; now, or the campaign's.")
        create.add_argument("--campaign", default="", help="Name of the campaign; made if it is new.")
        create.add_argument("--profile", default="", help="Name of the profile; the campaign's if left out.")
        create.add_argument("--quota", type=arguments.size, help="Bytes, or 500MB, 2GB; 0 is no limit.")

    def _add_moves(self, add: AddAction) -> None:
        extend = on_one_or_many(add("extend", self.extend, "Move the end; an ended account opens again."))
        _offer_end_or_days(extend, required=True)
        suspend = on_one_or_many(add("suspend", self.suspend, "Shut sign-in until somebody reinstates it."))
        suspend.add_argument("--reason", required=True)
        reinstate = on_one_or_many(add("reinstate", self.reinstate, "Lift a suspension, or open what has ended again."))
        _offer_end_or_days(reinstate, required=False)
        end = on_one_or_many(add("end", self.end, "End it now."))
        end.add_argument("--reason", default="")
        purge = on_one_or_many(add("purge", self.purge, "Delete the mailbox and its mail, for ever."))
        purge.add_argument("--reason", default="")

    def _add_places(self, add: AddAction) -> None:
        move = on_one_or_many(add("move", self.move, "Put it into a campaign; its dates stay."))
        move.add_argument("--campaign", required=True, help="Name of the campaign, made if it is new; empty is none.")
        profile = on_one_or_many(add("profile", self.profile, "Give it another profile, with its numbers."))
        profile.add_argument("--profile", required=True, help="Name of the profile.")
        quota = on_one_or_many(add("quota", self.quota, "Change its space."))
        quota.add_argument("--quota", type=arguments.size, required=True, help="Bytes, or 500MB, 2GB; 0 is no limit.")

    def _add_edit(self, add: AddAction) -> None:
        edit = _on_one(add("edit", self.edit, "Change details; what is not named stays as it is."))
        for name in ("name", "owner", "purpose", "note"):
            edit.add_argument(f"--{name}")
        edit.add_argument("--quota", type=arguments.size, help="Bytes, or 500MB, 2GB; 0 is no limit.")
        edit.add_argument(
            "--aliases", type=arguments.names, metavar="A,B", help="All second addresses; empty removes them."
        )


def _on_one(parser: CommandParser) -> CommandParser:
    parser.add_argument("address")
    return parser


def _offer_end(parser: Any, *, required: bool = False) -> None:
    parser.add_argument(
        "--ends-at",
        required=required,
        metavar="ISO",
        help="A date is the last day, in the company's zone; a moment is exclusive.",
    )


def _offer_end_or_days(parser: CommandParser, *, required: bool) -> None:
    either = parser.add_mutually_exclusive_group(required=required)
    _offer_end(either)
    either.add_argument("--days", type=int, help="Counted from the later of now and the end.")


def _many(options: dict[str, Any], intent: Intent) -> Answer:
    return change_many(intent, filter=options["filter"], dry_run=options["dry_run"], yes=options["yes"])


def _agreed_end(given: dict[str, Any]) -> datetime | None:
    """Return the end that was written; without one, something else has to say when it ends.

    :raises WrongUse: if nothing can
    """
    if given["ends_at"]:
        return arguments.end(given["ends_at"])
    if not (given["campaign"] or given["profile"]):
        raise WrongUse("Give --ends-at, or a --campaign or --profile that says when it ends.", field="ends_at")
    return None


def _account(address: str) -> Account:
    account = Account.objects.filter(address=str(addresses.parse(address))).first()
    if account is None:
        raise Failed(f"There is no account {address.strip()[:120]}.", field="address")
    return account


def _found(filters: queries.Filters, now: datetime) -> Iterator[Account]:
    """Read everything that the filters let through, page by page."""
    after: str | None = ""
    while after is not None:
        page = queries.find(filters, filters.cursor(after, ""), now)
        loaded = with_operations(Account.objects.all()).in_bulk([row.id for row in page.rows])
        yield from (loaded[row.id] for row in page.rows if row.id in loaded)
        after = page.after
