"""Mailboxes by state, laid out in one bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.domain.lifecycle import State
from accounts.queries import words

_AIR = 0.5
"""Per cent between two parts of the bar."""


@dataclass(frozen=True, slots=True)
class Tally:
    state: State
    words: str
    hint: str
    count: int
    x: str
    width: str
    """Where it stands in the bar, in per cent; no width where it has no part in it."""


def tallies(states: Mapping[State, int]) -> list[Tally]:
    """Lay the states out with some air between them; purged ones are not on the server."""
    hints = {
        State.SCHEDULED: _("not yet open"),
        State.ACTIVE: _("in use"),
        State.SUSPENDED: _("shut by a person"),
        State.ENDED: _("still get mail"),
        State.CLOSED: _("kept, mail refused"),
        State.PURGED: _("record only"),
    }
    shown = [state for state in State if state is not State.PURGED and states.get(state)]
    room = 100 - _AIR * max(len(shown) - 1, 0)
    whole = sum(states[state] for state in shown)
    found, x = [], 0.0
    for state in State:
        count = states.get(state, 0)
        width = room * count / whole if state in shown else 0.0
        place = (f"{x:.2f}%", f"{width:.2f}%") if width else ("", "")
        found.append(Tally(state, str(words.STATES[state]), hints[state], count, *place))
        x += width + _AIR if width else 0
    return found
