"""The first page."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from accounts.domain.dates import in_reach
from accounts.domain.people import Deed
from accounts.queries import dashboard as queries
from accounts.queries import pulses, words
from accounts.web.access import StaffRequest, may
from accounts.web.clock import now


@may(Deed.READ)
def dashboard(request: StaffRequest) -> HttpResponse:
    moment = now()
    machinery = pulses.machinery(moment)
    board = queries.dashboard(machinery, _day(request.GET.get("from", "")), moment)
    context = {
        "board": board,
        # What the side bar would ask for by itself.
        "machinery": machinery,
        "differences": board.differences,
        "today_words": words.today_words(moment),
    }
    return render(request, "dashboard/page.html", context)


def _day(text: str) -> date | None:
    """Return the day that the address names; None where it names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if in_reach(day) else None
