"""A page for whoever was not let in: what happened, and what to do."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.domain.signing import Refusal
from accounts.queries import refusals

_STATUS = {Refusal.PROVIDER_AWAY: 503, Refusal.PROVIDER_WRONG: 503, Refusal.TOO_MANY_TRIES: 429}


def refusal_page(request: HttpRequest, why: Refusal, to: str) -> HttpResponse:
    """Show it in place of the page that was asked for; `to` is where a new try leads on to."""
    context = {
        "heading": refusals.heading(why),
        "text": refusals.text(why),
        "is_away": why in {Refusal.PROVIDER_AWAY, Refusal.PROVIDER_WRONG},
        "is_shut": why in {Refusal.NO_ROLE, Refusal.LEFT},
        "next": to,
        "oidc": settings.OIDC_ENABLED,
        "request_id": request.META.get("REQUEST_ID", ""),
    }
    return render(request, "signing/refused.html", context, status=_STATUS.get(why, 403))
