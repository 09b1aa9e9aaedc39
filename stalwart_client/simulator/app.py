"""The simulator: one server of one generation, in process, as a WSGI app, or (serve.py) on a socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from urllib.parse import quote

import httpx

from stalwart_client.simulator import http, queue
from stalwart_client.simulator.faults import Faults, set_by_request
from stalwart_client.simulator.http import Dropped, Refused, Request, Response
from stalwart_client.simulator.imap import ImapSession
from stalwart_client.simulator.jmap import face as jmap
from stalwart_client.simulator.jmap.access import Caller as NewCaller
from stalwart_client.simulator.limits import Limits, Slots
from stalwart_client.simulator.lines import LineServer
from stalwart_client.simulator.mailbox_doors import Doors, Entry
from stalwart_client.simulator.rest import face as rest
from stalwart_client.simulator.state import GenerationName, State, now_utc
from stalwart_client.simulator.submission import SubmissionSession
from stalwart_client.simulator.upgrade import change_generation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL: Final = "/_simulator/"


class Simulator:
    """A Stalwart that starts empty and obeys the rules of its generation.

    `state` can be looked at, `faults` breaks things, `advance` lets time pass. Loopback is exempt from the
    budget of anonymous requests and from bans, as it is there, unless `exempt_loopback` is switched off.

    With a `state_file` any number of processes are one server: they share what it knows, its budgets, its bans and
    the requests that each account has under way. Faults, the clock, the log and 0.15's memory of recipients belong
    to each process: the first two are for whoever tests that process, the others are lost at a restart anyway.
    """

    def __init__(
        self,
        generation: GenerationName = "0.16",
        *,
        admin: str = "admin:admin-secret",
        state_file: Path | None = None,
        clock: Callable[[], datetime] = now_utc,
        sleep: Callable[[float], None] = time.sleep,
        exempt_loopback: bool = True,
    ) -> None:
        if generation not in get_args(GenerationName):
            msg = f"There is no generation {generation!r}; choose one of {', '.join(get_args(GenerationName))}."
            raise ValueError(msg)
        self.generation = generation
        self._clock = clock
        self._passed = timedelta()
        user, _, secret = admin.partition(":")
        self.state = State(generation, path=state_file, clock=self.now)
        self.faults = Faults(generation, sleep, self.now)
        self.fail_next = self.faults.fail_next
        self.latency = self.faults.latency
        self.go_down = self.faults.go_down
        self.come_up = self.faults.come_up
        self.refuse_items = self.faults.refuse_items
        self.be_busy = self.faults.be_busy
        self._listeners: list[LineServer] = []
        slots = Slots(state_file.with_name(f"{state_file.name}.slots") if state_file else None)
        self._limits = Limits(self.now, self.state, slots)
        face = rest.RestFace if generation == "0.15" else jmap.JmapFace
        self._face = face(
            self.state, self._limits, self.faults, (user.lower(), secret), exempt_loopback=exempt_loopback
        )
        self._prepare()

    def now(self) -> datetime:
        """Return the server's own time."""
        return self._clock() + self._passed

    def advance(self, seconds: float) -> None:
        """Let the server's clock run ahead."""
        self._passed += timedelta(seconds=seconds)

    def plant_message(
        self,
        sender: str,
        recipients: Iterable[str],
        *,
        answer: str | Mapping[str, str] = "",
        created_at: datetime | None = None,
        next_try_at: datetime | None = None,
        size: int = 914,
        text: str = "",
    ) -> int:
        """Put a message into the delivery queue.

        :param answer: what the other server said to the last try, or by recipient where they differ
        :param created_at: when it was handed in, now unless said
        :param next_try_at: when it is tried again, at once unless said
        :param text: the message itself, made up unless said
        """
        return queue.plant(
            self.state,
            sender,
            recipients,
            answer=answer,
            created_at=created_at,
            next_try_at=next_try_at,
            size=size,
            text=text,
        )

    def handle(self, request: Request) -> Response:
        """Answer one request.

        :raises Refused: while the server is down
        :raises Dropped: if the connection breaks instead of an answer
        """
        if request.path.startswith(CONTROL):
            return self._control(request)
        response = self.faults.guard(self._face.answer, request)
        response.headers.append(("date", f"{self.now().astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT"))
        return response

    def enter(self, request: Request) -> Entry:
        """Try the name and secret of a request for a protocol other than HTTP."""
        found = self._face.enter(request)
        if isinstance(found, Response):
            return Entry(found.status, str(json.loads(found.body).get("detail", "")))
        account = found.account if isinstance(found, NewCaller) else str(found.number)
        return Entry(200, account=account, may=found.permissions.__contains__)

    def listen(self, kind: Literal["imap", "submission"], *, host: str = "127.0.0.1", port: int = 0) -> LineServer:
        """Open the holders' door of a kind, in a thread of its own; port 0 lets the system choose."""
        session = ImapSession if kind == "imap" else SubmissionSession
        server = LineServer(Doors(self), session, host=host, port=port)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._listeners.append(server)
        return server

    def restart(self) -> None:
        """Do what a restart does: end every open session, forget every cache, keep what the server knows."""
        for listener in self._listeners:
            listener.cut()
        self._face.forget()

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI app; Refused and Dropped come out as exceptions, WSGI has no word for them."""
        response = self.handle(_from_environ(environ))
        headers = [*response.headers, ("content-length", str(len(response.body)))]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        return [response.body]

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for an httpx client, which then needs no socket."""
        return Transport(self)

    def close(self) -> None:
        """Close the holders' doors and let go of the state file."""
        for listener in self._listeners:
            listener.cut()
            listener.shutdown()
            listener.server_close()
        self._listeners.clear()
        self._limits.close()
        self.state.close()

    def _prepare(self) -> None:
        """Make a new state's first objects, or carry an old one over to this generation."""
        with self.state.writing():
            before = self.state.fact("generation")
            if before not in {None, self.generation}:
                change_generation(self.state, str(before))
            elif before is None and self.generation == "0.16":
                jmap.seed(self.state)
            self.state.remember("generation", self.generation)

    def _control(self, request: Request) -> Response:
        """Set faults or the clock, or plant a message, from outside; only this machine may."""
        if not request.is_local or request.method != "POST":
            return http.not_found()
        try:
            wish = json.loads(request.body)
            done = self._obey(request.path.removeprefix(CONTROL), wish)
        except (ValueError, TypeError, AttributeError, KeyError) as exc:
            return http.answer({"error": str(exc)}, status=400)
        return http.answer({"data": done}) if done else http.not_found()

    def _obey(self, what: str, wish: dict[str, Any]) -> Any:
        if what == "fault" and wish.pop("restart", False):
            self.restart()
            return {"restart": True}
        if what == "fault":
            set_by_request(self.faults, wish)
            return wish
        if what == "message":
            return {"id": str(self.plant_message(**{**wish, **_moments(wish)}))}
        if what == "clock":
            self.advance(float(wish["advance"]) if "advance" in wish else self._until(str(wish.get("at"))))
            return {"now": self.now().isoformat()}
        return None

    def _until(self, moment: str) -> float:
        return (datetime.fromisoformat(moment) - self.now()).total_seconds()


def _moments(wish: Mapping[str, Any]) -> dict[str, datetime]:
    """Read the times of a message that is planted from outside."""
    return {name: datetime.fromisoformat(wish[name]) for name in ("created_at", "next_try_at") if name in wish}


class Transport(httpx.BaseTransport):
    """Carries httpx requests to a simulator and back, with the failures a network has."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            response = self._simulator.handle(Request(request.method, path, query, headers, request.read()))
        except Refused as exc:
            raise httpx.ConnectError("Connection refused", request=request) from exc
        except Dropped as exc:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request) from exc
        body = b"" if request.method == "HEAD" else response.body
        return httpx.Response(response.status, headers=response.headers, content=body)


def _from_environ(environ: WSGIEnvironment) -> Request:
    """Read a WSGI request; the path as it was sent is what most servers put beside the decoded one."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(environ.get("PATH_INFO", "/").encode("latin-1"))
    headers = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = str(environ["CONTENT_TYPE"])
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        str(environ["REQUEST_METHOD"]),
        str(raw).partition("?")[0],
        str(environ.get("QUERY_STRING", "")),
        headers,
        environ["wsgi.input"].read(length),
        str(environ.get("REMOTE_ADDR", "")),
    )
