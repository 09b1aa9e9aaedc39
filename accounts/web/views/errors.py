"""Pages for what went wrong, in the looks of the panel."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    return render(request, "errors/form_too_old.html", status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return render(request, "errors/forbidden.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return render(request, "errors/not_found.html", status=404)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Say so without asking who it is: a wrong host name is found out before that."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    page = render_to_string("errors/unreadable.html", {"too_large": too_large})
    return HttpResponse(page, status=413 if too_large else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """Say so without the database or a session: either may be what is broken."""
    context = {"request_id": request.META.get("REQUEST_ID", "")}
    return HttpResponse(render_to_string("errors/broken.html", context), status=500)
