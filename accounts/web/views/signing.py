"""Signing in and out, the own password, and how the panel looks to this person."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.models import Staff
from accounts.services import staff as services
from accounts.web.access import StaffRequest, actor, anyone, staff_only
from accounts.web.clock import now
from accounts.web.context import THEMES
from accounts.web.forms import OwnPasswordForm, SignInForm

_YEAR = 365 * 24 * 3600


@anyone
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let staff in. What is wrong is never said: neither whether the name exists, nor that it is shut."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"].strip().lower()
        user = authenticate(request, username=name, password=form.cleaned_data["password"])
        if isinstance(user, Staff):
            login(request, user)
            services.signed_in(user, by=actor(request), now=now())
            return redirect(_next(request))
        services.sign_in_refused(name, by=actor(request, name), now=now())
        form.add_error(None, _("This name and password do not belong together. Check both, then try again."))
    context = {"form": form, "next": _next(request)}
    return render(request, "signing/sign_in.html", context, status=422 if form.errors else 200)


@staff_only
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@staff_only
@sensitive_post_parameters()
def own_password(request: StaffRequest) -> HttpResponse:
    """Choose an own password; whoever was given a one-time password comes here first."""
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not request.user.check_password(form.cleaned_data["current"]):
            form.add_error("current", _("This is not the password you have now."))
        elif _is_changed(request, form):
            update_session_auth_hash(request, request.user)
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


def _is_changed(request: StaffRequest, form: OwnPasswordForm) -> bool:
    try:
        services.change_own_password(request.user, password=form.cleaned_data["password"], by=actor(request), now=now())
    except RuleBroken as rule:
        form.refuse(rule)
        return False
    return True


def _next(request: HttpRequest) -> str:
    """Return where to go on to; never to another site."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if safe else resolve_url(settings.LOGIN_REDIRECT_URL)
