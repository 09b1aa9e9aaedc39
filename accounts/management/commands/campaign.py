"""Campaigns from the command line: the same plans and jobs as the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from django.core.management.base import CommandParser
from django.db import transaction

from accounts.domain import addresses
from accounts.domain.campaigns import Dates
from accounts.management import arguments
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, actor, clock
from accounts.management.jobs import carry_out
from accounts.management.showing import campaign_json, campaign_line, shifts_json
from accounts.models import Account, Batch, Campaign, RowStatus
from accounts.queries import batch_rows
from accounts.queries import campaigns as queries
from accounts.queries.batch_rows import JobRow, Show
from accounts.queries.shifts import shifts
from accounts.services import campaigns

_TEXTS = ("name", "owner", "profile", "note")


class Command(CommandGroup):
    help = "Makes campaigns, shows them, changes them with their accounts, and ends them."

    def add_actions(self, add: AddAction) -> None:
        listing = add("list", self.list, "List campaigns with their accounts by state, the newest first.")
        listing.add_argument("--show", choices=list(map(str, queries.Show)), default="running")
        create = add("create", self.create, "Make a campaign.")
        create.add_argument("name")
        create.add_argument("--owner", required=True, help="The e-mail address of who answers for it.")
        _offer_dates(create)
        create.add_argument("--profile", default="", help="What its new accounts get.")
        create.add_argument("--note", default="")
        _on_one(add("show", self.show, "Show one campaign with its accounts."))
        self._add_edit(add)
        end = _on_one(add("end", self.end, "End a campaign and all its accounts now."))
        end.add_argument("--reason", required=True)
        end.add_argument("--yes", type=int, metavar="NUMBER", help="The number of accounts that the brake asks for.")

    def list(self, *, show: str, **options: Any) -> Answer:
        now = clock()
        rows = list(_walk(queries.Show(show), now))
        content = {"campaigns": [campaign_json(campaign, row) for campaign, row in rows]}
        return Answer(content, (campaign_line(row) for _campaign, row in rows))

    def create(self, *, name: str, **given: Any) -> Answer:
        now = clock()
        details = {key: given[key] for key in ("owner", "profile", "note")}
        campaign = campaigns.create_campaign(name=name, **details, **_dates(given), by=actor(), now=now)
        return _answer(campaign, now)

    def show(self, *, campaign: str, **options: Any) -> Answer:
        return _answer(_campaign(campaign), clock())

    def edit(self, *, campaign: str, dry_run: bool, also: Sequence[str], **given: Any) -> Answer:
        found, now = _campaign(campaign), clock()
        details = {name: given[name] for name in _TEXTS if given[name] is not None} | _dates(given)
        ticked = [_account_in(found, address) for address in also]
        if dry_run:
            return _foreseen(found, cast("campaigns.Details", details), ticked, now)
        edited = campaigns.edit_campaign(
            found.pk, **cast("campaigns.Details", details), also=ticked, by=actor(), now=now
        )
        return _after(edited.campaign, edited.job, "moved")

    def end(self, *, campaign: str, reason: str, yes: int | None, **options: Any) -> Answer:
        found, now = _campaign(campaign), clock()
        job = campaigns.end_campaign(found.pk, reason=reason, typed=yes, by=actor(), now=now)
        return _after(found, job, "ended")

    def _add_edit(self, add: AddAction) -> None:
        edit = _on_one(add("edit", self.edit, "Change a campaign; other dates move all accounts that go by them."))
        for name in _TEXTS:
            edit.add_argument(f"--{name}")
        _offer_dates(edit)
        edit.add_argument(
            "--also",
            type=arguments.names,
            default=[],
            metavar="A,B",
            help="Addresses with dates of their own that go by the campaign from now on.",
        )
        edit.add_argument("--dry-run", action="store_true", help="Only say who would move, and who not.")


def _on_one(parser: CommandParser) -> CommandParser:
    parser.add_argument("campaign", help="Its name.")
    return parser


def _offer_dates(parser: CommandParser) -> None:
    parser.add_argument("--starts-at", metavar="ISO", help="First day or moment; empty takes it away.")
    parser.add_argument(
        "--ends-at", metavar="ISO", help="A date is the last day; a moment is exclusive; empty takes it away."
    )


def _dates(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given["starts_at"] is not None:
        found["starts_at"] = arguments.start(given["starts_at"])
    if given["ends_at"] is not None:
        found["ends_at"] = arguments.end(given["ends_at"]) if given["ends_at"] else None
    return found


def _campaign(name: str) -> Campaign:
    found = Campaign.objects.select_related("profile").filter(name__iexact=name.strip()).first()
    if found is None:
        raise Failed(f"There is no campaign “{name.strip()[:120]}”.", field="campaign")
    return found


def _account_in(campaign: Campaign, address: str) -> int:
    parsed = str(addresses.parse(address, field="also"))
    found = Account.objects.filter(campaign=campaign, address=parsed).values_list("pk", flat=True).first()
    if found is None:
        raise Failed(f"{parsed} is not in this campaign.", field="also")
    return found


def _walk(show: queries.Show, now: datetime) -> Iterator[tuple[Campaign, queries.CampaignRow]]:
    """Read all campaigns, page by page."""
    after: str | None = ""
    while after is not None:
        page = queries.find(show, after, "", now)
        loaded = Campaign.objects.select_related("profile").in_bulk([row.id for row in page.rows])
        yield from ((loaded[row.id], row) for row in page.rows if row.id in loaded)
        after = page.after


def _answer(campaign: Campaign, now: datetime, **more: Any) -> Answer:
    fresh = Campaign.objects.select_related("profile").get(pk=campaign.pk)
    (row,) = queries.rows([fresh], now)
    addresses_of = list(
        Account.objects.filter(campaign=fresh).order_by("address").values_list("address", "state", "follows_campaign")
    )
    people = [
        {"address": address, "state": state, "follows_campaign": follows} for address, state, follows in addresses_of
    ]
    lines = [campaign_line(row), *(f"  {address:<44} {state}" for address, state, _follows in addresses_of)]
    return Answer({**campaign_json(fresh, row), "accounts": people, **more}, lines)


def _foreseen(campaign: Campaign, details: campaigns.Details, ticked: Sequence[int], now: datetime) -> Answer:
    """Try the change and take it back, so that every rule has its say."""
    with transaction.atomic():
        before = campaign.dates
        edited = campaigns.edit_campaign(campaign.pk, **details, by=actor(), now=now)
        transaction.set_rollback(True)
    after: Dates = edited.campaign.dates
    planned = shifts(campaign, before, after, now, ticked=ticked)
    content = shifts_json(planned) if after != before or ticked else {"moved": [], "not_moved": []}
    lines = [f"{len(content['moved'])} would move, {len(content['not_moved'])} not."]
    return Answer(content, [*lines, *(f"  {row['address']}: {row['reason']}" for row in content["not_moved"])])


def _after(campaign: Campaign, job: Batch | None, done: str) -> Answer:
    """Carry the job out in this process, and name who was changed and who was not."""
    if job is not None:
        carry_out(job, clock)
    now = clock()
    rows: list[JobRow] = list(batch_rows.walk(job, Show.ALL, now)) if job else []
    failed = job.rows.filter(status=RowStatus.FAILED).count() if job else 0
    settled = set(job.rows.filter(status=RowStatus.DONE).values_list("position", flat=True)) if job else set()
    changed = [row.address for row in rows if row.position in settled]
    others = [{"address": row.address, "reason": row.said} for row in rows if row.position not in settled]
    answer = _answer(campaign, now, job=job.pk if job else None, **{done: changed, f"not_{done}": others})
    said = [f"{len(changed)} {done}, {len(others)} not.", *(f"  {row['address']}: {row['reason']}" for row in others)]
    failure = f"{failed} of {len(rows)} could not be changed." if failed else ""
    return Answer(answer.content, [*list(answer.lines)[:1], *said], failure)
