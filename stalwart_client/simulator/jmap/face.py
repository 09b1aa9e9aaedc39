"""The server as 0.16 shows it: JMAP for everything, and a few plain endpoints beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

from stalwart_client.simulator import autoconfig, http, ids, permissions, queue, session
from stalwart_client.simulator.faults import Faults, rate_limited, too_busy
from stalwart_client.simulator.http import Denied, Dropped, Request, Response
from stalwart_client.simulator.jmap import access, actions, envelope, mail, plain, validation
from stalwart_client.simulator.jmap.access import Caller
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.envelope import Envelope
from stalwart_client.simulator.jmap.errors import ENTERPRISE, MethodError, forbidden
from stalwart_client.simulator.jmap.gate import Gate
from stalwart_client.simulator.jmap.methods import registered
from stalwart_client.simulator.jmap.schema import facts
from stalwart_client.simulator.jmap.types import TYPES
from stalwart_client.simulator.limits import Busy, Limits, TooMany
from stalwart_client.simulator.state import State, copy
from stalwart_client.simulator.tables import Doc

EDITION: Final = "oss"
_LICENSED: Final = frozenset({"Metric", "Trace", "MaskedEmail", "ArchivedItem"})
_CORE: Final = {
    "maxSizeUpload": "maxUploadSize",
    "maxConcurrentUpload": "maxConcurrentUploads",
    "maxSizeRequest": "maxRequestSize",
    "maxConcurrentRequests": "maxConcurrentRequests",
    "maxCallsInRequest": "maxMethodCalls",
    "maxObjectsInGet": "getMaxResults",
    "maxObjectsInSet": "setMaxObjects",
}
"""The limits that a session tells, and the settings of x:Jmap behind them."""
_ROLES: Final = (
    ("User", "user"),
    ("Group", "group"),
    ("Tenant Administrator", "tenant"),
    ("System Administrator", "admin"),
)


def seed(state: State) -> None:
    """Put in what a new server has: its four roles, `b` to `e`, its listeners and its routes."""
    for description, role in _ROLES:
        doc = TYPES["Role"].kind.default()
        doc |= {
            "description": description,
            "enabledPermissions": dict.fromkeys(permissions.of_role("0.16", role), True),
        }
        state.put("Role", state.next_number("Role"), doc)
    for name, fact in facts()["types"].items():
        for doc in fact.get("seed", ()):
            state.put(name, state.next_snowflake(), copy(doc))


class JmapFace:
    """Answers requests as Stalwart 0.16.18 does."""

    def __init__(
        self, state: State, limits: Limits, faults: Faults, admin: tuple[str, str], *, exempt_loopback: bool
    ) -> None:
        self._state = state
        self._faults = faults
        self._admin = admin
        self._gate = Gate(state, limits, exempt_loopback=exempt_loopback)
        self._known_tokens: dict[str, str] = {}
        self._methods = registered()

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        self._run_tasks()
        try:
            request = self._gate.let_in(request)
            return self._routed(request)
        except Denied as exc:
            return self._gate.refusal(request, exc)
        except TooMany as exc:
            return rate_limited("0.16", budget=exc.budget, seconds=exc.seconds)
        except Busy as exc:
            return too_busy("0.16", at_once=exc.at_once)

    def enter(self, request: Request) -> Caller | Response:
        """Sign somebody in for a protocol other than HTTP, by the same rules; a refusal comes as HTTP's."""
        try:
            return self._caller(self._gate.let_in(request))
        except Denied as exc:
            return self._gate.refusal(request, exc)
        except TooMany as exc:
            return rate_limited("0.16", budget=exc.budget, seconds=exc.seconds)

    def forget(self) -> None:
        """Forget what a restart makes a server forget; it also reads every setting anew."""
        self._known_tokens.clear()
        self._state.recipients.clear()
        with self._state.writing():
            actions.reload_settings(self._state)
            actions.reload_addresses(self._state, "BlockedIp")

    def _routed(self, request: Request) -> Response:
        if http.is_counted(request) or request.path.startswith("/api/discover/"):
            self._gate.count_anonymous(request)
        open_door = http.open_door(request, "0.16")
        if open_door is not None:
            return open_door
        match request.route, request.method:
            case ("jmap", "session"), "GET":
                return self._session(request)
            case ("jmap", ""), "POST":
                return self._jmap(request)
            case ("jmap", "download"), "GET":
                return self._signed_in(request, lambda caller: self._download(caller, request))
            case ("api", "account"), _:
                return self._signed_in(request, self._account)
            case ("api", "token"), _:
                return self._signed_in(request, lambda _caller: http.not_found())
            case ("api", "schema"), _:
                return self._signed_in(request, lambda _caller: plain.schema(request))
        return self._open(request)

    def _open(self, request: Request) -> Response:
        """Answer what nobody has to sign in for."""
        if request.route == ("api", "discover") and len(request.parts) > 2:
            return plain.discovered()
        if autoconfig.is_autodiscover(request):
            return autoconfig.discovered(request, self._state.hostname)
        if request.method == "GET" and autoconfig.is_path(request.path):
            return autoconfig.answer(request, "0.16", self._state.hostname, self._state.hostname)
        answer = plain.page(request.path)
        if answer.status == 404 and not request.path.startswith("/api"):
            self._gate.ban_scanners(request)
        return answer

    def _signed_in(self, request: Request, work: Callable[[Caller], Response]) -> Response:
        caller = self._caller(request)
        with self._gate.admission(request, caller):
            self._faults.pause()
            return work(caller)

    def _in_force(self) -> Doc:
        with self._state.reading():
            return access.in_force(self._state, "Jmap")

    def _caller(self, request: Request) -> Caller:
        scheme, token = request.credentials
        # What let somebody in once is remembered by the token alone, whatever scheme it comes with later.
        known = self._known_tokens.get(token)
        if known is None and scheme != "basic":
            self._gate.count_anonymous(request)
        elif known is not None and scheme != known.partition(" ")[0]:
            request = replace(request, headers={**request.headers, "authorization": known})
        with self._state.reading():
            caller = access.sign_in(self._state, request, self._admin)
        if known is None:
            self._note_sign_in(request, caller)
            self._known_tokens[token] = f"{scheme} {token}"
        return caller

    def _note_sign_in(self, request: Request, caller: Caller) -> None:
        """Write a sign-in into the log, once: the server remembers credentials that were right."""
        number = "" if caller.is_recovery_admin else f", accountId = {ids.decode(caller.account)}"
        door = f'listenerId = "http", localPort = 8216, remoteIp = {request.remote}'
        details = f'{door}, accountName = "{caller.name}"{number}'
        self._state.note("info", "Authentication successful", "auth.success", details)

    def _session(self, request: Request) -> Response:
        if "authorization" not in request.headers:
            self._faults.pause()
            return session.session("0.16", request, self._state.hostname, core=self._core())

        def show(caller: Caller) -> Response:
            return session.session_of(
                "0.16",
                request,
                self._state.hostname,
                account=caller.account,
                name=caller.name,
                state=session.state_of(caller.account, caller.permissions),
                core=self._core(),
            )

        return self._signed_in(request, show)

    def _core(self) -> Doc:
        """Return what the session tells of the limits in force."""
        limits = self._in_force()
        return {told: limits[name] for told, name in _CORE.items()}

    def _account(self, caller: Caller) -> Response:
        """List what this credential may do, without what the server never lists (`/api/account`)."""
        left_out = permissions.hidden("0.16", "unlisted") | permissions.hidden("0.16", "directory")
        if caller.is_recovery_admin:
            left_out |= permissions.hidden("0.16", "own")
        shown = permissions.in_order("0.16", caller.permissions - left_out)
        with self._state.reading():
            doc = self._state.table("Account").get(ids.decode(caller.account) or 0)
        locale = doc["locale"] if doc else "POSIX"
        return http.answer({"permissions": shown, "edition": EDITION, "locale": locale})

    def _download(self, caller: Caller, request: Request) -> Response:
        """Give out the text of a message that waits, to who may fetch any blob."""
        match request.parts[2:]:
            case [account, number, name, *_] if ids.decode(account) is not None and caller.has("fetchAnyBlob"):
                with self._state.reading():
                    text = queue.text_named(self._state, number, queue.blob_id)
                if text is not None:
                    kind = request.parameters.get("accept", "application/octet-stream")
                    headers = [
                        ("content-type", kind),
                        ("content-disposition", f'attachment; filename="{quote(name)}"'),
                        ("cache-control", "private, immutable, max-age=31536000"),
                    ]
                    return Response(200, text, headers)
        return http.not_found()

    def _jmap(self, request: Request) -> Response:
        caller = self._caller(request)
        with self._gate.admission(request, caller):
            self._faults.pause()
            limits = self._in_force()
            read = envelope.refused(request, limits["maxRequestSize"]) or envelope.read(
                request, session.capabilities("0.16"), limits["maxMethodCalls"]
            )
            return read if isinstance(read, Response) else self._run(caller, read)

    def _run(self, caller: Caller, calls: Envelope) -> Response:
        context = Context(self._state, caller, self._faults.refused_item, calls.created or {})
        state = session.state_of(caller.account, caller.permissions)
        with self._state.writing() if calls.writes else self._state.reading():
            try:
                return envelope.respond(calls, state, context.created, partial(self._call, context))
            except Dropped as exc:  # what was done before stays
                broken = exc
        raise broken

    def _call(self, context: Context, method: str, arguments: Doc) -> Doc:
        known = self._methods.get(method)
        if known is not None:
            return known(context, arguments)
        holder = mail.Holder(context.state, context.caller.account, context.caller.has)
        answer = mail.call(holder, method, arguments)
        return self._other(context, method, arguments) if answer is None else answer

    def _other(self, context: Context, method: str, arguments: Doc) -> Doc:
        """Answer for the types that exist and are not simulated: they are empty."""
        name, _, verb = method.removeprefix("x:").partition("/")
        if not method.startswith("x:") or not permissions.has_method(name, verb):
            raise MethodError("unknownMethod", method)
        if verb != "set" and not context.caller.has(f"sys{name}{verb.capitalize()}"):
            raise forbidden()
        if name in _LICENSED:
            raise forbidden(ENTERPRISE)
        return plain.empty(context, name, verb, arguments)

    def _run_tasks(self) -> None:
        with self._state.reading():
            is_due = validation.has_due_task(self._state)
        if is_due:
            with self._state.writing():
                validation.run_tasks(self._state)
