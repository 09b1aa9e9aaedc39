"""Before what cannot be undone: show again who you are, unless you did in the last ten minutes.

    @may(Deed.PURGE)
    @confirmed
    def purge(request): ...

A form that was sent too late is kept; its own page is filled in again by `form.refill(given_before(request))`.
Where it depends on what was sent, call `ask_to_confirm` in the view.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.domain.sessions import is_confirmed
from accounts.web import kept
from accounts.web.access import StaffRequest, go
from accounts.web.clock import now
from accounts.web.sessions import moment

P = ParamSpec("P")
View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def confirmed(view: View[P]) -> View[P]:
    """Ask who it is before a POST; looking at the form is free."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST" and (question := ask_to_confirm(request)):
            return question
        return view(request, *args, **kwargs)

    return cast("View[P]", guarded)


def confirmed_to_read(view: View[P]) -> View[P]:
    """Ask who it is before anything, for what takes data away (the export of the log)."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return ask_to_confirm(request) or view(request, *args, **kwargs)

    return cast("View[P]", guarded)


def ask_to_confirm(request: StaffRequest, back: str = "") -> HttpResponse | None:
    """Lead to the question who it is, or return None if that is clear.

    :param back: the page of the form, where what is sent goes to another one
    """
    if is_confirmed(moment(request, "confirmed_at"), now()):
        return None
    to = kept.keep(request, back) if request.method == "POST" else request.get_full_path()
    return go(request, f"{reverse('step-up')}?{urlencode({'next': to})}")
