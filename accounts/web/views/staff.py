"""Who may sign in to the panel: the list, one person with their sign-ins, a new one, and who may what."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import Staff
from accounts.queries import events, tokens
from accounts.queries import roles as role_queries
from accounts.queries import staff as queries
from accounts.services import staff as services
from accounts.web.access import StaffRequest, actor, may
from accounts.web.clock import now
from accounts.web.kept import given_before
from accounts.web.staff_forms import NewPersonForm
from accounts.web.step_up import confirmed


@may(Deed.READ_PANEL)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "staff/list.html", {"people": queries.people(now()), "by_company": settings.OIDC_ENABLED})


@may(Deed.READ_PANEL)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    staff, moment = person_or_404(pk), now()
    found = queries.person(staff, moment, session_key=request.session.session_key or "")
    context = {"person": staff, "found": found, "row": found.row, "history": events.of_person(staff.username, moment)}
    context |= {"is_self": staff == request.user, "tokens": tokens.of_person(staff, moment)}
    return render(request, "staff/detail.html", context)


@may(Deed.CHANGE_STAFF)
@confirmed
def new(request: StaffRequest) -> HttpResponse:
    """Add a person, and show their one-time password this once."""
    form = NewPersonForm(request.POST or None, offers_key=settings.OIDC_ENABLED)
    form.refill(given_before(request))
    if request.method == "POST" and form.is_valid():
        try:
            person, password = services.create_staff(**form.cleaned_data, by=actor(request), now=now())
        except RuleBroken as rule:
            rule.field = {"name": "username"}.get(rule.field or "", rule.field)
            form.refuse(rule)
        else:
            return render(request, "staff/password.html", {"person": person, "password": password, "is_new": True})
    context = {"form": form, "by_company": settings.OIDC_ENABLED}
    return render(request, "staff/new.html", context, status=422 if form.errors else 200)


@may(Deed.READ)
def roles(request: StaffRequest) -> HttpResponse:
    """Show the table of who may what, as the program keeps to it."""
    context = {
        "roles": role_queries.roles(),
        "table": role_queries.table(),
        "of_commands": role_queries.of_commands(),
        "scopes": tokens.table(),
    }
    return render(request, "staff/roles.html", context)


def person_or_404(pk: int) -> Staff:
    person = queries.find(pk)
    if person is None:
        raise Http404
    return person
