"""The server as 0.15 shows it: REST under `/api`, and JMAP for mail only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from stalwart_client.simulator import autoconfig, http, ids, networks, session
from stalwart_client.simulator import queue as messages
from stalwart_client.simulator.faults import Faults, rate_limited, too_busy
from stalwart_client.simulator.http import Denied, Dropped, Request, Response, answer
from stalwart_client.simulator.jmap import envelope, mail
from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.limits import Busy, Limits, TooMany
from stalwart_client.simulator.rest import network, oauth, principals, queue, selfservice, settings
from stalwart_client.simulator.rest.access import CHALLENGES, Caller, sign_in
from stalwart_client.simulator.rest.errors import ApiError, Malformed, not_found
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

Handler: TypeAlias = Callable[[State, Caller, Request, list[str]], Response]

LARGEST: Final = 1_048_576
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_REPORT: Final = re.compile(r"[0-9]+_[0-9]+")
_RELOADED: Final[Doc] = {"warnings": {}, "errors": {}}


class RestFace:
    """Answers requests as Stalwart 0.15.5 does."""

    def __init__(
        self, state: State, limits: Limits, faults: Faults, admin: tuple[str, str], *, exempt_loopback: bool
    ) -> None:
        self._state = state
        self._limits = limits
        self._faults = faults
        self._admin = admin
        self._exempt_loopback = exempt_loopback

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        try:
            request = self._let_in(request)
            return self._routed(request)
        except Denied as exc:
            return self._denied(request, exc)
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
        self._let_in(request)
        try:
            with self._state.reading():
                return sign_in(self._state, request, self._admin, is_http=False)
        except Denied as exc:
            return self._denied(request, exc)

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
            self._count_anonymous(request)
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
        self._ban_scanners(request)
        return http.not_found()

    def _api(self, request: Request) -> Response:
        return self._signed_in(request, lambda caller: self._handled(caller, request))

    def _handled(self, caller: Caller, request: Request) -> Response:
        if len(request.body) > LARGEST:
            request = Request(request.method, request.path, request.query, request.headers, b"", request.remote)
        parts = request.parts[1:]
        handler = _ROUTES.get(parts[0] if parts else "")
        if handler is None:
            return http.not_found()
        # A few GETs change something there, and a lock that is not needed costs next to nothing.
        is_read = request.method == "GET" and parts[0] not in {"store", "reload"}
        with self._state.reading() if is_read else self._state.writing():
            response = handler(self._state, caller, request, parts[1:])
        if response.status == 200 and parts[:3] == ["store", "purge", "in-memory"] and parts[-1] == "rate-auth":
            self._limits.forget_failures()
        return response

    def _signed_in(self, request: Request, work: Callable[[Caller], Response]) -> Response:
        if request.credentials[0] != "basic":
            self._count_anonymous(request)
        with self._state.reading():
            caller = sign_in(self._state, request, self._admin)
            rate, at_once = network.rate(self._state, "account"), network.in_force(self._state)["at_once"]
        details = f'listenerId = "http", remoteIp = {request.remote}, accountName = "{caller.name}"'
        self._state.note("info", "Authentication successful", "auth.success", details)
        unlimited = "unlimited-requests" in caller.permissions
        with self._limits.account(str(caller.number), rate=rate, unlimited=unlimited, at_once=at_once):
            self._faults.pause()
            return work(caller)

    def _let_in(self, request: Request) -> Request:
        """Turn away who is blocked, and return the request as a trusted proxy says it came (rest.md 1.3).

        :raises Denied: with 403 if the proxy says that it comes from a blocked address
        :raises Dropped: if it comes from one without a proxy
        """
        with self._state.reading():
            if network.is_blocked(self._state, request.remote):
                raise Dropped
            told = networks.forwarded(request) if network.in_force(self._state)["forwarded"] else None
            if told is not None and network.is_blocked(self._state, told.remote):
                raise Denied(http.blocked())
        return told or request

    def _is_allowed(self, request: Request) -> bool:
        """Say whether an address is exempt from the budget of the anonymous and from bans."""
        if request.is_local and self._exempt_loopback:
            return True
        with self._state.reading():
            return networks.contains(network.in_force(self._state)["allowed"], request.remote)

    def _count_anonymous(self, request: Request) -> None:
        if not self._is_allowed(request):
            with self._state.reading():
                rate = network.rate(self._state, "anonymous")
            self._limits.anonymous(request.remote, rate)

    def _denied(self, request: Request, denied: Denied) -> Response:
        """Count a failed sign-in; the one that is too many bans its address, for ever (rest.md 1.4)."""
        if denied.response.status == 401 and not request.path.startswith("/api"):
            denied.response = http.unauthorized(*CHALLENGES)
        if not denied.login or self._is_allowed(request):
            return denied.response
        with self._state.reading():
            rate = network.rate(self._state, "failures")
        if not self._limits.failed(request.remote, denied.login, rate):
            return denied.response
        with self._state.writing():
            network.block(self._state, request.remote)
        return http.too_many_logins()

    def _ban_scanners(self, request: Request) -> None:
        """Ban who asks for what only scanners ask for; this one is still told that it is not there."""
        with self._state.reading():
            scanned = networks.is_scanned(request.path, network.in_force(self._state)["scanned"])
        if scanned and not self._is_allowed(request):
            with self._state.writing():
                network.block(self._state, request.remote)

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


def _principal(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "POST", ([] | ["deploy", *_]):
            return principals.create(state, caller, request.body)
        case "GET", []:
            return principals.listed(state, caller, request.parameters)
        case "DELETE", []:
            return principals.delete_many(state, caller, request.parameters)
        case "GET", [name, *_]:
            return principals.get(state, caller, name)
        case "PATCH", [name, *_]:
            return principals.patch(state, caller, name, request.body)
        case "DELETE", [name, *_]:
            return principals.delete(state, caller, name)
        case _, [name, *_]:
            principals.check_exists(state, name)
    return http.not_found()


def _account(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "GET", ["auth", *_]:
            return selfservice.doors(state, caller)
        case "POST", ["auth", *_]:
            return selfservice.change_doors(state, caller, request.body)
        case "GET", ["crypto", *_]:
            caller.needs("manage-encryption")
            return answer({"data": {"type": "disabled"}})
        case "POST", ["crypto", *_]:
            caller.needs("manage-encryption")
            return answer({"data": None})
    return http.not_found()


def _oauth(state: State, caller: Caller, request: Request, _parts: list[str]) -> Response:
    return selfservice.code(state, caller, request.body)


def _settings(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "GET", [what, *_]:
            return settings.read(state, caller, what, request.parameters)
        case "POST", []:
            return settings.write(state, caller, request.body)
        case "DELETE", [key, *_]:
            return settings.delete(state, caller, key)
    return http.not_found()


def _dkim(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "POST", []:
            return settings.create_key(state, caller, request.body)
        case "GET", [number, *_]:
            return settings.public_key(state, caller, number)
    return http.not_found()


def _dns(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "GET", ["records", domain, *_]:
            return settings.records(state, caller, domain)
    return http.not_found()


def _reload(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    """Read the settings again; that is also what makes submission forget whom it knew."""
    caller.needs("settings-reload")
    if request.method != "GET":
        return http.not_found()
    if parts[:1] == ["server.blocked-ip"]:
        network.reload_blocked(state)
    elif parts[:1] not in (["lookup"], ["certificate"]) and "dry-run" not in request.parameters:
        state.recipients.clear()
        network.reload(state)
    return answer({"data": _RELOADED})


def _logs(state: State, caller: Caller, request: Request, _parts: list[str]) -> Response:
    """Show the log, newest first; `total` only says whether there is more."""
    caller.needs("logs-view")
    parameters = request.parameters
    limit = principals.number_in(parameters, "limit") or 100
    start = max(principals.number_in(parameters, "page") - 1, 0) * limit
    found = state.log.newest_first(parameters.get("filter", ""))
    items = [
        {
            "timestamp": entry.timestamp,
            "level": entry.level.upper(),
            "event": entry.event,
            "event_id": entry.event_id,
            "details": entry.details,
        }
        for entry in found[start : start + limit]
    ]
    has_more = len(found) > start + limit
    return answer({"data": {"items": items, "total": min(len(found), start + limit) + limit * has_more}})


def _reports(_state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    verb = {"GET": "get" if len(parts) > 1 else "list", "DELETE": "delete"}.get(request.method)
    if verb is None or not parts or parts[0] not in {"dmarc", "tls", "arf"}:
        return http.not_found()
    caller.needs(f"incoming-report-{verb}")
    if verb == "list":
        return answer({"data": {"items": [], "total": 0}})
    is_id = len(parts) > 1 and _REPORT.fullmatch(parts[1]) is not None
    return answer({"data": len(parts) > 1}) if verb == "delete" and is_id | (len(parts) == 1) else http.not_found()


def _store(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "GET", ["purge", what, *rest] if what in {"blob", "data", "in-memory", "account"}:
            caller.needs(f"purge-{what}" if what == "account" else f"purge-{what}-store")
            if what == "account" and rest:
                principals.used_quota(state, rest[0])
            return answer({"data": None})
        case (("GET" | "DELETE"), ["quota", name, *_]):
            return answer({"data": principals.used_quota(state, name)})
        case "DELETE", ["uids", name, *_]:
            principals.used_quota(state, name)
            return answer({"data": [len(mail.FOLDERS), 0]})
        case "GET", ["blobs", number, *_]:
            caller.needs("blob-fetch")
            text = messages.text_named(state, number, messages.blob_hash)
            return _no_blob(number) if text is None else _part(text, request.parameters)
        case "GET", ["reindex", what, *_]:
            caller.needs("fts-reindex")
            known = what in {"email", "calendar", "contacts", "file", "tracing"}
            return answer({"data": None}) if known else http.invalid("Invalid search index specified")
    return http.not_found()


def _part(text: bytes, parameters: dict[str, str]) -> Response:
    """Give out a message's text, or as much of it as was asked for."""
    offset, limit = (principals.number_in(parameters, name) for name in ("offset", "limit"))
    part = text[offset : offset + limit] if limit else text[offset:]
    return Response(200, part, [("content-type", "application/octet-stream")])


def _no_blob(number: str) -> Response:
    """Answer for a text that is not there."""
    if len(number) % 4 == 1 or not number.replace("-", "").replace("_", "").isalnum():
        return http.invalid("Base64 decoding failed")
    raise not_found("")


def _restart(_state: State, caller: Caller, request: Request, _parts: list[str]) -> Response:
    caller.needs("restart")
    if request.method != "GET":
        return http.not_found()
    raise ApiError("unsupported", details="Restart is not yet supported")


def _spam_filter(_state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    caller.needs("spam-filter-train")
    match request.method, parts:
        case "GET", ["train", ("start" | "stop" | "reset" | "delete" | "status") as step, *_]:
            return answer({"data": step != "status"})
    return http.not_found()


_ROUTES: Final[dict[str, Handler]] = {
    "principal": _principal,
    "account": _account,
    "oauth": _oauth,
    "settings": _settings,
    "dkim": _dkim,
    "dns": _dns,
    "reload": _reload,
    "queue": queue.handle,
    "reports": _reports,
    "logs": _logs,
    "store": _store,
    "restart": _restart,
    "spam-filter": _spam_filter,
}
