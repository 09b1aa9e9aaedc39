"""What machines ask of the panel: how each part stands, and numbers for Prometheus."""

from __future__ import annotations

from secrets import compare_digest

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.queries import metrics
from accounts.queries.components import Component, Standing, components, overall
from accounts.services import sweep_watch, tokens
from accounts.web.access import address_of, anyone


@anyone
@require_safe
def detailed(request: HttpRequest) -> HttpResponse:
    """Tell staff, and whoever has a token, of every part; 503 when one is red."""
    now = timezone.now()
    try:
        if not (_has_token(request) or _is_caller(request) or request.user.is_authenticated):
            return _refused()
    except DatabaseError:
        # Who asks stands in the database; that it is away is no secret.
        return HttpResponse(status=503)
    parts = components(now)
    if parts["database"].status is Standing.OK:
        _watch()
    status = overall(parts)
    content = {"status": status, "components": {name: _shown(part) for name, part in parts.items()}}
    return JsonResponse(content, status=503 if status is Standing.FAIL else 200)


@anyone
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus; without a token set there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not _has_token(request):
        return _refused()
    _watch()
    return HttpResponse(metrics.exposition(timezone.now()), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    """Say whether this is the monitoring's own token, which needs no database to be known."""
    token = _bearer(request)
    return bool(settings.METRICS_TOKEN and token) and compare_digest(token.encode(), settings.METRICS_TOKEN.encode())


def _is_caller(request: HttpRequest) -> bool:
    """Say whether a program shows an API token that is good for anything."""
    token, request_id = _bearer(request), request.META.get("REQUEST_ID", "")
    return tokens.caller_by(token, address=address_of(request), request_id=request_id, now=timezone.now()) is not None


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refused() -> HttpResponse:
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})


def _watch() -> None:
    """Notice a sweep that is dead. A database that cannot be written must not keep back what is known."""
    try:
        sweep_watch.look(timezone.now())
    except DatabaseError:
        return


def _shown(part: Component) -> dict[str, str | None]:
    return {"status": part.status, "found": part.found, "at": part.at.isoformat() if part.at else None}
