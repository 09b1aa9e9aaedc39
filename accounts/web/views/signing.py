"""Signing in by a password of this panel, out, the own password, and how the panel looks to this person."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.sessions import HALFWAY
from accounts.domain.signing import Refusal, SignInRefused
from accounts.models import Staff
from accounts.queries import refusals
from accounts.services import factors, sessions, signing
from accounts.services import staff as services
from accounts.web.access import StaffRequest, actor, anyone, safe_path, staff_only
from accounts.web.clock import now
from accounts.web.context import THEMES
from accounts.web.limits import limited
from accounts.web.oidc.ending import provider_sign_out
from accounts.web.signing_forms import CodeForm, OwnPasswordForm, SignInForm
from accounts.web.views.refusals import refusal_page

_YEAR = 365 * 24 * 3600
_PASSWORDS = "django.contrib.auth.backends.ModelBackend"
_HALFWAY = "halfway"
"""Whose password was right, until the code is, too: nobody is signed in yet."""


@anyone
@limited("sign-in", times=300)
@sensitive_post_parameters("password", "code")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let staff in. What is wrong is never said: neither whether the name exists, nor that it is shut."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            staff = _by_password(request, form.name(), form.cleaned_data["password"])
            return _go_on(request, staff, form.cleaned_data["code"])
        except SignInRefused as no:
            _refuse(request, no, form.name())
            form.add_error(None, refusals.text(no.why))
    return _door(request, form, status=422 if form.errors else 200)


@anyone
@limited("code", times=60)
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code after the password."""
    staff = _halfway(request)
    if staff is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _go_on(request, staff, form.cleaned_data["code"])
        except SignInRefused as no:
            _refuse(request, no, staff.username)
            form.add_error("code", refusals.text(no.why))
    return render(
        request, "signing/code.html", {"form": form, "next": _next(request)}, status=422 if form.errors else 200
    )


def shut_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Say so after too many wrong passwords for one name from one address (django-axes)."""
    if request.user.is_authenticated:
        signing.refused(Refusal.TOO_MANY_TRIES, by=actor(request), now=now(), subject=request.user.get_username())
        return refusal_page(request, Refusal.TOO_MANY_TRIES, _next(request))
    form = SignInForm(request.POST or None)
    form.is_valid()
    form.add_error(None, _said_wait())
    signing.refused(Refusal.TOO_MANY_TRIES, by=actor(request, form.name()), now=now(), subject=form.name())
    return _door(request, form, status=429)


@staff_only
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """Sign out here, and at the company's provider where it let this person in."""
    id_token = request.session.get("id_token", "")
    logout(request)
    to = provider_sign_out(id_token) if id_token else ""
    return redirect(to or settings.LOGOUT_REDIRECT_URL)


@staff_only
@limited("own-password", times=30)
@sensitive_post_parameters()
def own_password(request: StaffRequest) -> HttpResponse:
    """Choose an own password; whoever was given a one-time password comes here first."""
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not request.user.check_password(form.cleaned_data["current"]):
            form.add_error("current", _("This is not the password you have now."))
        elif _is_changed(request, form):
            before = request.session.session_key or ""
            update_session_auth_hash(request, request.user)
            sessions.renamed(before, request.session.session_key or "")
            messages.success(request, _("Your password for this panel is changed."))
            return redirect("dashboard")
    return render(request, "signing/own_password.html", {"form": form}, status=422 if form.errors else 200)


@anyone
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light or dark in a cookie, for pages without script; with script the page sets the cookie itself."""
    response = redirect(_next(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=_YEAR, samesite="Lax", secure=settings.SECURE)
    return response


def _by_password(request: HttpRequest, name: str, password: str) -> Staff:
    """Return whose name and password this is.

    :raises SignInRefused: with the same words for whatever is wrong
    """
    staff = authenticate(request, username=name, password=password)
    if not isinstance(staff, Staff) or not signing.may_use_password(staff):
        raise SignInRefused(Refusal.WRONG_PASSWORD)
    return staff


def _go_on(request: HttpRequest, staff: Staff, given: str) -> HttpResponse:
    """Let in whose password was right, after the code where there is a second factor.

    :raises SignInRefused: if the code is wrong
    """
    to = _next(request)
    if factors.has_factor(staff):
        if not given:
            request.session[_HALFWAY] = {"staff": staff.pk, "at": now().isoformat()}
            request.session.cycle_key()
            return redirect(f"{reverse('sign-in-code')}?{urlencode({'next': to})}")
        factors.prove(staff, code=given, by=actor(request, staff.username), now=now())
    request.session.pop(_HALFWAY, None)
    login(request, staff, backend=_PASSWORDS)
    request.session["must_enrol"] = factors.must_enrol(staff)
    signing.enter_by_password(staff, by=actor(request), now=now())
    return redirect(to)


def _halfway(request: HttpRequest) -> Staff | None:
    """Return who gave the right password a moment ago, if they may still come in by it."""
    entry = request.session.get(_HALFWAY)
    if entry is None or now() - datetime.fromisoformat(entry["at"]) > HALFWAY:
        return None
    staff = Staff.objects.filter(pk=entry["staff"]).first()
    return staff if staff is not None and signing.may_use_password(staff) else None


def _refuse(request: HttpRequest, no: SignInRefused, name: str) -> None:
    signing.refused(no.why, by=actor(request, name), now=now(), subject=name)


def _door(request: HttpRequest, form: SignInForm, status: int) -> HttpResponse:
    context = {"form": form, "next": _next(request), "oidc": settings.OIDC_ENABLED}
    return render(request, "signing/sign_in.html", context, status=status)


def _said_wait() -> str:
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    said = _("Too many wrong tries for this name. Wait %(minutes)s minutes, then try again.")
    return said % {"minutes": minutes}


def _is_changed(request: StaffRequest, form: OwnPasswordForm) -> bool:
    try:
        services.change_own_password(request.user, password=form.cleaned_data["password"], by=actor(request), now=now())
    except RuleBroken as rule:
        form.refuse(rule)
        return False
    return True


def _next(request: HttpRequest) -> str:
    """Return where to go on to; never to another site."""
    return safe_path(request, request.POST.get("next") or request.GET.get("next"))
