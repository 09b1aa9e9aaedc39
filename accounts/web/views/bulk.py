"""One change for many mailboxes: the question here, then the plan and its job on the job's page."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts.domain.bulk import Change
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import Batch
from accounts.queries import accounts as queries
from accounts.queries import bulk as bulk_queries
from accounts.services.bulk import plan_bulk
from accounts.web.access import StaffRequest, actor, may
from accounts.web.bulk_forms import FORMS, BulkForm, ProfileThem
from accounts.web.chosen import Chosen
from accounts.web.clock import now


@may(Deed.CHANGE_ACCOUNTS)
def ask(request: StaffRequest, change: str) -> HttpResponse:
    """Ask what a change needs to know; answered, it becomes a plan to look at."""
    wanted = _change(request, change)
    if request.method != "POST":
        return redirect("accounts:list")
    chosen = Chosen.read(request.POST)
    ids = chosen.ids(now())
    is_answered = "asked" in request.POST
    form = _form(wanted, request, is_answered=is_answered)
    if is_answered and form.is_valid() and (batch := _planned(request, form, chosen, ids)):
        return redirect("accounts:job", batch.pk)
    context = {
        "form": form,
        "change": wanted,
        "name": bulk_queries.NAMES[wanted],
        "question": bulk_queries.question(wanted, len(ids)),
        "icon_name": bulk_queries.ICONS[wanted],
        "chosen": chosen,
        "number": len(ids),
        "campaigns": queries.campaigns(),
    }
    return render(request, "accounts/bulk/ask.html", context, status=422 if form.errors else 200)


def _change(request: StaffRequest, name: str) -> Change:
    try:
        change = Change(name)
    except ValueError:
        raise Http404 from None
    if change is Change.PURGE and not request.user.may(Deed.PURGE):
        raise PermissionDenied
    return change


def _form(change: Change, request: StaffRequest, *, is_answered: bool) -> BulkForm:
    form = FORMS[change](request.POST if is_answered else None)
    if isinstance(form, ProfileThem):
        form.offer(queries.profiles())
    return form


def _planned(request: StaffRequest, form: BulkForm, chosen: Chosen, ids: list[int]) -> Batch | None:
    """Write the plan down; None where a rule said no, which the form then shows."""
    moment = now()
    try:
        return plan_bulk(ids, form.intent(), by=actor(request), now=moment, scope=chosen.scope(moment))
    except RuleBroken as rule:
        form.refuse(rule)
        return None
