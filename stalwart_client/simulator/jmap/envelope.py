"""The JMAP request and response around the method calls, the same for both generations (jmap.md 2.3 and 2.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from stalwart_client.simulator.http import PROBLEM, Request, Response, answer, limit_exceeded
from stalwart_client.simulator.jmap import mail
from stalwart_client.simulator.jmap.errors import MethodError, NotRequest
from stalwart_client.simulator.tables import Doc

MOST_CALLS: Final = 16
LARGEST: Final = 10_000_000
_STATE: Final = re.compile("n|[sr][a-z0-9]+")
Call: TypeAlias = tuple[str, Doc, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request that could be read."""

    using: list[str]
    calls: list[Call]
    created: dict[str, str] | None

    @property
    def writes(self) -> bool:
        return any(method.endswith("/set") for method, _, _ in self.calls)


def refused(request: Request) -> Response | None:
    """Refuse a body that is too large or of the wrong type, None if it may be read."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind != "application/json":
        detail = "Failed to parse JSON: The Content-Type header must be application/json."
        return _error("notJSON", detail)
    if len(request.body) > LARGEST:
        return limit_exceeded("maxSizeRequest", "The request is larger than the server is willing to process.")
    return None


def read(request: Request, capabilities: frozenset[str]) -> Envelope | Response:
    """Read a request, or return the answer to one that makes no sense; that echoes the whole body."""
    try:
        envelope = _parsed(json.loads(request.body), capabilities)
    except (ValueError, NotRequest):
        return _error("notRequest", request.body.decode(errors="replace"))
    if len(envelope.calls) > MOST_CALLS:
        words = "The request exceeds the maximum number of calls in a single request."
        return limit_exceeded("maxCallsInRequest", words)
    return envelope


def respond(envelope: Envelope, state: str, created: dict[str, str], run: Callable[[str, Doc], Doc]) -> Response:
    """Run the calls one after the other and return what each of them answered."""
    responses: list[list[Any]] = []
    for method, arguments, tag in envelope.calls:
        try:
            _check_using(envelope, method)
            content = run(method, _with_references(arguments, responses, created))
            responses.append([method, content, tag])
        except MethodError as exc:
            responses.append(["error", exc.content, tag])
    told = {"createdIds": created} if envelope.created is not None else {}
    return answer({"methodResponses": responses, "sessionState": state, **told})


def _error(kind: str, detail: str) -> Response:
    content = {"type": f"urn:ietf:params:jmap:error:{kind}", "status": 400, "detail": detail}
    return answer(content, status=400, content_type=PROBLEM)


def _parsed(content: Any, capabilities: frozenset[str]) -> Envelope:
    match content:
        case {"using": list(using), "methodCalls": list(calls)} if all(one in capabilities for one in using):
            created = content.get("createdIds")
            return Envelope(using, [_call(one) for one in calls], dict(created) if isinstance(created, dict) else None)
    raise NotRequest


def _call(content: Any) -> Call:
    match content:
        case [str(method), dict(arguments), str(tag)]:
            _check_arguments(arguments)
            return method, arguments, tag
    raise NotRequest


def _check_arguments(arguments: Doc) -> None:
    """Refuse arguments of the wrong shape, which spoil the whole request."""
    shapes = {
        "ids": list,
        "properties": list,
        "create": dict,
        "update": dict,
        "destroy": list,
        "filter": dict,
        "sort": list,
    }
    for name, shape in shapes.items():
        if arguments.get(name) is not None and not isinstance(arguments[name], shape):
            raise NotRequest
    for name in ("limit", "position", "anchorOffset"):
        value = arguments.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise NotRequest
    state = arguments.get("ifInState")
    if state is not None and not (isinstance(state, str) and _STATE.fullmatch(state)):
        raise NotRequest


def _check_using(envelope: Envelope, method: str) -> None:
    needed = mail.capability(method)
    if needed and needed not in envelope.using:
        words = f'Method {method} requires capability {needed} which is not present in the "using" property.'
        raise MethodError("unknownMethod", words)


def _with_references(arguments: Doc, responses: list[list[Any]], created: dict[str, str]) -> Doc:
    """Put in what `#ids` and its like point at in earlier answers, and the ids of created objects."""
    result: Doc = {}
    for name, value in arguments.items():
        if name.startswith("#") and isinstance(value, dict):
            result[name[1:]] = _referred(value, responses)
        else:
            result[name] = value
    if isinstance(result.get("ids"), list):
        result["ids"] = [_created(one, created) for one in result["ids"]]
    return result


def _created(one: Any, created: dict[str, str]) -> Any:
    if not isinstance(one, str) or not one.startswith("#"):
        return one
    if one[1:] not in created:
        raise MethodError("invalidResultReference", f'Invalid reference to non-existing object "{one[1:]}"')
    return created[one[1:]]


def _referred(reference: Doc, responses: list[list[Any]]) -> Any:
    for name, content, tag in responses:
        if tag == reference.get("resultOf") and name == reference.get("name"):
            found = _follow(content, str(reference.get("path", "")).split("/")[1:])
            return found if isinstance(found, list) else [found]
    raise MethodError("invalidResultReference", f"Failed to evaluate {json.dumps(reference)} result reference.")


def _follow(content: Any, path: list[str]) -> Any:
    if not path:
        return content
    head, *rest = path
    if head == "*" and isinstance(content, list):
        found = [_follow(one, rest) for one in content]
        return [inner for one in found for inner in (one if isinstance(one, list) else [one])]
    if isinstance(content, list) and head.isdigit() and int(head) < len(content):
        return _follow(content[int(head)], rest)
    if isinstance(content, dict) and head in content:
        return _follow(content[head], rest)
    raise MethodError("invalidResultReference", f'Failed to evaluate "{head}" result reference.')
