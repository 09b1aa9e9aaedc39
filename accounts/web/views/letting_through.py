"""The sheet for whoever runs a company's other mail systems."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.domain.people import Deed
from accounts.models import MailDomain
from accounts.queries import domains, letting_through
from accounts.web.access import StaffRequest, may
from accounts.web.clock import now


@may(Deed.READ)
def sheet(request: StaffRequest, pk: int) -> HttpResponse:
    domain = _domain(pk)
    facts = letting_through.sheet(domain, now())
    context = {"domain": domain, "facts": facts, "text": letting_through.as_text(facts)}
    return render(request, "domains/sheet.html", context)


@may(Deed.READ)
def text(request: StaffRequest, pk: int) -> HttpResponse:  # noqa: ARG001 - a view
    """Hand it out as a file."""
    domain = _domain(pk)
    content = letting_through.as_text(letting_through.sheet(domain, now()))
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{domain.name}-mail.txt"'
    return response


def _domain(pk: int) -> MailDomain:
    domain = domains.find(pk)
    if domain is None:
        raise Http404
    return domain
