"""Who may sign in to the panel, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from accounts.domain.people import Role
from accounts.management.base import AddAction, Answer, CommandGroup, WrongUse, actor, clock
from accounts.models import Staff
from accounts.queries.reach import limits_of
from accounts.services import factors, staff


class Command(CommandGroup):
    help = "Adds people who may sign in to the panel, and gives them roles."

    def add_actions(self, add: AddAction) -> None:
        create = add("create", self.create, "Add a person; the password printed must be changed at the first sign-in.")
        create.add_argument("name")
        create.add_argument("--role", required=True, choices=list(map(str, Role)))
        create.add_argument("--email", default="")
        _offer_limits(create)
        create.add_argument("--emergency", action="store_true", help="also while the company's sign-in is set up")
        add("list", self.list, "List everybody who may sign in.")
        role = add("role", self.role, "Give a person another role.")
        role.add_argument("name")
        role.add_argument("role", choices=list(map(str, Role)))
        limit = add("limit", self.limit, "Limit an operator to mail domains and campaigns.")
        limit.add_argument("name")
        _offer_limits(limit)
        limit.add_argument("--none", action="store_true", help="take all limits away")
        deactivate = add("deactivate", self.deactivate, "Shut a person out, and sign them out everywhere.")
        deactivate.add_argument("name")
        deactivate.add_argument("--reason", required=True)
        activate = add("activate", self.activate, "Let a person in again, with the role they had.")
        activate.add_argument("name")
        emergency = add("emergency", self.emergency, "Give a person the emergency key, or take it.")
        emergency.add_argument("name")
        emergency.add_argument("key", choices=["yes", "no"])
        reset = add("reset-otp", self.reset_otp, "Take the second factor from somebody who lost phone and codes.")
        reset.add_argument("name")

    def create(
        self,
        *,
        name: str,
        role: str,
        email: str,
        emergency: bool,
        domain: Sequence[str],
        campaign: Sequence[str],
        **options: Any,
    ) -> Answer:
        person, password = staff.create_staff(
            name,
            role=role,
            email=email,
            is_local=emergency,
            domains=domain,
            campaigns=campaign,
            by=actor(),
            now=clock(),
        )
        content = {"name": person.username, "role": person.role, "password": password}
        return Answer(content, [f"{person.username} can sign in with {password}"])

    def list(self, **options: Any) -> Answer:
        people = list(Staff.objects.order_by("username"))
        limits = limits_of(people)
        return Answer(
            {
                "staff": [
                    {
                        "name": person.username,
                        "role": person.role,
                        "email": person.email,
                        "active": person.is_active,
                        "emergency": person.is_local,
                        "domains": limits[person.pk].domains,
                        "campaigns": limits[person.pk].campaigns,
                    }
                    for person in people
                ]
            },
            (
                f"{person.username:<30} {person.role:<10} {person.email:<30} {limits[person.pk].words}".rstrip()
                for person in people
            ),
        )

    def role(self, *, name: str, role: str, **options: Any) -> Answer:
        person = staff.change_role(name, role=role, by=actor(), now=clock())
        content = {"name": person.username, "role": person.role, "password": None}
        return Answer(content, [f"{person.username} is {person.role} now."])

    def limit(self, *, name: str, domain: Sequence[str], campaign: Sequence[str], none: bool, **options: Any) -> Answer:
        if none == bool(domain or campaign):
            raise WrongUse("Name mail domains or campaigns, or take all limits away with --none.")
        person = staff.limit_staff(name, domains=domain, campaigns=campaign, by=actor(), now=clock())
        limits = limits_of([person])[person.pk]
        content = {"name": person.username, "role": person.role}
        said = f"looks after {limits.words} only" if limits else "looks after all mailboxes"
        return Answer(
            {**content, "domains": limits.domains, "campaigns": limits.campaigns}, [f"{person.username} {said}."]
        )

    def deactivate(self, *, name: str, reason: str, **options: Any) -> Answer:
        person = staff.deactivate(name, reason=reason, by=actor(), now=clock())
        return Answer({"name": person.username, "active": False}, [f"{person.username} can no longer sign in."])

    def activate(self, *, name: str, **options: Any) -> Answer:
        person = staff.activate(name, by=actor(), now=clock())
        return Answer({"name": person.username, "active": True}, [f"{person.username} can sign in again."])

    def emergency(self, *, name: str, key: str, **options: Any) -> Answer:
        person, password = staff.mark_local(name, is_local=key == "yes", by=actor(), now=clock())
        content = {"name": person.username, "role": person.role, "password": password or None}
        said = "has the emergency key" if person.is_local else "has no emergency key"
        return Answer(content, [f"{person.username} {said}" + (f", and signs in with {password}" if password else "")])

    def reset_otp(self, *, name: str, **options: Any) -> Answer:
        person = factors.reset_factor(name, by=actor(), now=clock())
        content = {"name": person.username, "role": person.role, "password": None}
        return Answer(content, [f"{person.username} sets up a new second factor at the next sign-in."])


def _offer_limits(parser: ArgumentParser) -> None:
    parser.add_argument("--domain", action="append", default=[], help="an operator's: look after this mail domain only")
    parser.add_argument("--campaign", action="append", default=[], help="an operator's: look after this campaign only")
