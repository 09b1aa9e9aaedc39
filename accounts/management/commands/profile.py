"""Profiles from the command line."""

from __future__ import annotations

from typing import Any, cast

from django.core.management.base import CommandParser

from accounts.domain.profiles import Limit
from accounts.management import arguments
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, actor, clock
from accounts.management.jobs import carry_out
from accounts.models import Profile, RowStatus
from accounts.queries import profiles as queries
from accounts.services import profiles
from accounts.services.profile_checks import Details

_FIELDS = (
    "name",
    "domain",
    "address_pattern",
    "aliases",
    "groups",
    "denials",
    "quota",
    "term_days",
    "grace_days",
    "retention_days",
    "mail_before_start",
    "server_deadline",
)


class Command(CommandGroup):
    help = "Makes profiles, shows them, and changes what mailboxes get."

    def add_actions(self, add: AddAction) -> None:
        add("list", self.list, "List the profiles.")
        create = add("create", self.create, "Make a profile; what is not named is as in a standard one.")
        create.add_argument("name")
        _offer_details(create)
        show = add("show", self.show, "Show one profile.")
        show.add_argument("profile", help="Its name.")
        edit = add("edit", self.edit, "Change what new mailboxes get; what is not named stays as it is.")
        edit.add_argument("profile", help="Its name.")
        edit.add_argument("--name")
        _offer_details(edit)
        edit.add_argument(
            "--also-existing", action="store_true", help="Take mailboxes along that have it as the profile gave it."
        )

    def list(self, **options: Any) -> Answer:
        found = list(Profile.objects.select_related("domain").order_by("name"))
        return Answer({"profiles": [_json(profile) for profile in found]}, map(_line, found))

    def create(self, *, name: str, **given: Any) -> Answer:
        return _answer(profiles.create_profile(**_details({**given, "name": name}), by=actor(), now=clock()))

    def show(self, *, profile: str, **options: Any) -> Answer:
        return _answer(_profile(profile))

    def edit(self, *, profile: str, also_existing: bool, **given: Any) -> Answer:
        found = _profile(profile)
        edited = profiles.edit_profile(
            found.pk, **_details(given), also_existing=also_existing, by=actor(), now=clock()
        )
        job = edited.job
        if job is not None:
            carry_out(job, clock)
        counted = [
            job.rows.filter(status=status).count() if job else 0 for status in (RowStatus.DONE, RowStatus.FAILED)
        ]
        answer = _answer(edited.profile, changed=counted[0], job=job.pk if job else None)
        failure = f"{counted[1]} mailboxes could not be changed." if counted[1] else ""
        return Answer(answer.content, [*answer.lines, f"  {counted[0]} mailboxes that exist were changed."], failure)


def _offer_details(parser: CommandParser) -> None:
    parser.add_argument("--domain", help="Mail domain of new addresses; empty takes the usual one.")
    parser.add_argument("--address-pattern", metavar="PATTERN", help="{first}.{last}, {first:1}{last}, shopper{n:03}.")
    parser.add_argument("--aliases", type=arguments.names, metavar="A,B", help="Patterns of second addresses.")
    parser.add_argument("--groups", type=arguments.names, metavar="A,B", help="Groups that a mailbox joins.")
    limits = ", ".join(limit.value for limit in Limit)
    parser.add_argument("--denials", type=arguments.names, metavar="A,B", help=f"What the holder may not: {limits}.")
    parser.add_argument("--quota", type=arguments.size, help="Bytes, or 500MB, 2GB; 0 is no limit.")
    parser.add_argument("--term-days", type=int, metavar="DAYS", help="Usual length; 0 takes it away.")
    parser.add_argument("--grace-days", type=int, metavar="DAYS")
    parser.add_argument("--retention-days", type=int, metavar="DAYS")
    for name, summary in (
        ("mail-before-start", "Take mail before the first day."),
        ("server-deadline", "Let the mail server lock on time by itself."),
    ):
        parser.add_argument(f"--{name}", choices=["yes", "no"], help=summary)


def _details(given: dict[str, Any]) -> Details:
    found = {name: given[name] for name in _FIELDS if given.get(name) is not None}
    if found.get("term_days") == 0:
        found["term_days"] = None
    for name in ("mail_before_start", "server_deadline"):
        if name in found:
            found[name] = found[name] == "yes"
    return cast("Details", found)


def _profile(name: str) -> Profile:
    found = Profile.objects.select_related("domain").filter(name__iexact=name.strip()).first()
    if found is None:
        raise Failed(f"There is no profile “{name.strip()[:80]}”.", field="profile")
    return found


def _answer(profile: Profile, **more: Any) -> Answer:
    return Answer({**_json(profile), **more}, [_line(profile)])


def _json(profile: Profile) -> dict[str, Any]:
    plain = {name: getattr(profile, name) for name in _FIELDS if name != "domain"}
    return {**plain, "domain": queries.domain_of(profile), "mailboxes": queries.one(profile).mailboxes}


def _line(profile: Profile) -> str:
    row = queries.one(profile)
    return f"{row.name:<30} {row.example:<40} {row.quota:<10} {row.after_the_end}, {row.mailboxes} mailboxes"
