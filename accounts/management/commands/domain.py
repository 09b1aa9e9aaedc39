"""Mail domains from the command line."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain import addresses
from accounts.mailserver import StalwartError
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, actor, clock
from accounts.models import MailDomain
from accounts.queries import domains as queries
from accounts.queries.sentences import server_said
from accounts.services import domains

_FROM_THE_SHELL = "By command, no reason given."


class Command(CommandGroup):
    help = "Lists mail domains, makes new ones, changes them and gives them up."

    def add_actions(self, add: AddAction) -> None:
        add("list", self.list, "List the mail domains.")
        create = _on_one(add("create", self.create, "Make a mail domain; returns when the mail server has it."))
        create.add_argument("--description", default="")
        describe = _on_one(add("describe", self.describe, "Say what a domain is for."))
        describe.add_argument("description")
        catch = _on_one(add("catch-all", self.catch_all, "Choose who gets mail to addresses that nobody has."))
        who = catch.add_mutually_exclusive_group(required=True)
        who.add_argument("--account", default="", metavar="ADDRESS", help="The address of an account.")
        who.add_argument("--none", action="store_true", help="Nobody: such mail bounces.")
        delete = _on_one(add("delete", self.delete, "Delete a domain that nobody needs any more."))
        delete.add_argument("--reason", default=_FROM_THE_SHELL)

    def list(self, **options: Any) -> Answer:
        now = clock()
        # A server that is away leaves what was last known.
        with suppress(StalwartError):
            outbox.refresh_domains(now)
        rows = queries.rows(now)
        return Answer({"domains": [_json(row) for row in rows]}, map(_line, rows))

    def create(self, *, name: str, description: str, **options: Any) -> Answer:
        domain = domains.create_domain(name, description=description, by=actor(), now=clock(), clock=clock)
        if domain.is_on_server:
            line = f"The mail server has {domain.shown}."
        else:
            line = f"{domain.shown} is made as soon as the mail server answers."
        return Answer({"name": domain.name, "on_server": domain.is_on_server}, [line])

    def describe(self, *, name: str, description: str, **options: Any) -> Answer:
        domain = find(name)
        domains.describe_domain(domain.pk, description=description, by=actor(), now=clock())
        return _carried_out(domain)

    def catch_all(self, *, name: str, account: str, **options: Any) -> Answer:
        domain = find(name)
        domains.choose_catch_all(domain.pk, address=account, by=actor(), now=clock())
        return _carried_out(domain)

    def delete(self, *, name: str, reason: str, **options: Any) -> Answer:
        gone = domains.delete_domain(find(name).pk, reason=reason, by=actor(), now=clock(), clock=clock)
        there = gone.is_on_server
        line = f"{gone.shown} is {'deleted as soon as the mail server answers' if there else 'deleted'}."
        return Answer({"name": gone.name, "on_server": there}, [line])


def find(name: str, *, field: str = "name") -> MailDomain:
    """Return a domain by its name as typed; `field` is what the command calls that argument.

    :raises Failed: if there is none
    """
    domain = queries.by_name(addresses.check_domain(name, field=field))
    if domain is None:
        raise Failed(f"There is no mail domain {name.strip()[:120]}.", field=field)
    return domain


def _carried_out(domain: MailDomain) -> Answer:
    """Ask the mail server at once, and tell what it has now."""
    waiting = domain.operations.filter(status="pending").first()
    if waiting:
        outbox.execute(waiting.pk, clock)
        waiting.refresh_from_db()
    fresh = next(row for row in queries.rows(clock()) if row.id == domain.pk)
    said = f"{server_said(waiting.error_code)} {waiting.error}" if waiting and waiting.error_code else ""
    return Answer(_json(fresh), [_line(fresh)], failure=said)


def _json(row: queries.DomainRow) -> dict[str, Any]:
    return {
        "name": row.domain,
        "on_server": row.is_on_server,
        "accounts": row.mailboxes,
        "description": row.description,
        "catch_all": row.catch_all or None,
        "signing": list(row.signing_kinds),
    }


def _line(row: queries.DomainRow) -> str:
    return f"{row.name:<40} {'' if row.is_on_server else 'not '}on the server, {row.mailboxes} mailboxes"


def _on_one(parser: CommandParser) -> CommandParser:
    parser.add_argument("name")
    return parser
