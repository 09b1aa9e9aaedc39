"""x:Task: work that a server does by itself, here done at once or, where it cannot be done, shown as failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap import query as queries
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError, SetError, no_such
from stalwart_client.simulator.jmap.known import kind_of, problems
from stalwart_client.simulator.jmap.paging import paged
from stalwart_client.simulator.jmap.pointer import Pointer
from stalwart_client.simulator.jmap.registry import SetAnswer, changes, check_set, guarded, resolved
from stalwart_client.simulator.state import stamp
from stalwart_client.simulator.tables import Doc

KIND: Final = "Task"
_INTERNAL: Final = frozenset(
    {
        "CalendarAlarmEmail",
        "CalendarAlarmNotification",
        "CalendarItipMessage",
        "MergeThreads",
        "DmarcReport",
        "TlsReport",
        "DestroyAccount",
        "RestoreArchivedItem",
    }
)
_LINKS: Final = {"domainId": "Domain", "accountId": "Account", "tenantId": "Tenant"}


def get(context: Context, arguments: Doc) -> Doc:
    context.needs("sysTaskGet")
    table = context.state.table(KIND)
    asked = arguments.get("ids")
    wanted = (
        [ids.encode(number) for number in table.ids] if asked is None else [ids.cleaned(one) or one for one in asked]
    )
    found = [(one, table.get(ids.decode(one) or 0)) for one in wanted]
    items = [{**doc, "id": one} for one, doc in found if doc is not None]
    return {
        "accountId": context.account(arguments),
        "list": items,
        "notFound": [one for one, doc in found if doc is None],
    }


def query(context: Context, arguments: Doc) -> Doc:
    context.needs("sysTaskQuery")
    found = list(context.state.table(KIND))
    for name, value in queries.conditions(arguments):
        if name not in {"@type", "status", "due"}:
            raise queries.unsupported(name)
        found = [(number, doc) for number, doc in found if value in {doc["@type"], doc["status"]["@type"]}]
    sort = queries.first_sort(arguments)
    if sort.name not in {"id", "due"}:
        raise MethodError("unsupportedSort", "Only sorting by 'due' is supported for tasks")
    found.sort(key=lambda item: item[0], reverse=not sort.ascending)
    return paged(context.account(arguments), [number for number, _ in found], arguments)


def set_objects(context: Context, arguments: Doc) -> Doc:
    """Start tasks and forget failed ones."""
    check_set(context, "sysTask", arguments)
    answer = SetAnswer(context.account(arguments))
    for name, content in (arguments.get("create") or {}).items():
        guarded(context, answer.not_created, name, _starter(context, name, content), answer.created)
    update, destroy = changes(arguments, answer)
    for number in update:
        guarded(context, answer.not_updated, number, partial(_find, context, number), answer.updated)
    for number in destroy:
        guarded(context, answer.not_destroyed, number, _forgetter(context, number), answer.destroyed)
    return answer.content()


def _starter(context: Context, name: str, content: Any) -> Callable[[], Doc]:
    def start() -> Doc:
        kind = kind_of(KIND)
        doc = kind.patch(kind.default(), Pointer(creating=True), resolved(context, content))
        wrong = list(problems(KIND, doc))
        if wrong:
            raise SetError("validationFailed", validationErrors=wrong)
        if doc["@type"] in _INTERNAL:
            words = f"{doc['@type']} is an internal task type that cannot be created by clients"
            raise SetError("forbidden", words)
        _check_links(context, doc)
        number = context.state.next_snowflake()
        _carry_out(context, number, doc)
        context.created[name] = ids.encode(number)
        return {"id": ids.encode(number)}

    return start


def _check_links(context: Context, doc: Doc) -> None:
    for field, kind in _LINKS.items():
        number = doc.get(field)
        if number and context.state.table(kind).get(ids.decode(number) or 0) is None:
            raise no_such(kind, number)


def _carry_out(context: Context, number: int, doc: Doc) -> None:
    """Do a task: nothing is left of one that succeeds."""
    if doc["@type"] != "DkimManagement":
        return
    domain = context.state.table("Domain").rows[ids.decode(doc["domainId"]) or 0]
    if domain["dkimManagement"]["@type"] != "Automatic":
        now = stamp(context.state.clock())
        reason = "Domain is not set to automatic DKIM management"
        failed = {"@type": "Failed", "failedAt": now, "failedAttemptNumber": 0, "failureReason": reason}
        context.state.put(KIND, number, {**doc, "status": {**failed, "createdAt": now}})


def _find(context: Context, number: str) -> None:
    if context.state.table(KIND).get(ids.decode(number) or 0) is None:
        raise SetError("notFound")


def _forgetter(context: Context, number: str) -> Callable[[], None]:
    def forget() -> None:
        _find(context, number)
        context.state.drop(KIND, ids.decode(number) or 0)

    return forget
