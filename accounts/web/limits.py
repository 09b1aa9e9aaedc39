"""How often one address may ask at the doors that stand open to everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.web.access import address_of

_WHILE = timedelta(minutes=5)

View = Callable[..., HttpResponse]


def limited(name: str, *, times: int, methods: frozenset[str] = frozenset({"POST"})) -> Callable[[View], View]:
    """Answer 429 once an address asked so often within five minutes; each web process counts for itself."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method in methods and _count(name, address_of(request)) > times:
                answer = render(request, "errors/too_often.html", status=429)
                answer["Retry-After"] = str(int(_WHILE.total_seconds()))
                return answer
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def is_no_password(request: HttpRequest, _credentials: object = None) -> bool:
    """Say whether django-axes has no business here: it counts wrong passwords, never the company's sign-in."""
    return request.path not in {reverse("sign-in"), reverse("step-up")}


def _count(name: str, address: str) -> int:
    key = f"limit:{name}:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    cache.add(key, 0, _WHILE.total_seconds())
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two lines
        return 1
