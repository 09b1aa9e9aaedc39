"""The first page: what needs somebody, the coming days, and how everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.domain.lifecycle import State
from accounts.queries import accounts, agenda, chart, events, health, operations, queue_depth, todos, words
from accounts.queries.pulses import Machinery


@dataclass(frozen=True, slots=True)
class Tally:
    state: State
    words: str
    hint: str
    count: int
    x: str
    width: str
    """Where it stands in the bar, in per cent; no width where it has no part in it."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    todos: list[todos.Todo]
    counts: accounts.Counts
    tallies: list[Tally]
    week: agenda.Week
    chart: chart.Chart
    depth: queue_depth.Depth
    health: health.Health
    under_way: list[operations.OperationRow]
    entries: int

    @property
    def is_first_day(self) -> bool:
        return self.counts.all == 0


def dashboard(machinery: Machinery, since: date | None, now: datetime) -> Dashboard:
    """Return the whole page; its days begin with `since`, or today."""
    counted = accounts.counts(now)
    return Dashboard(
        todos=todos.todos(machinery, counted, now),
        counts=counted,
        tallies=_tallies(counted),
        week=agenda.week(since, now),
        chart=chart.chart(now),
        depth=queue_depth.depth(now),
        health=health.health(),
        under_way=operations.under_way(now),
        entries=events.entries(),
    )


def _tallies(counted: accounts.Counts) -> list[Tally]:
    """Lay the states out in one bar, with half a per cent of air between them; purged ones are not on the server."""
    hints = {
        State.SCHEDULED: _("not yet open"),
        State.ACTIVE: _("in use"),
        State.SUSPENDED: _("shut by a person"),
        State.ENDED: _("still get mail"),
        State.CLOSED: _("kept, mail refused"),
        State.PURGED: _("record only"),
    }
    shown = [state for state in State if state is not State.PURGED and counted.states[state]]
    room = 100 - 0.5 * max(len(shown) - 1, 0)
    tallies, x = [], 0.0
    for state in State:
        width = room * counted.states[state] / counted.on_server if state in shown else 0.0
        place = (f"{x:.2f}%", f"{width:.2f}%") if width else ("", "")
        tallies.append(Tally(state, str(words.STATES[state]), hints[state], counted.states[state], *place))
        x += width + 0.5 if width else 0
    return tallies
