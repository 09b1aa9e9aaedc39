"""Showing who one is: the second factor with its recovery codes, the question before what cannot be undone, and
what was kept while somebody answered it."""

from __future__ import annotations

from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts.domain import recovery
from accounts.domain.errors import RuleBroken
from accounts.domain.signing import Refusal, SignInRefused
from accounts.queries import refusals
from accounts.services import factors, signing
from accounts.web import kept
from accounts.web.access import StaffRequest, actor, safe_path, staff_only
from accounts.web.clock import now
from accounts.web.limits import limited
from accounts.web.sessions import renew_key, set_moment
from accounts.web.signing_forms import CodeForm, ConfirmPasswordForm
from accounts.web.step_up import ask_to_confirm


@staff_only
@sensitive_post_parameters("code")
def second_factor(request: StaffRequest) -> HttpResponse:
    """Set up the app on the phone, or make new recovery codes."""
    if factors.has_factor(request.user):
        return _factor_there(request)
    if question := ask_to_confirm(request):
        return question
    device = factors.begin_factor(request.user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = factors.confirm_factor(request.user, code=form.cleaned_data["code"], by=actor(request), now=now())
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            renew_key(request)
            request.session["must_enrol"] = False
            return render(request, "signing/recovery_codes.html", {"codes": codes, "is_new": True})
    context = {"form": form, "picture": _picture(device.config_url), "secret": device.secret}
    return render(request, "signing/second_factor.html", context, status=422 if form.errors else 200)


@staff_only
@limited("step-up", times=30)
@sensitive_post_parameters("password", "code")
def step_up(request: StaffRequest) -> HttpResponse:
    """Ask who it is: a code, the password where there is none, or a new sign-in at the company's provider."""
    to = safe_path(request, request.POST.get("next") or request.GET.get("next"))
    asks_code = factors.has_factor(request.user)
    form = (CodeForm if asks_code else ConfirmPasswordForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _prove(request, form, asks_code=asks_code)
        except SignInRefused as no:
            signing.refused(no.why, by=actor(request), now=now(), subject=request.user.username)
            form.add_error("code" if asks_code else "password", _said(no.why))
        else:
            renew_key(request)
            set_moment(request, "confirmed_at", now())
            return redirect(to)
    by_provider = "checked_at" in request.session
    context = {
        "form": form if asks_code or not by_provider else None,
        "asks_code": asks_code,
        "by_provider": by_provider,
        "next": to,
        "ask_provider": f"{reverse('oidc:begin')}?{urlencode({'ask': 'confirm', 'next': to})}",
        "is_kept": kept.PARAMETER in to,
    }
    return render(request, "signing/step_up.html", context, status=422 if form.errors else 200)


@staff_only
@require_safe
def resume(request: StaffRequest) -> HttpResponse:
    """Show that what was sent is still there, and send it again when the person says so."""
    before = kept.given_before(request)
    if before is None:
        messages.warning(request, _("What you had sent is no longer kept. Nothing was changed."))
        return redirect("dashboard")
    fields = [(name, value) for name, values in before.fields.lists() for value in values]
    return render(request, "signing/resume.html", {"path": before.path, "fields": fields})


def _factor_there(request: StaffRequest) -> HttpResponse:
    """Show how many recovery codes are left; new ones want the person themselves."""
    if request.method != "POST":
        left = factors.codes_left(request.user)
        context = {"left": left, "is_few": left < recovery.FEW}
        return render(request, "signing/second_factor_there.html", context)
    if question := ask_to_confirm(request):
        return question
    codes = factors.renew_codes(request.user, by=actor(request), now=now())
    return render(request, "signing/recovery_codes.html", {"codes": codes, "is_new": False})


def _prove(request: StaffRequest, form: CodeForm | ConfirmPasswordForm, *, asks_code: bool) -> None:
    """:raises SignInRefused: if the code or the password is not this person's"""
    if asks_code:
        factors.prove(request.user, code=form.cleaned_data["code"], by=actor(request), now=now())
        return
    given = form.cleaned_data["password"]
    # By the sign-in's own way, so that wrong ones are counted like there.
    if authenticate(request, username=request.user.username, password=given) != request.user:
        raise SignInRefused(Refusal.WRONG_PASSWORD)


def _said(why: Refusal) -> str:
    return _("This is not your password.") if why is Refusal.WRONG_PASSWORD else refusals.text(why)


def _picture(address: str) -> SafeString:
    """Draw what the app scans; as part of the page, without a style of its own."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
    return mark_safe(drawn)  # noqa: S308 - drawn from black and white squares
