"""API tokens: one's own, which everybody may have within their role, and those of others, to be revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import Staff
from accounts.queries import tokens as queries
from accounts.services import tokens as services
from accounts.web.access import StaffRequest, actor, go, layout, may, staff_only
from accounts.web.clock import now
from accounts.web.forms import NoForm
from accounts.web.kept import given_before
from accounts.web.step_up import confirmed
from accounts.web.token_forms import NewTokenForm
from accounts.web.views.staff import person_or_404


@staff_only
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "tokens/list.html", {"tokens": queries.of_person(request.user, now())})


@staff_only
@confirmed
def new(request: StaffRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    form = NewTokenForm(request.POST or None, person=request.user)
    form.refill(given_before(request))
    if request.method == "POST" and form.is_valid():
        try:
            token, shown = services.create_token(
                request.user.username, **form.arguments(), by=actor(request), now=now()
            )
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            return render(request, "tokens/made.html", {"token": token, "shown": shown})
    return render(request, "tokens/new.html", {"form": form}, status=422 if form.errors else 200)


@staff_only
@confirmed
def revoke(request: StaffRequest, token: int) -> HttpResponse:
    return _revoke(request, request.user, token, reverse("tokens:list"))


@may(Deed.CHANGE_STAFF)
@confirmed
def revoke_of(request: StaffRequest, pk: int, token: int) -> HttpResponse:
    """Revoke a token that somebody else owns."""
    return _revoke(request, person_or_404(pk), token, reverse("staff:detail", args=[pk]))


def _revoke(request: StaffRequest, owner: Staff, pk: int, back: str) -> HttpResponse:
    token = queries.find(pk, owner)
    if token is None:
        raise Http404
    form = NoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.revoke_token(token.prefix, by=actor(request), now=now(), owner=owner)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("“%(label)s” opens nothing any more.") % {"label": token.label})
            return go(request, back)
    context = {"form": form, "token": token, "back": back, "layout": layout(request)}
    return render(request, "tokens/revoke.html", context, status=422 if form.errors else 200)
