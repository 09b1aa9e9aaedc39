"""Mail domains from the command line."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from accounts import outbox
from accounts.mailserver import StalwartError
from accounts.management.base import AddAction, Answer, CommandGroup, actor, clock
from accounts.queries import domains as queries
from accounts.services import domains


class Command(CommandGroup):
    help = "Lists mail domains and makes new ones."

    def add_actions(self, add: AddAction) -> None:
        add("list", self.list, "List the mail domains.")
        create = add("create", self.create, "Make a mail domain; returns when the mail server has it.")
        create.add_argument("name")
        create.add_argument("--description", default="")

    def list(self, **options: Any) -> Answer:
        now = clock()
        # A server that is away leaves what was last known.
        with suppress(StalwartError):
            outbox.refresh_domains(now)
        rows = queries.rows(now)
        found = [{"name": row.name, "on_server": row.is_on_server, "accounts": row.mailboxes} for row in rows]
        return Answer(
            {"domains": found},
            (
                f"{row.name:<40} {'' if row.is_on_server else 'not '}on the server, {row.mailboxes} mailboxes"
                for row in rows
            ),
        )

    def create(self, *, name: str, description: str, **options: Any) -> Answer:
        domain = domains.create_domain(name, description=description, by=actor(), now=clock(), clock=clock)
        if domain.is_on_server:
            line = f"The mail server has {domain.name}."
        else:
            line = f"{domain.name} is made as soon as the mail server answers."
        return Answer({"name": domain.name, "on_server": domain.is_on_server}, [line])


def _line(row: queries.DomainRow) -> str:
    return f"{row.name:<40} {'on' if row.is_on_server else 'not on'} the server, {row.mailboxes} mailboxes"
