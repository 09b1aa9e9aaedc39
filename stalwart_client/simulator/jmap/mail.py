"""The standard JMAP of both generations, as far as it shows whether somebody has mail and who else is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.errors import MethodError, forbidden
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

DISABLED: Final = "The administrator has disabled directory queries."
MAIL: Final = "urn:ietf:params:jmap:mail"
_URN: Final = "urn:ietf:params:jmap:"
_CAPABILITIES: Final = {
    "Core": f"{_URN}core",
    "Mailbox": MAIL,
    "Email": MAIL,
    "Thread": MAIL,
    "SearchSnippet": MAIL,
    "Principal": f"{_URN}principals",
    "Identity": f"{_URN}submission",
    "EmailSubmission": f"{_URN}submission",
    "VacationResponse": f"{_URN}vacationresponse",
    "SieveScript": f"{_URN}sieve",
    "Quota": f"{_URN}quota",
}
_MOST: Final = 500
FOLDERS: Final = (
    ("a", "Inbox", "inbox"),
    ("b", "Deleted Items", "trash"),
    ("c", "Junk Mail", "junk"),
    ("d", "Drafts", "drafts"),
    ("e", "Sent Items", "sent"),
)
_RIGHTS: Final = [
    "mayReadItems",
    "mayAddItems",
    "mayRemoveItems",
    "maySetSeen",
    "maySetKeywords",
    "mayCreateChild",
    "mayRename",
    "mayDelete",
    "maySubmit",
]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks for mail, in the words of his generation."""

    state: State
    account: str
    may: Callable[[str], bool]
    """Whether he has a permission, by its name in 0.16."""


def capability(method: str) -> str:
    """Return what a request must be `using` for this method, empty for those that need nothing."""
    return _CAPABILITIES.get(method.partition("/")[0], "")


def knows(method: str) -> bool:
    """Say whether this is a standard method that has an answer here."""
    return method in _METHODS


def call(holder: Holder, method: str, arguments: Doc) -> Doc | None:
    """Answer a standard method, None if it is none of those.

    :raises MethodError: if the holder may not, or it is about another's account
    """
    known = _METHODS.get(method)
    if known is None:
        return None
    permission, answer = known
    if method.startswith("Principal/") and holder.state.generation == "0.15":
        raise forbidden(DISABLED)
    if not holder.may(permission):
        raise forbidden()
    if method == "Core/echo":  # which may be given anything
        return arguments
    if holder.state.generation == "0.16" and ids.decode(arguments.get("accountId")) is None:
        if not method.startswith("Principal/"):
            raise MethodError("invalidArguments", 'The "accountId" property is required.')
        holder = replace(holder, account=ids.NONE)
    wanted = arguments.get("accountId", holder.account)
    if wanted != holder.account and not method.startswith("Principal/"):
        raise forbidden(f"You do not have access to account {wanted}")
    return answer(holder, arguments)


def _mailbox(number: str, name: str, role: str) -> Doc:
    counts = dict.fromkeys(("totalEmails", "unreadEmails", "totalThreads", "unreadThreads"), 0)
    rights = dict.fromkeys(_RIGHTS, True)
    return {
        "id": number,
        "name": name,
        "parentId": None,
        "role": role,
        "sortOrder": 0,
        "isSubscribed": False,
        "myRights": rights,
        **counts,
    }


def _mailboxes(holder: Holder, arguments: Doc) -> Doc:
    every = {number: _mailbox(number, name, role) for number, name, role in FOLDERS}
    return _got(holder, every, arguments)


def _principals(holder: Holder, arguments: Doc) -> Doc:
    rows = holder.state.table("Account").rows
    asked = arguments.get("ids")
    numbers = list(rows)[:_MOST] if asked is None else [ids.decode(one) for one in asked]
    every = {
        ids.encode(one): _principal(holder.state, one, rows[one]) for one in numbers if one is not None and one in rows
    }
    return _got(holder, every, arguments)


def _principal(state: State, number: int, doc: Doc) -> Doc:
    address = state.address(doc)
    kind = "individual" if doc["@type"] == "User" else "group"
    return {
        "id": ids.encode(number),
        "type": kind,
        "name": address,
        "description": doc["description"],
        "email": address,
    }


def _got(holder: Holder, every: dict[str, Doc], arguments: Doc) -> Doc:
    asked, properties = arguments.get("ids"), arguments.get("properties")
    if asked is not None and len(asked) > _MOST:
        raise MethodError("requestTooLarge")
    found = [every[one] for one in (every if asked is None else asked) if one in every]
    if properties is not None:
        found = [{key: value for key, value in one.items() if key in {"id", *properties}} for one in found]
    missing = [one for one in asked or () if one not in every]
    return {"accountId": holder.account, "state": "n", "list": found, "notFound": missing}


def _found(holder: Holder, numbers: list[str], arguments: Doc) -> Doc:
    start = max(int(arguments.get("position") or 0), 0)
    limit = arguments.get("limit")
    page = numbers[start:] if limit is None else numbers[start : start + int(limit)]
    answer = {
        "accountId": holder.account,
        "queryState": "n",
        "canCalculateChanges": True,
        "position": start,
        "ids": page,
    }
    return answer | ({"total": len(numbers)} if arguments.get("calculateTotal") else {})


def _query_mailboxes(holder: Holder, arguments: Doc) -> Doc:
    role = (arguments.get("filter") or {}).get("role")
    return _found(holder, [one for one, _, own in FOLDERS if role in {None, own}], arguments)


def _query_principals(holder: Holder, arguments: Doc) -> Doc:
    table = holder.state.table("Account")
    wanted = arguments.get("filter") or {}
    numbers = [number for number, doc in table if _is_wanted(holder.state, doc, wanted)]
    return _found(holder, [ids.encode(number) for number in numbers], arguments)


def _is_wanted(state: State, doc: Doc, wanted: Doc) -> bool:
    address = wanted.get("email") or wanted.get("name")
    kind = {"individual": "User", "group": "Group"}.get(wanted.get("type", ""))
    return (address is None or state.address(doc) == address) and (kind is None or doc["@type"] == kind)


def _nothing_found(holder: Holder, arguments: Doc) -> Doc:
    return _found(holder, [], arguments)


def _nothing_there(holder: Holder, arguments: Doc) -> Doc:
    return _got(holder, {}, arguments)


_METHODS: Final[dict[str, tuple[str, Callable[[Holder, Doc], Doc]]]] = {
    "Core/echo": ("jmapCoreEcho", lambda _holder, arguments: arguments),
    "Mailbox/get": ("jmapMailboxGet", _mailboxes),
    "Mailbox/query": ("jmapMailboxQuery", _query_mailboxes),
    "Email/query": ("jmapEmailQuery", _nothing_found),
    "Email/get": ("jmapEmailGet", _nothing_there),
    "Thread/get": ("jmapThreadGet", _nothing_there),
    "Principal/query": ("jmapPrincipalQuery", _query_principals),
    "Principal/get": ("jmapPrincipalGet", _principals),
}
