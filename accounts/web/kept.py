"""What somebody had filled in, kept in their session while they show who they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, QueryDict

from accounts.web.clock import now

PARAMETER = "kept"
_FOR = timedelta(minutes=15)
_AT_MOST = 3
_LONGEST = 64 * 1024
_SECRET = ("csrfmiddlewaretoken", "password", "current", "again", "code")


@dataclass(frozen=True, slots=True)
class Kept:
    path: str
    fields: QueryDict


def keep(request: HttpRequest, back: str = "") -> str:
    """Keep what was sent; returns where to come back to: the form's own page, or `back`.

    Passwords are never kept. What is too long, or holds a file, must be given again.
    """
    fields = request.POST.copy()
    for name in _SECRET:
        fields.pop(name, None)
    text = fields.urlencode()
    if len(text) > _LONGEST or request.FILES:
        return back or request.get_full_path()
    token = secrets.token_urlsafe(12)
    others = list(request.session.get("kept", {}).items())[-(_AT_MOST - 1) :]
    entry = {"path": request.get_full_path(), "fields": text, "at": now().isoformat()}
    request.session["kept"] = {**dict(others), token: entry}
    query = QueryDict(mutable=True) if back else request.GET.copy()
    query[PARAMETER] = token
    return f"{back or request.path}?{query.urlencode()}"


def given_before(request: HttpRequest) -> Kept | None:
    """Return what this page is to be filled in with again, if anything."""
    entry = request.session.get("kept", {}).get(request.GET.get(PARAMETER, ""))
    if entry is None or now() - datetime.fromisoformat(entry["at"]) > _FOR:
        return None
    return Kept(entry["path"], QueryDict(entry["fields"]))
