"""A request and an answer as both faces see them, without a socket and without WSGI."""

from __future__ import annotations

import base64
import binascii
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
        """The path's segments, decoded one by one, so that an escaped slash stays inside its segment.

        The first two are what the servers go by, and those they take as they were sent.
        """
        route, names = self.path.split("/")[1:3], self.path.split("/")[3:]
        return [*route, *map(_decoded, names)]

    @property
    def route(self) -> tuple[str, str]:
        """The first two segments, empty where there are none."""
        first, second, *_ = *self.path.removeprefix("*").split("/")[1:3], "", ""
        return first, second

    @property
    def credentials(self) -> tuple[str, str]:
        """The scheme and the token of who is calling; both empty where there are not two words."""
        scheme, space, token = self.headers.get("authorization", "").partition(" ")
        return (scheme.lower(), token.strip()) if space else ("", "")

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


def read_json(body: bytes) -> Any:
    """Read JSON as both servers do: UTF-8 without a mark at its beginning, and no numbers that are none.

    :raises ValueError: if it is no JSON
    """
    content = json.loads(body.decode(), parse_constant=_refuse_constant)
    if b"\\ud" in body or b"\\uD" in body:  # half of a letter is a ValueError here, and only here
        json.dumps(content, ensure_ascii=False).encode()
    return content


def login_and_secret(token: str) -> tuple[str, str] | None:
    """Read Basic credentials, as leniently as the servers do; None if they are none."""
    encoded = "".join(token.split()).partition("=")[0]
    encoded = encoded[: len(encoded) - (len(encoded) % 4 == 1)]
    try:
        login, colon, secret = (
            base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (login, secret) if colon else None


def _decoded(part: str) -> str:
    """Decode a segment; one that is no text stays as it was sent."""
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return part


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


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


def unkept(response: Response) -> Response:
    """Forbid everybody on the way to keep a copy."""
    response.headers.append(("cache-control", "no-store, no-cache, must-revalidate"))
    return response


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
    (".well-known", "jmap"): "/jmap/session",
    (".well-known", "caldav"): "/dav/cal",
    (".well-known", "carddav"): "/dav/card",
}
_SIGNED_IN: Final = frozenset({("auth", "introspect"), ("auth", "userinfo"), ("auth", "register")})
_ASKED_FIRST: Final = frozenset({"jmap", ".well-known", "auth", "api"})
"""Where browsers may ask what they may ask."""
_DAV: Final = frozenset({"card", "cal", "file", "pal"})
_DAV_METHODS: Final = frozenset({"OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "COPY", "MOVE", "LOCK"})
"""Those of them that a client of a mail server's might try by mistake."""
_COUNTED: Final = ("/healthz", "/.well-known/", "/auth/", "/mail/", "/autodiscover/", "/calendar")


def is_counted(request: Request) -> bool:
    """Say whether a request that needs no sign-in counts against the budget of its address."""
    if request.route in _ELSEWHERE or request.method == "OPTIONS" or request.route in _SIGNED_IN:
        return False
    return request.path == "/robots.txt" or request.path.lower().startswith(_COUNTED)


def open_door(request: Request, generation: str) -> Response | None:
    """Answer what is the same for everybody."""
    method = request.method
    first, second = request.route
    if first == "healthz" and second in {"live", "ready"}:
        return problem(200, "OK", "OK")
    if request.route in _ELSEWHERE and (method == "GET" or second != "jmap"):
        return Response(307, b"", [("cache-control", "no-cache"), ("location", _ELSEWHERE[request.route])])
    if method == "OPTIONS" and first in _ASKED_FIRST:
        return Response(204, b"", [("content-type", PROBLEM)] if generation == "0.15" else [])
    if first == "robots.txt":
        return Response(200, b"User-agent: *\nDisallow: /\n", [("content-type", "text/plain")])
    if first == "dav" and second not in _DAV:
        return Response(404 if method in _DAV_METHODS else 405)
    return None
