"""What can be made to go wrong: the next answers, the time they take, and the whole server."""

from __future__ import annotations

import json
import math
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from stalwart_client.simulator import http
from stalwart_client.simulator.http import Dropped, Refused, Request, Response
from stalwart_client.simulator.state import now_utc

Drop = Literal["before", "after"]

_PROXY_WORDS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of an answer; without a response or a drop the request passes."""

    response: Response | None = None
    drop: Drop | None = None
    method: str = ""
    """Waits for a request that does this: create, update, destroy, get or query."""


class Faults:
    """The faults that are waiting for their request; an empty one lets everything pass."""

    def __init__(
        self, generation: str, sleep: Callable[[float], None], clock: Callable[[], datetime] = now_utc
    ) -> None:
        self._generation = generation
        self._clock = clock
        self._busy_until: datetime | None = None
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()
        self._seconds = 0.0
        self._down = False
        self._refused_items: deque[Mapping[str, Any] | None] = deque()

    def fail_next(
        self,
        status: int | None = None,
        *,
        body: str | None = None,
        content_type: str = "text/html",
        drop: Drop | None = None,
        concurrent: bool = False,
        method: str = "",
        times: int = 1,
        skip: int = 0,
    ) -> None:
        """Spoil the next `times` requests, after letting `skip` pass; 0 times forgets what was to come.

        `method` spoils only requests that create, update, destroy, get or query something. A status alone
        comes with the body that the server, or for 502 to 504 a proxy before it, really sends.
        """
        if not times:
            self._waiting.clear()
            return
        response = self._response(status, body, content_type, concurrent=concurrent)
        if response is None and drop is None:
            msg = "Say what should go wrong: a status, a body, drop or concurrent."
            raise ValueError(msg)
        with self._lock:
            self._waiting.extend([Fault(method=method)] * skip)
            self._waiting.extend([Fault(response, drop, method)] * times)

    def latency(self, seconds: float) -> None:
        """Let every answer take this long."""
        self._seconds = seconds

    def go_down(self) -> None:
        """Stop listening: every connection is refused."""
        self._down = True

    def come_up(self) -> None:
        """Listen again."""
        self._down = False

    def refuse_items(self, count: int, *, error: Mapping[str, Any] | None = None, every: int = 1) -> None:
        """Refuse `count` of the next objects that are written, by default as a passing overload.

        `every` 2 refuses every second one, so that half of a batch gets through. On 0.16 these are the objects of set
        calls; on 0.15, where each has a request of its own, they are writes to `/api/principal`, and a given error is
        the whole answer.
        """
        passed: list[Mapping[str, Any] | None] = [None] * (every - 1)
        with self._lock:
            self._refused_items.extend([*passed, error or {"type": "rateLimit"}] * count)

    def be_busy(self, seconds: float) -> None:
        """Answer every request with 429 until this time has passed on the server's clock."""
        self._busy_until = self._clock() + timedelta(seconds=seconds)

    def check_up(self) -> None:
        """Let pass only while the server is up.

        :raises Refused: while it is down
        """
        if self._down:
            raise Refused

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._waiting.clear()
            self._refused_items.clear()
        self._seconds, self._down, self._busy_until = 0.0, False, None

    def guard(self, work: Callable[[Request], Response], request: Request) -> Response:
        """Answer a request by `work`, or as the next fault wants it.

        :raises Refused: while the server is down
        :raises Dropped: if the connection breaks instead of an answer
        """
        self.check_up()
        if (seconds := self._busy_for()) > 0:
            return rate_limited(self._generation, budget=1000, seconds=seconds)
        fault = self._next(request)
        if fault.drop == "before":
            raise Dropped
        if fault.response is not None:
            return Response(fault.response.status, fault.response.body, [*fault.response.headers])
        refused = self.refused_item() if self._generation == "0.15" and is_write(request) else None
        response = work(request) if refused is None else self._refusal(refused)
        if fault.drop == "after":
            raise Dropped
        return response

    def pause(self) -> None:
        """Take the time that an answer should take."""
        if self._seconds:
            self._sleep(self._seconds)

    def refused_item(self) -> Mapping[str, Any] | None:
        """Return the error that the next object of a set call gets, None if it may pass."""
        if not self._refused_items:
            return None
        with self._lock:
            return self._refused_items.popleft() if self._refused_items else None

    def _refusal(self, error: Mapping[str, Any]) -> Response:
        if "error" in error:
            return http.answer(dict(error))
        return rate_limited(self._generation, budget=1000, seconds=6)

    def _busy_for(self) -> int:
        if self._busy_until is None:
            return 0
        return math.ceil((self._busy_until - self._clock()).total_seconds())

    def _next(self, request: Request) -> Fault:
        with self._lock:
            if self._waiting and does(request, self._waiting[0].method):
                return self._waiting.popleft()
        return Fault()

    def _response(
        self, status: int | None, body: str | None, content_type: str, *, concurrent: bool
    ) -> Response | None:
        if concurrent:
            return too_busy(self._generation)
        if body is not None:
            return http.text(body, status=status or 200, content_type=content_type)
        return self._canned(status) if status else None

    def _canned(self, status: int) -> Response:
        known: dict[int, Callable[[], Response]] = {
            401: http.unauthorized,
            403: http.forbidden,
            404: http.not_found,
            429: lambda: rate_limited(self._generation, budget=1000, seconds=6),
            500: http.internal_error,
        }
        if status in known:
            return known[status]()
        word = _PROXY_WORDS.get(status, "Error")
        page = f"<html><head><title>{status} {word}</title></head><body><h1>{status} {word}</h1></body></html>"
        return http.text(page, status=status, content_type="text/html")


