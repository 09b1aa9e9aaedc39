"""To the company's provider and back: signing in, asking again in silence, and confirming who it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from accounts import provider
from accounts.domain.people import STRANGER
from accounts.domain.sessions import is_confirmed
from accounts.domain.signing import Refusal, SignInRefused
from accounts.models import Staff
from accounts.services import sessions as session_services
from accounts.services import signing
from accounts.web.access import actor, anyone, safe_path
from accounts.web.clock import now
from accounts.web.limits import limited
from accounts.web.oidc.backend import PATH, ProviderBackend, callback_address, refusal
from accounts.web.sessions import renew_key, set_moment
from accounts.web.views.refusals import refusal_page

GET = frozenset({"GET"})
_MUST_SIGN_IN = frozenset({"login_required", "consent_required", "interaction_required", "account_selection_required"})
_FRESH = 60.0
"""Seconds for which a provider is taken to be there before somebody is sent to it."""


class Purpose(StrEnum):
    ENTER = "enter"
    CHECK = "check"
    """Quietly: does the provider still know this person, and in which role."""
    CONFIRM = "confirm"
    """Loudly: the person signs in again, there and now."""


_PROMPT = {Purpose.CHECK: "none", Purpose.CONFIRM: "login"}


class _Begin(OIDCAuthenticationRequestView):  # type: ignore[misc] # mozilla_django_oidc has no types
    def __init__(self, purpose: Purpose) -> None:
        # Not the library's, which wants its endpoints from the settings.
        self.OIDC_OP_AUTH_ENDPOINT = provider.endpoints(newer_than=_FRESH).authorize
        self.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_ID
        self.purpose = purpose

    def get_extra_params(self, _request: HttpRequest) -> dict[str, str]:
        prompt = {"prompt": _PROMPT[self.purpose]} if self.purpose in _PROMPT else {}
        return {"redirect_uri": callback_address(), **prompt}


@anyone
@limited("oidc", times=300, methods=GET)
def begin(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider, and remember in the session what for."""
    if not settings.OIDC_ENABLED:
        raise Http404
    to = safe_path(request, request.GET.get("next"))
    purpose = _purpose(request)
    if purpose is Purpose.ENTER and request.user.is_authenticated:
        return redirect(to)
    try:
        answer: HttpResponse = _Begin(purpose).get(request)
    except provider.ProviderError as error:
        return _refuse(request, refusal(error), to)
    [state] = parse_qs(urlsplit(answer["Location"]).query)["state"]
    request.session["oidc_states"][state] |= {"purpose": purpose, "next": to}
    request.session.modified = True
    return answer


@anyone
@limited("oidc", times=300, methods=GET)
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer. Only an answer that this browser waits for changes anything, and only if all fits."""
    if not settings.OIDC_ENABLED:
        raise Http404
    to = safe_path(request, None)
    try:
        waiting = _waiting(request)
        to = safe_path(request, waiting["next"])
        return _take(request, waiting, Purpose(waiting["purpose"]), to)
    except SignInRefused as no:
        return _refuse(request, no, to)


def _purpose(request: HttpRequest) -> Purpose:
    asked = request.GET.get("ask", "")
    # Only somebody who is signed in can be asked again.
    is_known = request.user.is_authenticated and asked in {Purpose.CHECK, Purpose.CONFIRM}
    return Purpose(asked) if is_known else Purpose.ENTER


def _waiting(request: HttpRequest) -> dict[str, Any]:
    """Return the sign-in that this answers, and let it be answered once only.

    :raises SignInRefused: if this browser waits for none such
    """
    states = request.session.get("oidc_states") or {}
    waiting: dict[str, Any] | None = states.pop(request.GET.get("state", ""), None)
    if waiting is None or not {"purpose", "next", "nonce", "code_verifier"} <= waiting.keys():
        raise SignInRefused(Refusal.NOT_BEGUN_HERE)
    # Before the provider is asked: a second use of the same answer must not find it, however quick it is.
    request.session.modified = True
    request.session.save()
    return waiting


def _take(request: HttpRequest, waiting: dict[str, Any], purpose: Purpose, to: str) -> HttpResponse:
    if (error := request.GET.get("error")) is not None or not request.GET.get("code"):
        return _said_no(request, error or "", purpose, to)
    known = request.user if purpose is not Purpose.ENTER and isinstance(request.user, Staff) else None
    backend = ProviderBackend()
    staff = backend.authenticate(
        request, nonce=waiting["nonce"], code_verifier=waiting["code_verifier"], expected=known
    )
    if staff is None:
        raise SignInRefused(Refusal.PROVIDER_SAID_NO)
    if known is None:
        _let_in(request, staff, backend)
    else:
        _keep_in(request, backend, purpose)
    return redirect(to)


def _said_no(request: HttpRequest, error: str, purpose: Purpose, to: str) -> HttpResponse:
    """The provider let nobody in. Asked in silence, that means that its own session is over, and so is ours."""
    if purpose is Purpose.CHECK and error in _MUST_SIGN_IN:
        logout(request)
        messages.warning(request, _("The company sign-in has ended. Sign in again to go on."))
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': to})}")
    named = "".join(character for character in error if character.isalnum() or character == "_")[:60]
    raise SignInRefused(Refusal.PROVIDER_SAID_NO, named)


def _let_in(request: HttpRequest, staff: Staff, backend: ProviderBackend) -> None:
    # Whoever was signed in here before goes first, with what their session held.
    logout(request)
    login(request, staff, backend=PATH)
    set_moment(request, "confirmed_at", backend.claims.signed_in_at)
    _vouch(request, backend)


def _keep_in(request: HttpRequest, backend: ProviderBackend, purpose: Purpose) -> None:
    if purpose is Purpose.CONFIRM:
        # Providers may ignore the wish for a new sign-in, so its time is looked at here.
        if not is_confirmed(backend.claims.signed_in_at, now()):
            raise SignInRefused(Refusal.NOT_CONFIRMED)
        renew_key(request)
        set_moment(request, "confirmed_at", backend.claims.signed_in_at)
    _vouch(request, backend)


def _vouch(request: HttpRequest, backend: ProviderBackend) -> None:
    set_moment(request, "checked_at", now())
    request.session["id_token"] = backend.id_token
    session_services.vouched(request.session.session_key or "", provider_session=backend.claims.session)


def _refuse(request: HttpRequest, no: SignInRefused, to: str) -> HttpResponse:
    """Say no on a page and in the log. Whoever is signed in stays so, unless the service has just ended that."""
    user = request.user
    name = user.get_username() if user.is_authenticated else STRANGER
    if user.is_authenticated and not request.session.exists(request.session.session_key or ""):
        logout(request)
    signing.refused(no.why, by=actor(request, name), now=now(), detail=no.detail)
    return refusal_page(request, no.why, to)
