"""x:Action: what can be done rather than kept (jmap.md 4.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stalwart_client.simulator import ids, queue
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError, SetError
from stalwart_client.simulator.jmap.known import kind_of, problems
from stalwart_client.simulator.jmap.pointer import Pointer
from stalwart_client.simulator.jmap.registry import SetAnswer, changes, check_set, guarded
from stalwart_client.simulator.jmap.types import TYPES
from stalwart_client.simulator.state import State, stamp
from stalwart_client.simulator.tables import Doc


def get(context: Context, arguments: Doc) -> Doc:
    context.needs("sysActionGet")
    missing = [ids.cleaned(one) or one for one in arguments.get("ids") or ()]
    return {"accountId": context.account(arguments), "list": [], "notFound": missing}


def query(context: Context, _arguments: Doc) -> Doc:
    context.needs("sysActionQuery")
    raise MethodError("invalidArguments", "Actions cannot be queried")


def set_objects(context: Context, arguments: Doc) -> Doc:
    """Carry out actions; they have the same id if they come within a second."""
    check_set(context, "sysAction", arguments)
    answer = SetAnswer(context.account(arguments))
    for name, content in (arguments.get("create") or {}).items():
        guarded(context, answer.not_created, name, _doer(context, content), answer.created)
    update, destroy = changes(arguments, answer)
    for number in update:
        answer.not_updated[number] = SetError("forbidden", "Actions cannot be updated").content
    for number in destroy:
        answer.not_destroyed[number] = SetError("forbidden", "Actions cannot be destroyed").content
    return answer.content()


def _doer(context: Context, content: Any) -> Callable[[], Doc]:
    def act() -> Doc:
        shape = kind_of("Action")
        doc = shape.patch(shape.default(), Pointer(creating=True), content)
        wrong = list(problems("Action", doc))
        if wrong:
            raise SetError("validationFailed", validationErrors=wrong)
        kind = doc["@type"]
        if not context.caller.has(f"action{kind}"):
            raise SetError("forbidden", f"Insufficient permissions to perform action of type {kind}")
        _carry_out(context.state, str(kind))
        return {"id": ids.encode(int(context.state.clock().timestamp()))}

    return act


def _carry_out(state: State, kind: str) -> None:
    if kind == "ReloadSettings":
        reload_settings(state)
    elif kind == "ReloadBlockedIps":
        reload_addresses(state, "BlockedIp")
    elif kind in {"PauseMtaQueue", "ResumeMtaQueue"}:
        queue.pause(state, paused=kind == "PauseMtaQueue")


def in_force(state: State, name: str) -> list[str]:
    """Return the addresses of x:BlockedIp or x:AllowedIp that count now: since the last reload, until they expire."""
    now = stamp(state.clock())
    return [address for address, until in (state.table(f"active:{name}").get(0) or {}).items() if (until or "9") > now]


def put_in_force(state: State, name: str, address: str, until: str | None) -> None:
    """Let an address count at once."""
    state.put(f"active:{name}", 0, {**(state.table(f"active:{name}").get(0) or {}), address: until})


def reload_addresses(state: State, name: str) -> None:
    """Put the list of blocked or of allowed addresses in force, and take those off it that have expired."""
    now = stamp(state.clock())
    for number, doc in list(state.table(name)):
        if (doc["expiresAt"] or "9") <= now:
            state.drop(name, number)
    state.put(f"active:{name}", 0, {doc["address"]: doc["expiresAt"] for _, doc in state.table(name)})


def reload_settings(state: State) -> None:
    """Put the settings objects in force; before that nothing of a change is seen (jmap.md 12.23)."""
    for name, each in TYPES.items():
        doc = state.table(name).get(0) if each.is_singleton else None
        if doc is not None:
            state.put(f"active:{name}", 0, doc)
    reload_addresses(state, "AllowedIp")
