"""The days of a row: read, asked about where doubtful, and held against each other, the campaign and today."""

from __future__ import annotations

from datetime import date

from accounts.domain.dates import day_start, last_day
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import LONGEST_TERM
from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.days import Order, chosen, read_day
from accounts.domain.sheets.rows import Answer, Entry, Judged, KnownCampaign, World


def read_term(entry: Entry, judged: Judged, campaign: KnownCampaign | None, world: World) -> None:
    """Fill in the first and the last day, or say what is wrong with them."""
    judged.first_day = _day(entry, judged, Field.FIRST_DAY)
    judged.last_day = _day(entry, judged, Field.LAST_DAY)
    if not entry.cell(Field.LAST_DAY):
        _without_end(entry, judged, campaign)
    if judged.account is None and not entry.cell(Field.FIRST_DAY):
        judged.first_day = _first_of(campaign, world)
    if judged.last_day is not None:
        _check(judged, judged.last_day, world)


def _day(entry: Entry, judged: Judged, field: Field) -> date | None:
    text = entry.cell(field)
    if not text:
        return None
    try:
        return chosen(read_day(text, field=field), _order(entry), field=field, text=text)
    except RuleBroken as rule:
        judged.problems.append(rule)
        return None


def _order(entry: Entry) -> Order | None:
    for answer, order in ((Answer.DAY_FIRST, Order.DAY_FIRST), (Answer.MONTH_FIRST, Order.MONTH_FIRST)):
        if answer in entry.answers:
            return order
    return None


def _without_end(entry: Entry, judged: Judged, campaign: KnownCampaign | None) -> None:
    """A mailbox that is there keeps its end; a new one needs one, and the campaign's only where somebody said so."""
    of_campaign = campaign.last_day if campaign else None
    if of_campaign and Answer.CAMPAIGN_END in entry.answers:
        judged.last_day, judged.follows_campaign = of_campaign, True
    elif judged.account is None and of_campaign:
        judged.refuse("end_missing_campaign_has", Field.LAST_DAY, day=of_campaign)
    elif judged.account is None:
        judged.refuse("end_missing", Field.LAST_DAY)


def _first_of(campaign: KnownCampaign | None, world: World) -> date | None:
    """A new mailbox without a first day begins with its campaign, as long as that lies ahead."""
    first = campaign.first_day if campaign else None
    return first if first and day_start(first, world.zone) > world.now else None


def _check(judged: Judged, end: date, world: World) -> None:
    today = world.now.astimezone(world.zone).date()
    start = judged.first_day
    if start and end < start:
        judged.refuse("end_day_before_start", Field.LAST_DAY, day=start)
    elif end < today and not _is_so_already(judged, end, world):
        judged.refuse("end_day_past", Field.LAST_DAY, day=end)
    elif day_start(end, world.zone) - max(day_start(start or today, world.zone), world.now) > LONGEST_TERM:
        judged.refuse("term_too_long", Field.LAST_DAY, longest=LONGEST_TERM.days)


def _is_so_already(judged: Judged, end: date, world: World) -> bool:
    return judged.account is not None and last_day(judged.account.ends_at, world.zone) == end
