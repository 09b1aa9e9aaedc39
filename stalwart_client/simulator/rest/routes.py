"""What stands under `/api` on 0.15, by the first word of the path after it (rest.md 2 to 4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from stalwart_client.simulator import http
from stalwart_client.simulator import queue as messages
from stalwart_client.simulator.http import Request, Response, answer
from stalwart_client.simulator.jmap import mail
from stalwart_client.simulator.rest import network, principals, queue, selfservice, settings
from stalwart_client.simulator.rest.access import Caller
from stalwart_client.simulator.rest.errors import ApiError, not_found
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

Handler: TypeAlias = Callable[[State, Caller, Request, list[str]], Response]

_REPORT: Final = re.compile(r"[0-9]+_[0-9]+")
_RELOADED: Final[Doc] = {"warnings": {}, "errors": {}}


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
        case "DELETE", [key, *_] if key:
            return settings.delete(state, caller, key)
    return http.not_found()


def _dkim(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    match request.method, parts:
        case "POST", _:
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
    if request.method != "GET":
        return http.not_found()
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
    if request.method != "GET":
        return http.not_found()
    caller.needs("restart")
    raise ApiError("unsupported", details="Restart is not yet supported")


def _spam_filter(_state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    caller.needs("spam-filter-train")
    match request.method, parts:
        case "GET", ["train", ("start" | "stop" | "reset" | "delete" | "status") as step, *_]:
            return answer({"data": step != "status"})
    return http.not_found()


ROUTES: Final[dict[str, Handler]] = {
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
