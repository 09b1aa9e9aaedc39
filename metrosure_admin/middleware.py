"""What every answer of the panel carries: the id of its request, and headers that Django has no setting for."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def request_id(get_response: Handler) -> Handler:
    """Give every request an id: it ties log lines, audit events and operations together."""

    def handle(request: HttpRequest) -> HttpResponse:
        request.META["REQUEST_ID"] = uuid4().hex
        response = get_response(request)
        response["X-Request-ID"] = request.META["REQUEST_ID"]
        return response

    return handle


def security_headers(get_response: Handler) -> Handler:
    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        # Pages name people: no cache may keep them. Static files say for themselves how long they last.
        response.setdefault("Cache-Control", "no-store")
        return response

    return handle
