"""Mail domains."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import MailDomain
from accounts.queries import domains as queries
from accounts.queries.sentences import explain
from accounts.services import domains as services
from accounts.services import operations
from accounts.web.access import StaffRequest, actor, go, is_part, may
from accounts.web.clock import now
from accounts.web.forms import DomainForm


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "domains/list.html", {"domains": queries.rows(now())})


@may(Deed.CHANGE_DOMAINS)
def new(request: StaffRequest) -> HttpResponse:
    """Add a mail domain; the mail server is asked at once."""
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            domain = services.create_domain(**form.cleaned_data, by=actor(request), now=now(), clock=now)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _said(domain))
            return go(request, reverse("domains:list"))
    layout = "dialog.html" if is_part(request, "dialog") else "base.html"
    return render(request, "domains/new.html", {"form": form, "layout": layout}, status=422 if form.errors else 200)


@may(Deed.CHANGE_DOMAINS)
@require_POST
def retry(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Ask the mail server for a domain again."""
    try:
        operations.retry_operation(operation, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    return redirect("domains:list")


def _said(domain: MailDomain) -> str:
    if domain.is_on_server:
        return _("%(name)s is there. You can open mailboxes in it.") % {"name": domain.name}
    return _("%(name)s is recorded, and made as soon as the mail server answers.") % {"name": domain.name}
