"""Groups, mailing lists and blocked addresses. The mail server alone keeps them, so pages ask it."""

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
from accounts.models import Topic
from accounts.queries import accounts as account_queries
from accounts.queries import shared as queries
from accounts.queries.sentences import explain
from accounts.services import blocked, operations
from accounts.services import shared as services
from accounts.services.shared import Sharing
from accounts.web.access import StaffRequest, actor, go, layout, may
from accounts.web.clock import now
from accounts.web.forms import PanelForm, ReasonForm
from accounts.web.sharing import BlockForm, SharedForm


@may(Deed.READ_WHOLE)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "sharing/list.html", {"page": queries.page(now())})


@may(Deed.CHANGE_DOMAINS)
def new(request: StaffRequest, kind: Sharing) -> HttpResponse:
    """Make a group or a list."""
    form = SharedForm(request.POST or None, domains=account_queries.domains())
    if request.method == "POST" and form.is_valid() and _saved(request, form, kind, form.cleaned_data["address"]):
        return go(request, reverse("addresses:list"))
    return _form(request, "sharing/new.html", form, {"kind": kind})


@may(Deed.READ_WHOLE)
def detail(request: StaffRequest, kind: Sharing, address: str) -> HttpResponse:
    """Show who is in it, and to whoever may change that a form."""
    row = _row_or_404(request, kind, address)
    return _detail(request, kind, row, SharedForm(domains=[], row=row)) if row else redirect("addresses:list")


@may(Deed.CHANGE_DOMAINS)
def change(request: StaffRequest, kind: Sharing, address: str) -> HttpResponse:
    """Give it another name and other members."""
    row = _row_or_404(request, kind, address)
    if row is None:
        return redirect("addresses:list")
    form = SharedForm(request.POST or None, domains=[], row=row)
    if request.method == "POST" and form.is_valid() and _saved(request, form, kind, row.address):
        return go(request, reverse("addresses:list"))
    return _detail(request, kind, row, form)


@may(Deed.CHANGE_DOMAINS)
def delete(request: StaffRequest, kind: Sharing, address: str) -> HttpResponse:
    """Ask why, then delete it."""
    row = _row_or_404(request, kind, address)
    if row is None:
        return redirect("addresses:list")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.delete(kind, row.address, reason=form.cleaned_data["reason"], by=actor(request), now=now())
        messages.success(request, _("%(address)s is being deleted.") % {"address": row.address})
        return go(request, reverse("addresses:list"))
    return _form(request, "sharing/delete.html", form, {"kind": kind, "row": row})


@may(Deed.READ_WHOLE)
def blocked_addresses(request: StaffRequest) -> HttpResponse:
    return render(request, "sharing/blocked.html", {"page": queries.blocked_page(now())})


@may(Deed.CHANGE_DOMAINS)
def block(request: StaffRequest) -> HttpResponse:
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            blocked.block(**form.arguments(), by=actor(request), now=now())
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("%(address)s is being blocked.") % {"address": form.cleaned_data["address"]})
            return go(request, reverse("addresses:blocked"))
    return _form(request, "sharing/block.html", form, {})


@may(Deed.CHANGE_DOMAINS)
@require_POST
def release(request: StaffRequest) -> HttpResponse:
    """Let one address in again."""
    try:
        blocked.release(request.POST.get("address", ""), by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    else:
        messages.success(request, _("%(address)s is being let in again.") % {"address": request.POST["address"]})
    return redirect("addresses:blocked")


@may(Deed.CHANGE_DOMAINS)
@require_POST
def retry(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Ask the mail server for the same again."""
    try:
        asked = operations.retry_operation(operation, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
        return redirect("addresses:list")
    is_blocked = asked.wish is not None and asked.wish.topic == Topic.BLOCKED
    return redirect("addresses:blocked" if is_blocked else "addresses:list")


@may(Deed.CHANGE_DOMAINS)
@require_POST
def leave(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Let go of a change that the mail server refused."""
    try:
        operations.let_go(operation, now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    return redirect("addresses:list")


def _row_or_404(request: StaffRequest, kind: Sharing, address: str) -> queries.SharedRow | None:
    """Return the group or list; None, with a message, if the mail server cannot be asked."""
    row, trouble = queries.one(Topic(kind), address.strip().lower(), now())
    if trouble:
        messages.warning(request, trouble)
    elif row is None:
        raise Http404
    return row


def _detail(request: StaffRequest, kind: Sharing, row: queries.SharedRow, form: SharedForm) -> HttpResponse:
    return _form(request, "sharing/detail.html", form, {"kind": kind, "row": row, "members": queries.members(row)})


def _saved(request: StaffRequest, form: SharedForm, kind: Sharing, address: str) -> bool:
    try:
        services.save(kind, address, **form.arguments(), by=actor(request), now=now())
    except RuleBroken as rule:
        form.refuse(rule)
        return False
    messages.success(request, _("%(address)s is being set up.") % {"address": address})
    return True


def _form(request: StaffRequest, template: str, form: PanelForm, context: dict[str, object]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {**context, "form": form, "layout": layout(request)}, status=status)
