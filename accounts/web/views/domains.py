"""Mail domains: the list, the page of one, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import MailDomain
from accounts.queries import dns, mailserver
from accounts.queries import domains as queries
from accounts.queries.sentences import explain
from accounts.services import domains as services
from accounts.services import operations
from accounts.web.access import StaffRequest, actor, go, is_part, layout, may
from accounts.web.clock import now
from accounts.web.domain_forms import CatchAllForm, DescriptionForm, DomainForm, TypedForm
from accounts.web.forms import PanelForm
from accounts.web.kept import given_before


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "domains/list.html", {"domains": queries.rows(now())})


@may(Deed.READ)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one domain; while a new key is under way, the browser asks for the part with the keys again and again."""
    domain = domain_or_404(pk)
    error_code = services.look_again(domain, now()) if domain.is_on_server else ""
    page = queries.page(domain, now(), error_code=error_code)
    template = "domains/detail_part.html" if is_part(request, "rotations") else "domains/detail.html"
    context = {"domain": domain, "page": page, "row": page.row, "dns": dns.view(domain, now())}
    return render(request, template, context)


@may(Deed.CHANGE_DOMAINS)
def new(request: StaffRequest) -> HttpResponse:
    """Add a mail domain; the mail server is asked at once, if it answers."""
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            at_once = mailserver.is_there(now())
            domain = services.create_domain(
                **form.cleaned_data, by=actor(request), now=now(), clock=now, at_once=at_once
            )
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _said(domain))
            return go(request, reverse("domains:detail", args=[domain.pk]))
    context = {"form": form, "layout": layout(request)}
    return render(request, "domains/new.html", context, status=422 if form.errors else 200)


@may(Deed.CHANGE_DOMAINS)
def describe(request: StaffRequest, pk: int) -> HttpResponse:
    domain = domain_or_404(pk)
    form = DescriptionForm(request.POST or None, initial={"description": domain.description})

    def act() -> MailDomain:
        return services.describe_domain(pk, **form.cleaned_data, by=actor(request), now=now())

    return ask(request, domain, form, "domains/describe.html", act, gettext_lazy("The description is being changed."))


@may(Deed.CHANGE_DOMAINS)
def catch_all(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose who gets mail to addresses that nobody has."""
    domain = domain_or_404(pk)
    form = CatchAllForm(request.POST or None, initial={"address": domain.catch_all and domain.catch_all.address})

    def act() -> MailDomain:
        return services.choose_catch_all(pk, **form.cleaned_data, by=actor(request), now=now())

    said = gettext_lazy("The mail server is being told who gets the rest.")
    return ask(request, domain, form, "domains/catch_all.html", act, said, catchers=queries.catchers(domain))


@may(Deed.CHANGE_DOMAINS)
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a domain up. While somebody needs it, the question names them instead."""
    domain = domain_or_404(pk)
    form = TypedForm(request.POST or None, names={domain.name, domain.shown})

    def act() -> MailDomain:
        reason = form.cleaned_data["reason"]
        at_once = mailserver.is_there(now())
        return services.delete_domain(pk, reason=reason, by=actor(request), now=now(), clock=now, at_once=at_once)

    said = gettext_lazy("%(name)s is deleted, or will be as soon as the mail server answers.")
    users = queries.users(domain)
    return ask(request, domain, form, "domains/delete.html", act, said, to="domains:list", users=users)


@may(Deed.CHANGE_DOMAINS)
@require_POST
def retry(request: StaffRequest, operation: UUID) -> HttpResponse:
    """Ask the mail server for a change of a domain or a key again."""
    try:
        again = operations.retry_operation(operation, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
        return redirect("domains:list")
    domain = again.domain or (again.rotation.domain if again.rotation else None)
    return redirect("domains:detail", domain.pk) if domain else redirect("domains:list")


def ask(
    request: StaffRequest,
    domain: MailDomain,
    form: PanelForm,
    template: str,
    act: Callable[[], object],
    said: Promise,
    *,
    to: str = "domains:detail",
    **context: Any,
) -> HttpResponse:
    """Ask for what a change needs, do it, and lead back; what a rule refuses comes back to its field."""
    form.refill(given_before(request))
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, str(said) % {"name": domain.shown})
            return go(request, reverse(to, args=[domain.pk] if to == "domains:detail" else []))
    context = {"form": form, "domain": domain, "layout": layout(request), **context}
    return render(request, template, context, status=422 if form.errors else 200)


def domain_or_404(pk: int) -> MailDomain:
    domain = queries.find(pk)
    if domain is None:
        raise Http404
    return domain


def _said(domain: MailDomain) -> str:
    if domain.is_on_server:
        return _("%(name)s is there. You can open mailboxes in it.") % {"name": domain.shown}
    return _("%(name)s is recorded, and made as soon as the mail server answers.") % {"name": domain.shown}
