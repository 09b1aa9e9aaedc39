"""Signing keys of a domain: begin a new one, look for its record, insist, take it back, replace one in other hands."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import KeyRotation, MailDomain
from accounts.queries import domains as queries
from accounts.queries.sentences import explain
from accounts.services import domains as domain_services
from accounts.services import rotations as services
from accounts.services.rotations import Begin
from accounts.web.access import StaffRequest, actor, may
from accounts.web.clock import now
from accounts.web.domain_forms import CompromisedForm, NewKeyForm, PolicyForm
from accounts.web.forms import NoForm, ReasonForm
from accounts.web.step_up import confirmed
from accounts.web.views.domains import ask, domain_or_404


@may(Deed.CHANGE_DOMAINS)
@confirmed
def new(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin a first key of a kind, or the next one: the address says which."""
    domain, is_first = domain_or_404(pk), "first" in request.GET
    page = queries.page(domain, now())
    kinds = page.missing_kinds if is_first else page.replaceable
    form = NewKeyForm(request.POST or None, kinds=kinds, is_first=is_first)

    def act() -> KeyRotation:
        begin = Begin.FIRST if is_first else Begin.NEXT
        return services.start_rotation(pk, **form.cleaned_data, begin=begin, by=actor(request), now=now())

    said = gettext_lazy("A new key for %(name)s is being made. Nothing changes until its record was seen.")
    return ask(
        request, domain, form, "domains/keys/new.html", act, said,
        is_first=is_first, kinds=kinds, lacking=page.lacking,
    )  # fmt: skip


@may(Deed.CHANGE_DOMAINS)
@confirmed
def policy(request: StaffRequest, pk: int) -> HttpResponse:
    """Say how the mail server changes keys by itself."""
    domain = domain_or_404(pk)
    is_now = domain.keys.get("policy") or {}
    usual = {"algorithms": [], "rotate_days": 90, "retire_days": 7, "delete_days": 30}
    form = PolicyForm(request.POST or None, initial={**usual, **is_now})

    def act() -> MailDomain:
        return domain_services.choose_key_policy(pk, **form.cleaned_data, by=actor(request), now=now())

    said = gettext_lazy("The mail server is being told how to change keys.")
    return ask(request, domain, form, "domains/keys/policy.html", act, said, is_now=is_now)


@may(Deed.CHANGE_DOMAINS)
@confirmed
def compromised(request: StaffRequest, pk: int) -> HttpResponse:
    """Replace a key that is in other hands, at once."""
    domain = domain_or_404(pk)
    rows = queries.page(domain, now()).key_rows
    selectors = [(row.selector, f"{row.selector}, {row.kind}") for row in rows]
    form = CompromisedForm(request.POST or None, selectors=selectors, names={domain.name, domain.shown})

    def act() -> KeyRotation:
        given = {name: form.cleaned_data[name] for name in ("selector", "reason")}
        return services.replace_compromised(pk, **given, by=actor(request), now=now())

    said = gettext_lazy("The key is being replaced. Publish the record of the new one, and delete that of the old one.")
    return ask(request, domain, form, "domains/keys/compromised.html", act, said, selectors=selectors)


@may(Deed.CHANGE_DOMAINS)
@require_POST
def check(request: StaffRequest, pk: int, rotation: int) -> HttpResponse:
    """Look for the record now; the page shows the answer within seconds."""
    _rotation_or_404(pk, rotation)
    try:
        services.check(rotation, now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    else:
        messages.info(request, _("The name servers are being asked."))
    return redirect("domains:detail", pk)


@may(Deed.CHANGE_DOMAINS)
@confirmed
def switch(request: StaffRequest, pk: int, rotation: int) -> HttpResponse:
    """Insist on a key whose record was not seen."""
    domain, found = domain_or_404(pk), _rotation_or_404(pk, rotation)
    form = ReasonForm(request.POST or None)

    def act() -> KeyRotation:
        return services.insist(rotation, **form.cleaned_data, by=actor(request), now=now())

    said = gettext_lazy("The new key of %(name)s is being switched on.")
    return ask(request, domain, form, "domains/keys/switch.html", act, said, rotation=found)


@may(Deed.CHANGE_DOMAINS)
def abandon(request: StaffRequest, pk: int, rotation: int) -> HttpResponse:
    """Take a new key back."""
    domain, found = domain_or_404(pk), _rotation_or_404(pk, rotation)
    form = NoForm(request.POST if request.method == "POST" else None)

    def act() -> KeyRotation:
        return services.abandon(rotation, by=actor(request), now=now())

    said = gettext_lazy("The new key is being deleted; the old one goes on.")
    return ask(request, domain, form, "domains/keys/abandon.html", act, said, rotation=found)


def _rotation_or_404(pk: int, rotation: int) -> KeyRotation:
    found = KeyRotation.objects.filter(pk=rotation, domain=pk).first()
    if found is None:
        raise Http404
    return found
