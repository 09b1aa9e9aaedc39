"""What every page shows around its own content."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.domain.people import Deed
from accounts.models import Staff
from accounts.queries import compared, pulses, reach, words
from accounts.web import clock

THEMES = ("light", "dark")


def panel(request: HttpRequest) -> dict[str, Any]:
    """Company, theme, what this person may do, and (only where it is looked at) how the machinery does."""
    now = clock.now()
    user = getattr(request, "user", None)
    is_staff = user is not None and user.is_authenticated
    theme = request.COOKIES.get("theme", "")
    return {
        "company": settings.COMPANY_NAME,
        "here": _here(request),
        "theme": theme if theme in THEMES else "",
        "keys_off": request.COOKIES.get("keys") == "off",
        "may": {deed.value: user.may(deed) for deed in Deed} if user is not None and is_staff else {},
        "role": words.ROLES.get(user.role, "") if user is not None and is_staff else "",
        "own_limits": SimpleLazyObject(lambda: _limits(user)),
        "machinery": SimpleLazyObject(lambda: pulses.machinery(now)),
        "differences": SimpleLazyObject(compared.number_open),
    }


def _limits(user: object) -> reach.Limits:
    """Name what this person looks after; empty where that is everything."""
    limited = isinstance(user, Staff) and not user.reach.is_everything
    return reach.limits(cast("Staff", user)) if limited else reach.Limits()


def _here(request: HttpRequest) -> str:
    """Return which part of the panel this is, for the side bar; none on a page that is not there."""
    match = request.resolver_match
    return (match.namespace or match.url_name or "") if match else ""
