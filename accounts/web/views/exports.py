"""The list of accounts to take away, exactly as it is searched, filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from accounts.domain.people import Deed
from accounts.queries import asked, sheets, words
from accounts.services.exports import record_export
from accounts.web.access import StaffRequest, actor, may
from accounts.web.clock import now
from accounts.web.downloads import as_csv, as_xlsx


@may(Deed.READ)
def csv(request: StaffRequest) -> StreamingHttpResponse:
    return as_csv(_rows(request, "CSV"), _name("csv"))


@may(Deed.READ)
def xlsx(request: StaffRequest) -> StreamingHttpResponse:
    return as_xlsx(_rows(request, "Excel"), _name("xlsx"))


def _rows(request: StaffRequest, kind: str) -> Iterator[list[sheets.Cell]]:
    """Note who takes what away, before the first row leaves."""
    moment, filters = now(), asked.read(request.META.get("QUERY_STRING", ""))
    record_export(filters, kind=kind, by=actor(request), now=moment)
    return sheets.listed(filters, moment)


def _name(ending: str) -> str:
    return f"mailboxes-{words.local_day(now()).isoformat()}.{ending}"
