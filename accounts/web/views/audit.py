"""The log."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from accounts.domain.people import Deed
from accounts.queries import events
from accounts.web.access import StaffRequest, is_part, may
from accounts.web.clock import now
from accounts.web.forms import LogForm


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    """What happened, newest first, narrowed to what stands in the address."""
    moment, form = now(), LogForm(request.GET)
    search = form.search()
    page = events.find(search, request.GET.get("after", ""), request.GET.get("before", ""), moment)
    context = {
        "form": form,
        "search": search,
        "page": page,
        "days": events.by_day(page.rows, moment),
        "entries": events.entries(),
    }
    return render(request, "audit/list_part.html" if is_part(request, "list") else "audit/list.html", context)
