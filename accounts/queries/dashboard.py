"""The first page: what needs somebody, the coming days, and how everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.queries import (
    accounts,
    agenda,
    chart,
    compared,
    events,
    health,
    operations,
    over,
    queue_depth,
    tallies,
    todos,
)
from accounts.queries.pulses import Machinery


@dataclass(frozen=True, slots=True)
class Dashboard:
    over: over.Over
    todos: list[todos.Todo]
    counts: accounts.Counts
    tallies: list[tallies.Tally]
    week: agenda.Week
    chart: chart.Chart
    depth: queue_depth.Depth
    health: health.Health
    under_way: list[operations.OperationRow]
    entries: int
    differences: int

    @property
    def is_first_day(self) -> bool:
        return self.counts.all == 0


def dashboard(machinery: Machinery, since: date | None, now: datetime) -> Dashboard:
    """Return the whole page; its days begin with `since`, or today."""
    counted, differing = accounts.counts(now), compared.counts()
    return Dashboard(
        over=over.over(machinery, counted, now),
        todos=todos.todos(machinery, counted, differing, now),
        counts=counted,
        tallies=tallies.tallies(counted.states),
        week=agenda.week(since, now),
        chart=chart.chart(now),
        depth=queue_depth.depth(now),
        health=health.health(),
        under_way=operations.under_way(now),
        entries=events.entries(),
        differences=compared.open_among(differing),
    )
