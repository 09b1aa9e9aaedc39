"""The log."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from accounts.domain.people import Deed
from accounts.queries import events, log_export, words
from accounts.services.exports import record_log_export
from accounts.web.access import StaffRequest, actor, is_part, may
from accounts.web.clock import now
from accounts.web.downloads import as_csv, as_json_lines
from accounts.web.log_forms import LogForm
from accounts.web.step_up import confirmed_to_read


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
        "query": _query(request),
    }
    return render(request, "audit/list_part.html" if is_part(request, "list") else "audit/list.html", context)


@may(Deed.READ)
@confirmed_to_read
def export(request: StaffRequest) -> HttpResponse:
    """Say how much would be taken away, and in which forms."""
    search = LogForm(request.GET).search()
    context = {"number": log_export.number(search), "search": search, "query": _query(request)}
    return render(request, "audit/export.html", context)


@may(Deed.READ)
@confirmed_to_read
def export_csv(request: StaffRequest) -> StreamingHttpResponse:
    search, last = _taken(request, "CSV")
    return as_csv(log_export.rows(search, last), _name("csv"))


@may(Deed.READ)
@confirmed_to_read
def export_jsonl(request: StaffRequest) -> StreamingHttpResponse:
    search, last = _taken(request, "JSON lines")
    return as_json_lines(log_export.json_lines(search, last), _name("jsonl"))


def _taken(request: StaffRequest, kind: str) -> tuple[events.Search, int]:
    """Note who takes what away, before the first entry leaves."""
    search = LogForm(request.GET).search()
    return search, record_log_export(search, kind=kind, by=actor(request), now=now())


def _query(request: StaffRequest) -> str:
    """Return what the log is narrowed to, without the page of it that is looked at."""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return query.urlencode()


def _name(ending: str) -> str:
    return f"log-{words.local_day(now()).isoformat()}.{ending}"
