"""Changes that wait for the mail server: look at them, cancel one, try them all now."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.queries import changes as queries
from accounts.queries.sentences import explain
from accounts.services import cancelling, operations
from accounts.web.access import StaffRequest, actor, go, layout, may
from accounts.web.clock import now


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "changes/list.html", {"waiting": queries.waiting(now())})


@may(Deed.CHANGE_ACCOUNTS)
def cancel(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Ask, then take a change back that has not begun."""
    waiting = queries.one(operation, now())
    if waiting is None:
        if not queries.was_asked(operation):
            raise Http404
        messages.warning(request, _("This change is done or under way by now."))
        return go(request, reverse("changes:list"))
    if request.method != "POST" and not waiting.can_cancel:
        messages.warning(request, _("This change has begun, or shuts something. It cannot be cancelled."))
        return go(request, reverse("changes:list"))
    if request.method == "POST":
        try:
            cancelling.cancel_operation(operation, by=actor(request), now=now())
        except RuleBroken as rule:
            messages.warning(request, explain(rule))
        else:
            messages.success(
                request, _("Cancelled. The record of %(name)s is as it was.") % {"name": waiting.row.account_name}
            )
        return go(request, reverse("changes:list"))
    return render(request, "changes/cancel.html", {"waiting": waiting, "layout": layout(request)})


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def hurry(request: StaffRequest) -> HttpResponse:
    """Have the worker try everything that waits; it asks the mail server, this page does not."""
    operations.try_all_now(by=actor(request), now=now())
    messages.success(request, _("The mail server is asked again within half a minute."))
    return redirect("changes:list")
