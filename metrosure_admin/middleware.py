"""What every answer of the panel carries: the id of its request, and headers that Django has no setting for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.domain.requests import on_request
from metrosure_admin.logs import told_path

log = logging.getLogger("panel.access")

Handler = Callable[[HttpRequest], HttpResponse]

_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def request_id(get_response: Handler) -> Handler:
    """Give every request an id: it ties log lines, audit events and operations together."""

    def handle(request: HttpRequest) -> HttpResponse:
        request.META["REQUEST_ID"] = uuid4().hex
        # Our forms are UTF-8. What a request says of itself instead would break wherever its text is read.
        request.encoding = "utf-8"
        with on_request(request.META["REQUEST_ID"]):
            response = _timed(get_response, request)
        response["X-Request-ID"] = request.META["REQUEST_ID"]
        return response

    return handle


def _timed(get_response: Handler, request: HttpRequest) -> HttpResponse:
    """Answer, and leave a line that says what was asked, by whom, and how it went."""
    began = time.monotonic()
    response = get_response(request)
    path = told_path(request)
    about = {
        "method": request.method,
        "path": path,
        "status": response.status_code,
        "ms": round((time.monotonic() - began) * 1000),
        "user": _user(request),
    }
    is_file = request.path.startswith(settings.STATIC_URL) and response.status_code < 400
    log.log(
        logging.DEBUG if is_file else logging.INFO,
        "%(method)s %(path)s %(status)s %(ms)s ms %(user)s",
        about,
        extra=about,
    )
    return response


def _user(request: HttpRequest) -> str:
    """Return who asked, where that was found out: a log line is no reason to ask the database. Never an address."""
    user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated:
        return "-"
    name = str(user.get_username())
    return f"staff-{user.pk}" if "@" in name else name


def security_headers(get_response: Handler) -> Handler:
    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        # Pages name people: no cache may keep them. Static files say for themselves how long they last.
        response.setdefault("Cache-Control", "no-store")
        return response

    return handle
