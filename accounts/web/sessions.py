"""How long a browser stays signed in, and the quiet question to the provider whether it still may.

What a session holds of ours: `signed_in_at`, `seen_at`, `confirmed_at` (when the person last proved who they are),
and, where the company's provider answers for it, `checked_at` and `id_token`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.domain import sessions as rules
from accounts.domain.sessions import Standing
from accounts.models import Staff
from accounts.services import sessions as services
from accounts.web import kept
from accounts.web.access import address_of, go, safe_path
from accounts.web.clock import now

Handler = Callable[[HttpRequest], HttpResponse]

QUIET = "X-Quiet"
"""A page that looks by itself whether something changed says so: that is nobody at work."""
_WRITE_AFTER = timedelta(minutes=1)


@receiver(user_logged_in)
def remember(request: HttpRequest, user: Staff, **_: object) -> None:
    """Begin the times of a session, and list it."""
    for name in ("signed_in_at", "seen_at", "confirmed_at"):
        set_moment(request, name, now())
    agent = request.META.get("HTTP_USER_AGENT", "")
    key = request.session.session_key or ""
    services.opened(user, key=key, user_agent=agent, address=address_of(request), now=now())


@receiver(user_logged_out)
def forget(request: HttpRequest, **_: object) -> None:
    services.closed(request.session.session_key or "")


def keep_to_its_time(get_response: Handler) -> Handler:
    """End sessions that are over, and ask the provider again about those it answers for."""

    def handle(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated or request.path in _untimed():
            return get_response(request)
        standing = _standing(request)
        if standing.is_over:
            _end(request, standing)
            return get_response(request)
        if not request.headers.get(QUIET):
            _seen(request)
        if standing is Standing.STALE:
            return _ask_again(request)
        return get_response(request)

    return handle


@cache
def _untimed() -> frozenset[str]:
    return frozenset(map(reverse, ("sign-in", "sign-out", "theme", "oidc:begin", "oidc:callback")))


def moment(request: HttpRequest, name: str) -> datetime | None:
    text = request.session.get(name)
    return datetime.fromisoformat(text) if text else None


def set_moment(request: HttpRequest, name: str, at: datetime | None) -> None:
    request.session[name] = at.isoformat() if at else None


def renew_key(request: HttpRequest) -> None:
    """Give a session another key whenever it comes to count for more."""
    before = request.session.session_key or ""
    request.session.cycle_key()
    services.renamed(before, request.session.session_key or "")


def _standing(request: HttpRequest) -> Standing:
    signed_in_at, seen_at = moment(request, "signed_in_at"), moment(request, "seen_at")
    if signed_in_at is None or seen_at is None:
        return Standing.OVER
    checked_at = moment(request, "checked_at")
    return rules.standing(signed_in_at=signed_in_at, seen_at=seen_at, checked_at=checked_at, now=now())


def _end(request: HttpRequest, standing: Standing) -> None:
    logout(request)
    said = {
        Standing.IDLE: _("You were signed out, as nothing was done here for half an hour."),
        Standing.OVER: _("You were signed out: a sign-in lasts eight hours."),
    }
    messages.warning(request, said[standing])


def _seen(request: HttpRequest) -> None:
    """Note that somebody is at work; once a minute is enough."""
    at = moment(request, "seen_at")
    if at is None or now() - at >= _WRITE_AFTER:
        set_moment(request, "seen_at", now())
        services.seen(request.session.session_key or "", now=now())


def _ask_again(request: HttpRequest) -> HttpResponse:
    """Lead through the provider and back, without a word where it still knows the person.

    Never inside a part of a page, which could not follow to another site; and what was sent is kept meanwhile.
    """
    if request.headers.get(QUIET):
        return HttpResponse(status=204)
    is_look = request.method in {"GET", "HEAD"}
    back = _page_of(request) if is_look else kept.keep(request, reverse("resume"))
    return go(request, f"{reverse('oidc:begin')}?{urlencode({'ask': 'check', 'next': back})}")


def _page_of(request: HttpRequest) -> str:
    """Return the page to come back to: of a part of one, the page around it."""
    around = request.headers.get("HX-Current-URL")
    if not around:
        return request.get_full_path()
    parts = urlsplit(around)
    return safe_path(request, f"{parts.path}?{parts.query}" if parts.query else parts.path)
