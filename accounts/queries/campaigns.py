"""Campaigns as their pages and commands show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.campaigns import Stage
from accounts.domain.dates import last_day
from accounts.domain.lifecycle import KEPT_STATES, State
from accounts.models import Account, Batch, Campaign
from accounts.queries import accounts, batch_rows, batches, events, paging, tallies, words

SIZE = 50
ORDER = paging.Order(("created_at", "pk"), descending=True)
_EXAMPLE: paging.Key = (datetime(2000, 1, 1, tzinfo=UTC), 0)
_NAMED = 10
_OPEN = (State.SCHEDULED, State.ACTIVE, State.SUSPENDED)

STAGES: dict[Stage, Promise] = {
    Stage.AHEAD: gettext_lazy("Not begun"),
    Stage.RUNNING: gettext_lazy("Running"),
    Stage.OVER: gettext_lazy("Over"),
}
MARKS: dict[Stage, State] = {Stage.AHEAD: State.SCHEDULED, Stage.RUNNING: State.ACTIVE, Stage.OVER: State.ENDED}
"""The state whose colour and mark a stage has."""


class Show(StrEnum):
    """Which campaigns are looked at."""

    RUNNING = "running"
    OVER = "over"
    ALL = "all"


SHOWN: dict[Show, Promise] = {
    Show.RUNNING: gettext_lazy("Running"),
    Show.OVER: gettext_lazy("Over"),
    Show.ALL: gettext_lazy("All"),
}


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign in words."""

    id: int
    name: str
    owner: str
    profile: str
    stage: Stage
    stage_words: str
    mark: State
    first_day: str
    last_day: str
    distance: str
    states: Mapping[State, int]
    tallies: list[tallies.Tally]

    @property
    def mailboxes(self) -> int:
        return sum(count for state, count in self.states.items() if state is not State.PURGED)

    @property
    def open(self) -> int:
        return sum(self.states.get(state, 0) for state in _OPEN)

    @property
    def active(self) -> int:
        return self.states.get(State.ACTIVE, 0)

    @property
    def purged(self) -> int:
        return self.states.get(State.PURGED, 0)


@dataclass(frozen=True, slots=True)
class Moved:
    """How the last change of its dates went: how many moved, and who did not."""

    job: Batch
    progress: batches.Progress
    stayed: list[str]
    """The names of the first who did not move."""

    @property
    def more_stayed(self) -> int:
        return self.progress.skipped - len(self.stayed)


@dataclass(frozen=True, slots=True)
class Detail:
    campaign: Campaign
    row: CampaignRow
    page: paging.Page[accounts.Row]
    history: events.History
    moved: Moved | None
    followers: int


def counts(now: datetime) -> dict[Show, int]:
    return {show: _shown(show, now).count() for show in Show}


def find(show: Show, after: str, before: str, now: datetime) -> paging.Page[CampaignRow]:
    """Return one page of campaigns, the newest first."""
    text, backwards = (before, True) if before else (after, False)
    cursor = paging.Cursor.read(text, _EXAMPLE, backwards=backwards) if text else None

    def load(keys: list[paging.Key]) -> Sequence[CampaignRow]:
        found = Campaign.objects.select_related("profile").in_bulk([key[-1] for key in keys])
        return rows([found[key[-1]] for key in keys if key[-1] in found], now)

    return paging.paged([_shown(show, now)], ORDER, cursor, SIZE, load)


def rows(campaigns: Sequence[Campaign], now: datetime) -> list[CampaignRow]:
    """Return campaigns in words, with their mailboxes counted in one query."""
    counted = _states(campaign.pk for campaign in campaigns)
    return [_row(campaign, counted[campaign.pk], now) for campaign in campaigns]


def detail(campaign: Campaign, after: str, before: str, now: datetime) -> Detail:
    filters = accounts.Filters(campaign=campaign.name, states=KEPT_STATES)
    return Detail(
        campaign=campaign,
        row=rows([campaign], now)[0],
        page=accounts.find(filters, filters.cursor(after, before), now),
        history=events.of_campaign(campaign, now),
        moved=_last_moved(campaign, now),
        followers=Account.objects.filter(campaign=campaign, follows_campaign=True).exclude(state=State.PURGED).count(),
    )


def _shown(show: Show, now: datetime) -> QuerySet[Campaign]:
    if show is Show.OVER:
        return Campaign.objects.filter(ends_at__lte=now)
    return (
        Campaign.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now))
        if show is Show.RUNNING
        else Campaign.objects.all()
    )


def _states(ids: Iterable[int]) -> defaultdict[int, dict[State, int]]:
    found: defaultdict[int, dict[State, int]] = defaultdict(dict)
    grouped = Account.objects.filter(campaign__in=list(ids)).order_by().values_list("campaign", "state")
    for pk, state, number in grouped.annotate(Count("pk")):
        found[pk or 0][State(state)] = number
    return found


def _row(campaign: Campaign, states: Mapping[State, int], now: datetime) -> CampaignRow:
    stage, today = campaign.dates.stage_at(now), words.local_day(now)
    day = last_day(campaign.ends_at, words.zone()) if campaign.ends_at else None
    return CampaignRow(
        id=campaign.pk,
        name=campaign.name,
        owner=campaign.owner,
        profile=campaign.profile.name if campaign.profile else "",
        stage=stage,
        stage_words=str(STAGES[stage]),
        mark=MARKS[stage],
        first_day=words.day_words(words.local_day(campaign.starts_at), today) if campaign.starts_at else "",
        last_day=words.day_words(day, today) if day else "",
        distance=words.distance(day, today) if day else _("no last day"),
        states=states,
        tallies=tallies.tallies(states),
    )


def _last_moved(campaign: Campaign, now: datetime) -> Moved | None:
    job = Batch.objects.filter(kind="campaign", params__campaign=campaign.pk).order_by("-created_at").first()
    if job is None:
        return None
    stayed = batch_rows.find(job, batch_rows.Show.SKIPPED, None, now).rows[:_NAMED]
    return Moved(job, batches.progress(job, now), [row.name for row in stayed])