def rate_limited(generation: str, *, budget: int, seconds: int) -> Response:
    """Return the 429 of a used-up budget; only 0.16 says when to come back."""
    words = "Your request has been rate limited. Please try again in a few seconds."
    response = http.problem(429, "Too Many Requests", words)
    if generation == "0.16":
        response.headers += [
            ("retry-after", str(seconds)),
            ("ratelimit-policy", f'"requests";q={budget}'),
            ("ratelimit", f'"requests";r=0;t={seconds}'),
        ]
    return response


def too_busy(generation: str, at_once: int = 4) -> Response:
    """Return the 400 of an account with too many requests under way."""
    words = "The request exceeds the maximum number of concurrent requests."
    response = http.limit_exceeded("maxConcurrentRequests", words)
    if generation == "0.16":
        name = '"concurrent-requests"'
        response.headers += [("ratelimit-policy", f"{name};q={at_once};qu={name}"), ("ratelimit", f"{name};r=0")]
    return response


def is_write(request: Request) -> bool:
    """Say whether a request of 0.15 makes, changes or deletes a principal."""
    return request.path.startswith("/api/principal") and request.method in {"POST", "PATCH", "DELETE"}


def does(request: Request, method: str) -> bool:
    """Say whether a request does something of this kind: create, update, destroy, get or query."""
    if not method:
        return True
    if request.path.rstrip("/") == "/jmap":
        pattern = rb'"%s"\s*:\s*[\[{]\s*"' if method in {"create", "update", "destroy"} else rb'"[\w:]+/%s"'
        return re.search(pattern % method.encode(), request.body) is not None
    verbs = {"POST": "create", "PATCH": "update", "DELETE": "destroy"}
    is_list = request.path.rstrip("/") == "/api/principal"
    return verbs.get(request.method, "query" if is_list else "get") == method


def set_by_request(faults: Faults, wish: Mapping[str, Any]) -> None:
    """Set the faults that a JSON object names: `{"fail_next": {"status": 503}}`, `{"latency": 2}`, ...

    :raises ValueError: if it names something else
    """
    for name, value in wish.items():
        match name, value:
            case "fail_next", dict():
                faults.fail_next(**value)
            case "latency", int() | float():
                faults.latency(value)
            case "refuse_items", int():
                faults.refuse_items(value)
            case "refuse_items", dict():
                faults.refuse_items(**value)
            case "busy", int() | float():
                faults.be_busy(value)
            case (("go_down" | "come_up" | "clear"), _):
                getattr(faults, name)()
            case _:
                raise ValueError(json.dumps({name: value}))
