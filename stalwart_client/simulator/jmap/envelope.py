"""The JMAP request and response around the method calls, the same for both generations (jmap.md 2.3 and 2.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import PROBLEM, Request, Response, answer, limit_exceeded, read_json
from stalwart_client.simulator.jmap import mail, references
from stalwart_client.simulator.jmap.arguments import Misfit, find_misfit, is_method
from stalwart_client.simulator.jmap.errors import MethodError, NotRequest
from stalwart_client.simulator.tables import Doc

MOST_CALLS: Final = 16
LARGEST: Final = 10_000_000
_NO_JSON: Final = "expected value at line 1 column 1"
Call: TypeAlias = tuple[str, Doc | Misfit, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request that could be read."""

    using: list[str]
    calls: list[Call]
    created: dict[str, str] | None

    @property
    def writes(self) -> bool:
        return any(method.endswith("/set") for method, _, _ in self.calls)


def refused(request: Request, largest: int = LARGEST) -> Response | None:
    """Refuse a body that is too large or of the wrong type, None if it may be read."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        detail = "Failed to parse JSON: The Content-Type header must be application/json."
        return _error("notJSON", detail)
    return refused_size(request, largest)


def refused_size(request: Request, largest: int = LARGEST) -> Response | None:
    """Refuse a body that is too large, None if it may be read."""
    if len(request.body) > largest:
        return limit_exceeded("maxSizeRequest", "The request is larger than the server is willing to process.")
    return None


def read(
    request: Request, capabilities: frozenset[str], most_calls: int = MOST_CALLS, *, echoes: bool = True
) -> Envelope | Response:
    """Read a request, or return the answer to one that makes no sense; 0.16's echoes the whole body."""
    try:
        envelope = _parsed(read_json(request.body), capabilities)
    except (ValueError, NotRequest):
        return _error("notRequest", request.body.decode(errors="replace") if echoes else _NO_JSON)
    if len(envelope.calls) > most_calls:
        words = "The request exceeds the maximum number of calls in a single request."
        return limit_exceeded("maxCallsInRequest", words)
    return envelope


def respond(envelope: Envelope, state: str, created: dict[str, str], run: Callable[[str, Doc], Doc]) -> Response:
    """Run the calls one after the other and return what each of them answered."""
    responses: list[list[Any]] = []
    for method, arguments, tag in envelope.calls:
        try:
            _check_using(envelope, method)
            content = run(method, references.resolved(method, _fitting(arguments), responses, created))
            responses.append([method, content, tag])
        except MethodError as exc:
            responses.append(["error", exc.content, tag])
    told = {"createdIds": created} if envelope.created is not None and created else {}
    return answer({"methodResponses": responses, "sessionState": state, **told})


def _error(kind: str, detail: str) -> Response:
    content = {"type": f"urn:ietf:params:jmap:error:{kind}", "status": 400, "detail": detail}
    return answer(content, status=400, content_type=PROBLEM)


def _parsed(content: Any, capabilities: frozenset[str]) -> Envelope:
    match content:
        case {"using": list(using), "methodCalls": list(calls)} if all(
            isinstance(one, str) and one in capabilities for one in using
        ):
            created = content.get("createdIds")
            return Envelope(using, [_call(one) for one in calls], None if created is None else _known_ids(created))
    raise NotRequest


def _known_ids(content: Any) -> dict[str, str]:
    """Read what the caller says was created before."""
    known = {name: ids.cleaned(one) for name, one in content.items()} if isinstance(content, dict) else {"": None}
    read = {name: one for name, one in known.items() if one is not None}
    if len(read) < len(known):
        raise NotRequest
    return read


def _call(content: Any) -> Call:
    match content:
        case [str(method), _, str(tag)] if not is_method(method):  # of such a call nothing else is looked at
            return method, {}, tag
        case [str(method), arguments, str(tag)]:
            misfit = find_misfit(method, arguments)
            if misfit is not None and not misfit.is_last:
                raise NotRequest
            return method, arguments if misfit is None else misfit, tag
    raise NotRequest


def _fitting(arguments: Doc | Misfit) -> Doc:
    """Let arguments pass that have the right shape.

    :raises MethodError: about those that have not
    """
    if isinstance(arguments, Misfit):
        raise MethodError("invalidArguments", str(arguments))
    return arguments


def _check_using(envelope: Envelope, method: str) -> None:
    needed = mail.capability(method)
    if needed and needed not in envelope.using:
        words = f'Method {method} requires capability {needed} which is not present in the "using" property.'
        raise MethodError("unknownMethod", words)
