"""Who may open which door of the pages. Every view carries one of these decorators, and a test walks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.domain.people import Actor, Deed
from accounts.domain.reach import EVERYTHING, Reach, within
from accounts.models import Staff

P = ParamSpec("P")
Handler = Callable[[HttpRequest], HttpResponse]


class StaffRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: Staff
    htmx: HtmxDetails


View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]

ANYONE: Final = "anyone"
STAFF: Final = "staff"
METHODS: Final = ("GET", "HEAD", "POST")
"""What a browser sends to pages; anything else is not for them, and is not answered as if it read them."""


def may(deed: Deed) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Let in staff whose role has the deed; others get 403, strangers the sign-in page."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            staff = cast("StaffRequest", request)
            if not staff.user.may(deed):
                raise PermissionDenied
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            return view(staff, *args, **kwargs)

        return _marked(guarded, deed)

    return decorate


def staff_only(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Let in everybody who has signed in, whatever their role."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(cast("StaffRequest", request), *args, **kwargs)

    return _marked(guarded, STAFF)


def anyone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in strangers too."""
    return login_not_required(_marked(view, ANYONE))


def _marked(view: Callable[..., HttpResponseBase], door: str) -> Callable[..., HttpResponseBase]:
    """Write on a view whom it lets in, so that a test can hold every page to it."""
    view.door = door  # type: ignore[attr-defined]
    return view


def actor(request: HttpRequest, name: str = "") -> Actor:
    """Return who acts in this request, as the log keeps it."""
    return Actor(
        name=name or request.user.get_username(),
        address=address_of(request),
        request_id=request.META.get("REQUEST_ID", ""),
        reach=_reach(request),
    )


def address_of(request: HttpRequest) -> str:
    """Return the client's own address; metrosure_admin.proxies has put it there."""
    return str(request.META.get("REMOTE_ADDR", ""))


def safe_path(request: HttpRequest, to: str | None) -> str:
    """Return where to go on to, as a path of this panel; anything else, also on another site, is the dashboard."""
    safe = to and url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if to and safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def is_part(request: HttpRequest, target: str) -> bool:
    """Say whether htmx asks for one part of the page only; going back in the browser asks for the whole."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.target == target and not htmx.history_restore_request


def layout(request: HttpRequest) -> str:
    """Return what a question stands in: the dialog that asked for it, or a page of its own."""
    return "dialog.html" if is_part(request, "dialog") else "base.html"


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Lead to another page, also from a part that htmx asked for."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(to) if htmx else redirect(to)


def own_password_first(get_response: Handler) -> Handler:
    """Lead whoever has a one-time password to choose their own, before anything else."""

    def handle(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password and request.path not in _always_open():
            return go(request, reverse("own-password"))
        return get_response(request)

    return handle


def within_reach(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let whoever is limited to some accounts see no others on any page, also while a file is still being sent."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        reach = _reach(request)
        with within(reach):
            response = get_response(request)
        if isinstance(response, StreamingHttpResponse) and not reach.is_everything:
            response.streaming_content = _sent_within(reach, iter(response))
        return response

    return handle


def _reach(request: HttpRequest) -> Reach:
    """Return how far the person reaches who has signed in; strangers are let in to no accounts by any page."""
    return request.user.reach if request.user.is_authenticated else EVERYTHING


def _sent_within(reach: Reach, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Make each part of a streamed answer within reach: it is asked for when the view is long over."""
    while True:
        with within(reach):
            part = next(parts, None)
        if part is None:
            return
        yield part


def second_factor_first(get_response: Handler) -> Handler:
    """Lead whoever came by a password, where that alone opens nothing, to set up a second factor."""

    def handle(request: HttpRequest) -> HttpResponse:
        user = request.user
        is_shut = user.is_authenticated and request.session.get("must_enrol", False)
        if is_shut and request.path not in {*_always_open(), reverse("second-factor"), reverse("step-up")}:
            return go(request, reverse("second-factor"))
        return get_response(request)

    return handle


def _always_open() -> frozenset[str]:
    return frozenset(map(reverse, ("own-password", "sign-out", "theme")))
