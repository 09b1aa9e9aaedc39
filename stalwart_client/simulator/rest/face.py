"""The server as 0.15 shows it: REST under `/api`, and JMAP for mail only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from stalwart_client.simulator import autoconfig, http, ids, session
from stalwart_client.simulator.faults import Faults, rate_limited, too_busy
from stalwart_client.simulator.http import Denied, Request, Response, answer
from stalwart_client.simulator.jmap import envelope, mail
from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.limits import Busy, Limits, TooMany
from stalwart_client.simulator.rest import network, oauth
from stalwart_client.simulator.rest.access import ADMIN_ID, Caller, sign_in
from stalwart_client.simulator.rest.errors import ApiError, Malformed
from stalwart_client.simulator.rest.gate import Gate
from stalwart_client.simulator.rest.routes import ROUTES
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

LARGEST: Final = 1_048_576
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


class RestFace:
    """Answers requests as Stalwart 0.15.5 does."""

    def __init__(
        self, state: State, limits: Limits, faults: Faults, admin: tuple[str, str], *, exempt_loopback: bool
    ) -> None:
        self._state = state
        self._faults = faults
        self._admin = admin
        self._gate = Gate(state, limits, exempt_loopback=exempt_loopback)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        try:
            request = self._gate.let_in(request)
            return self._routed(request)
        except Denied as exc:
            return self._gate.refusal(request, exc)
        except ApiError as exc:
            return answer(exc.content)
        except Malformed as exc:
            return http.invalid(str(exc))
        except TooMany as exc:
            return rate_limited("0.15", budget=exc.budget, seconds=exc.seconds)
        except Busy:
            return too_busy("0.15")

    def enter(self, request: Request) -> Caller | Response:
        """Sign somebody in for a protocol other than HTTP, by the same rules; a refusal comes as HTTP's."""
        self._gate.let_in(request)
        try:
            with self._state.reading():
                return sign_in(self._state, request, self._admin, is_http=False)
        except Denied as exc:
            return self._gate.refusal(request, exc)

    def forget(self) -> None:
        """Forget what a restart makes a server forget; it also reads every setting anew."""
        self._state.recipients.clear()
        with self._state.writing():
            network.reload(self._state)

    def _routed(self, request: Request) -> Response:
        if request.method != "OPTIONS" and request.route[0] == "api":
            return self._api(request)
        if request.method != "OPTIONS" and request.route[0] == "jmap":
            return self._jmap(request)
        if http.is_counted(request):
            self._gate.count_anonymous(request)
        open_door = http.open_door(request, "0.15")
        if open_door is not None:
            return open_door
        if request.route[0] == "auth":
            return self._auth(request)
        if autoconfig.is_autodiscover(request):
            return autoconfig.discovered(request, self._state.hostname)
        if request.method == "GET" and autoconfig.is_path(request.path):
            with self._state.reading():
                domain = self._state.setting("report.domain") or ""
            return autoconfig.answer(request, "0.15", self._state.hostname, domain)
        self._gate.ban_scanners(request)
        return http.not_found()

    def _api(self, request: Request) -> Response:
        return self._signed_in(request, lambda caller: self._handled(caller, request))

    def _handled(self, caller: Caller, request: Request) -> Response:
        if len(request.body) > LARGEST:
            request = Request(request.method, request.path, request.query, request.headers, b"", request.remote)
        parts = request.parts[1:]
        handler = ROUTES.get(parts[0] if parts else "")
        if handler is None:
            return http.not_found()
        # A few GETs change something there, and a lock that is not needed costs next to nothing.
        is_read = request.method == "GET" and parts[0] not in {"store", "reload"}
        with self._state.reading() if is_read else self._state.writing():
            response = handler(self._state, caller, request, parts[1:])
        if response.status == 200 and parts[:3] == ["store", "purge", "in-memory"] and parts[-1] == "rate-auth":
            self._gate.forget_failures()
        return response

    def _signed_in(self, request: Request, work: Callable[[Caller], Response]) -> Response:
        if request.credentials[0] != "basic":
            self._gate.count_anonymous(request)
        with self._state.reading():
            caller = sign_in(self._state, request, self._admin)
        name = self._admin[0] if caller.number == ADMIN_ID else caller.name
        details = f'listenerId = "http", localPort = 8215, remoteIp = {request.remote}, accountName = "{name}"'
        self._state.note("info", "Authentication successful", "auth.success", details)
        with self._gate.admission(caller):
            self._faults.pause()
            return work(caller)

    def _auth(self, request: Request) -> Response:
        """Answer what has to do with codes and tokens."""
        match request.route[1], request.method:
            case "token", "POST":
                with self._state.writing():
                    return oauth.token(self._state, request)
            case "device", "POST":
                with self._state.writing():
                    return oauth.device(self._state, request)
            case "introspect", "POST":
                return self._signed_in(request, lambda _: self._read(lambda: oauth.introspected(self._state, request)))
            case "userinfo", "GET":
                return self._signed_in(request, lambda caller: self._read(lambda: oauth.userinfo(self._state, caller)))
            case "register", "POST":
                return self._signed_in(request, lambda _: http.not_found())
        return http.not_found()

    def _read(self, work: Callable[[], Response]) -> Response:
        with self._state.reading():
            return work()

    def _jmap(self, request: Request) -> Response:
        is_mail = not request.route[1]
        if request.method != ("POST" if is_mail else "GET") or request.route[1] not in {"", "session"}:
            return http.not_found()
        if is_mail:
            return self._signed_in(request, lambda caller: self._mail(caller, request))
        if "authorization" not in request.headers:
            self._faults.pause()
            return session.session("0.15", request, self._state.hostname)
        return self._signed_in(request, lambda caller: self._session(caller, request))

    def _session(self, caller: Caller, request: Request) -> Response:
        return session.session_of(
            "0.15",
            request,
            self._state.hostname,
            account=ids.encode(caller.number),
            name=caller.name,
            state=session.state_of(caller.number, caller.permissions),
        )

    def _mail(self, caller: Caller, request: Request) -> Response:
        read = envelope.refused_size(request) or envelope.read(request, session.capabilities("0.15"), echoes=False)
        if isinstance(read, Response):
            return read
        holder = mail.Holder(self._state, ids.encode(caller.number), lambda name: _kebab(name) in caller.permissions)

        def run(method: str, arguments: Doc) -> Doc:
            content = mail.call(holder, method, arguments)
            if content is None:
                raise MethodError("unknownMethod", method)
            return content

        with self._state.reading():
            return envelope.respond(read, session.state_of(caller.number, caller.permissions), {}, run)


def _kebab(name: str) -> str:
    """Write a permission of 0.16 as 0.15 calls it."""
    return "jmap-echo" if name == "jmapCoreEcho" else _CAPITAL.sub(r"-\1", name).lower()
