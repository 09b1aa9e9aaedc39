"""A request and an answer as both faces see them, without a socket and without WSGI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

Header = tuple[str, str]

JSON: Final = "application/json; charset=utf-8"
PROBLEM: Final = "application/problem+json"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


class Dropped(Exception):
    """The connection breaks and the caller gets no answer."""


class Refused(Exception):
    """The server is down and nobody listens."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is as it was sent, still escaped, because both servers split it before decoding."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    remote: str = "127.0.0.1"

    @property
    def parts(self) -> list[str]:
        """The path's segments, decoded one by one, so that an escaped slash stays inside its segment."""
        return [unquote(part) for part in self.path.split("/")[1:]]

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters: empty ones count as absent, of two the last wins (rest.md 0)."""
        return dict(parse_qsl(self.query))

    @property
    def is_local(self) -> bool:
        return self.remote in LOOPBACK


@dataclass(slots=True)
class Response:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: list[Header] = field(default_factory=list)


class Denied(Exception):
    """The caller gets this answer instead of what was asked for; `login` counts as a failed sign-in."""

    def __init__(self, response: Response, *, login: str = "") -> None:
        super().__init__(response.status)
        self.response = response
        self.login = login


def answer(content: Any, *, status: int = 200, content_type: str = JSON) -> Response:
    """Return `content` as JSON."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Response(status, body, [("content-type", content_type)])


def text(content: str, *, status: int = 200, content_type: str) -> Response:
    """Return `content` as it is."""
    return Response(status, content.encode(), [("content-type", content_type)])


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    """Return the problem document that both generations use for real HTTP errors (rest.md 0.2, jmap.md 2.5)."""
    content = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    response = answer(content, status=status, content_type=PROBLEM)
    response.headers += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return response


def unauthorized(*challenges: str) -> Response:
    """Return 401 with the given WWW-Authenticate headers; many of the server's 401 have none."""
    response = problem(401, "Unauthorized", "You have to authenticate first.")
    response.headers += [("www-authenticate", challenge) for challenge in challenges]
    return response


def forbidden() -> Response:
    return problem(403, "Forbidden", "You do not have enough permissions to access this resource.")


def not_found() -> Response:
    return problem(404, "Not Found", "The requested resource does not exist on this server.")


def invalid(detail: str) -> Response:
    return problem(400, "Invalid parameters", detail)


def internal_error() -> Response:
    return problem(
        500,
        "Internal Server Error",
        "There was a problem while processing your request. "
        "Please contact the system administrator if this problem persists.",
    )


def too_many_logins() -> Response:
    return problem(
        429,
        "Too Many Authentication Attempts",
        "Your request has been rate limited. Please try again in a few minutes.",
    )


def limit_exceeded(limit: str, detail: str) -> Response:
    """Return the 400 of a request that is over one of the JMAP limits."""
    kind = "urn:ietf:params:jmap:error:limit"
    return answer({"type": kind, "status": 400, "detail": detail, "limit": limit}, status=400, content_type=PROBLEM)


def blocked() -> Response:
    """Return the 403 of an address that is blocked, where there is a connection to say it on."""
    return problem(403, "Forbidden", "Forbidden")


_ELSEWHERE: Final = {
    "/.well-known/jmap": "/jmap/session",
    "/.well-known/caldav": "/dav/cal",
    "/.well-known/carddav": "/dav/card",
}
_COUNTED: Final = ("/healthz", "/.well-known/", "/auth/", "/mail/", "/autodiscover/", "/calendar")


def is_counted(request: Request) -> bool:
    """Say whether a request that needs no sign-in counts against the budget of its address."""
    if request.path in _ELSEWHERE or request.method == "OPTIONS":
        return False
    return request.path == "/robots.txt" or request.path.lower().startswith(_COUNTED)


def open_door(request: Request) -> Response | None:
    """Answer what is the same for everybody, in both generations."""
    path, method = request.path, request.method
    if path.rstrip("/") in {"/healthz/live", "/healthz/ready"}:
        return problem(200, "OK", "OK")
    if path in _ELSEWHERE and (method == "GET" or path != "/.well-known/jmap"):
        return Response(307, b"", [("cache-control", "no-cache"), ("location", _ELSEWHERE[path])])
    if path == "/robots.txt":
        return Response(200, b"User-agent: *\nDisallow: /\n", [("content-type", "text/plain")])
    return None
