"""Waiting mail: what did not get out yet, why, and what can be done about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.mailserver import StalwartError
from accounts.models import Account, Topic
from accounts.queries import pulses
from accounts.queries import queue as queries
from accounts.queries.sentences import explain, server_silent
from accounts.services import mailqueue, operations
from accounts.services.mailqueue import Message
from accounts.web.access import StaffRequest, actor, go, is_part, layout, may
from accounts.web.clock import now
from accounts.web.forms import ReasonForm
from accounts.web.queue_forms import QueueForm

_AT_ONCE = 100
"""So many can be ticked; a page shows half of that."""


@may(Deed.READ_WHOLE)
def index(request: StaffRequest) -> HttpResponse:
    """What waits, asked of the mail server for this page; changes that are on their way beside it."""
    moment, form = now(), QueueForm(request.GET)
    filters = form.filters()
    context = {
        "form": form,
        "filters": filters,
        "view": queries.view(filters, moment),
        "changes": queries.changes(moment),
        "machinery": pulses.machinery(moment),
        "can": request.user.may(Deed.CHANGE_QUEUE),
        "can_be_moved": queries.can_be_moved(),
    }
    return render(request, "queue/_list.html" if is_part(request, "list") else "queue/list.html", context)


@may(Deed.READ_WHOLE)
def detail(request: StaffRequest, message: str) -> HttpResponse:
    """One message with each recipient."""
    try:
        found = queries.message(message, now())
    except StalwartError as error:
        return _silent(request, error)
    if found is None:
        return render(request, "queue/gone.html", status=404)
    context = {
        "message": found,
        "can": request.user.may(Deed.CHANGE_QUEUE),
        "can_be_moved": queries.can_be_moved(),
        "holder": Account.objects.filter(address=found.sender).first() if found.sender else None,
    }
    return render(request, "queue/detail.html", context)


@may(Deed.CHANGE_QUEUE)
@require_POST
def retry(request: StaffRequest) -> HttpResponse:
    """Try the ticked messages now, or one recipient of one message."""
    if not queries.can_be_moved():
        messages.warning(request, server_silent("unsupported", Topic.MESSAGE))
        return redirect("queue:list")
    try:
        chosen = _chosen(request)
        recipient = request.POST.get("recipient", "")
        mailqueue.ask(_named(chosen), mailqueue.Deed.RETRY, recipient=recipient, by=actor(request), now=now())
    except StalwartError as error:
        return _silent(request, error)
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    else:
        said = ngettext("%(n)s message is being tried now.", "%(n)s messages are being tried now.", len(chosen))
        messages.success(request, said % {"n": len(chosen)})
    return redirect("queue:list")


@may(Deed.CHANGE_QUEUE)
def retry_all(request: StaffRequest) -> HttpResponse:
    """Try everything now: a question that names how much that is, then the act."""
    view = queries.view(queries.Filters(size=1), now())
    if view.silent or not view.total or not queries.can_be_moved():
        messages.warning(request, view.silent or _("Nothing is there to be tried now."))
        return go(request, reverse("queue:list"))
    if request.method == "POST":
        mailqueue.retry_all(view.total, by=actor(request), now=now())
        messages.success(request, _("All waiting mail is being tried now."))
        return go(request, reverse("queue:list"))
    return render(request, "queue/retry_all.html", {"number": view.total, "layout": layout(request)})


@may(Deed.CHANGE_QUEUE)
def cancel(request: StaffRequest) -> HttpResponse:
    """Cancel the ticked messages: a question that names them and asks why, then the act."""
    # The ticks come by POST too, before anybody was asked for a reason.
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    recipient = (request.POST or request.GET).get("recipient", "")
    try:
        chosen = _chosen(request)
        if form.is_valid():
            reason: str = form.cleaned_data["reason"]
            deed = mailqueue.Deed.CANCEL
            mailqueue.ask(_named(chosen), deed, recipient=recipient, reason=reason, by=actor(request), now=now())
            messages.success(request, _cancelled(len(chosen)))
            return go(request, reverse("queue:list"))
    except StalwartError as error:
        return _silent(request, error)
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
        return go(request, reverse("queue:list"))
    context = {"form": form, "chosen": chosen, "recipient": recipient, "layout": layout(request)}
    return render(request, "queue/cancel.html", context, status=422 if form.errors else 200)


@may(Deed.CHANGE_QUEUE)
@require_POST
def again(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Ask once more for a change that failed, or that waits for its next try."""
    try:
        operations.retry_operation(operation, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    return redirect("queue:list")


@may(Deed.CHANGE_QUEUE)
@require_POST
def leave(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Let go of a change that the mail server refused."""
    try:
        operations.let_go(operation, now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    return redirect("queue:list")


def _chosen(request: StaffRequest) -> list[queries.MessageRow]:
    """Return the ticked messages that still wait.

    :raises RuleBroken: if none was ticked, or all are gone
    :raises StalwartError: if the server does not answer
    """
    given = request.POST if request.method == "POST" else request.GET
    ids = list(dict.fromkeys(given.getlist("id")))[:_AT_ONCE]
    if not ids:
        raise RuleBroken("nothing_chosen")
    found = queries.messages(ids, now())
    if not found:
        raise RuleBroken("message_gone")
    return found


def _named(chosen: list[queries.MessageRow]) -> list[Message]:
    return [Message(row.id, row.sender, row.addresses) for row in chosen]


def _cancelled(number: int) -> str:
    return ngettext("%(n)s message is being cancelled.", "%(n)s messages are being cancelled.", number) % {"n": number}


def _silent(request: StaffRequest, error: StalwartError) -> HttpResponse:
    messages.warning(request, _("%(why)s Nothing was changed.") % {"why": server_silent(error.code, Topic.MESSAGE)})
    return go(request, reverse("queue:list"))
