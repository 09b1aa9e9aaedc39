"""Carrying out changes of mailboxes on 0.15: every change is a request, at most four at a time (rest.md 7.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from stalwart_client import _rest_principal as principals
from stalwart_client._answers import RateLimited
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    Invalid,
    NotFound,
    StalwartError,
    Unreachable,
    WrongCredentials,
)
from stalwart_client._http import MAX_IN_FLIGHT
from stalwart_client._rest_call import PRINCIPALS, Rest, principal_path
from stalwart_client._types import UNSET, Change, Create, Destroy, Mailbox, Outcome, Update, difference

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def apply(rest: Rest, changes: Sequence[Change]) -> list[Outcome]:
    """Carry out changes and say how each went, in the order given; those of one address in order."""
    lanes: dict[str, list[int]] = {}
    for position, change in enumerate(changes):
        lanes.setdefault(change.address.lower(), []).append(position)
    outcomes: dict[int, Outcome] = {}
    brake = _Brake()

    def drive(lane: list[int]) -> None:
        for position in lane:
            outcomes[position] = _outcome(rest, changes[position], brake)

    at_once(drive, list(lanes.values()))
    in_order = [outcomes[position] for position in range(len(changes))]
    if any(not each.error and _changes_addresses(each.change) for each in in_order):
        rest.forget_recipients()
    return in_order


def at_once(work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Do several things at the same time, as many as the server lets us, and return their results in order."""
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
        return list(pool.map(work, items))


class _Brake:
    """Ends a batch when the trouble is not one mailbox's but the server's."""

    def __init__(self) -> None:
        self.error: StalwartError | None = None
        self._unreachable = 0
        self._lock = threading.Lock()

    def saw(self, error: StalwartError | None) -> None:
        """Take note of how one change went: once is enough for a refusal, silence may be chance once."""
        with self._lock:
            self._unreachable = self._unreachable + 1 if isinstance(error, Unreachable) else 0
            if isinstance(error, WrongCredentials | RateLimited) or self._unreachable > 1:
                self.error = error


def _outcome(rest: Rest, change: Change, brake: _Brake) -> Outcome:
    error = brake.error
    if error is None:
        try:
            _carry_out(rest, change)
        except StalwartError as failure:
            error = failure
        brake.saw(error)
    return Outcome(change, error)


def _carry_out(rest: Rest, change: Change) -> None:
    if "@" not in change.address:
        # An empty name in the path would speak of all principals, a short one of a role or a list.
        raise Invalid("This is not the address of a mailbox.", subject=change.address)
    match change:
        case Create():
            _create(rest, change)
        case Update():
            _update(rest, change)
        case Destroy():
            _destroy(rest, change)


def _create(rest: Rest, change: Create) -> None:
    body = principals.creation(change)
    try:
        rest.call("POST", PRINCIPALS, body=body, idempotent=False)
    except RateLimited:
        raise
    except (Unreachable, Busy):
        # Nobody knows whether it was made, so look before anything is made twice.
        made = rest.principal(change.address.lower(), "individual")
        if made is None:
            raise
        if not _is_result_of(change, made):
            raise AlreadyExists("The address is taken.", subject=change.address) from None


def _update(rest: Rest, change: Update) -> None:
    current = Mailbox(address=change.address.lower())
    if principals.needs_present(change):
        found = rest.principal(current.address, "individual")
        if found is None:
            raise NotFound("The mail server has no such mailbox.", subject=change.address)
        current = principals.mailbox(found)
    steps = principals.patch(change, current)
    rest.call("PATCH", principal_path(current.address), body=steps, idempotent=True)


def _destroy(rest: Rest, change: Destroy) -> None:
    name = change.address.lower()
    # What is not a person's mailbox is not ours to delete, and this cannot be undone.
    if rest.principal(name, "individual") is None:
        return
    try:
        rest.call("DELETE", principal_path(name), idempotent=True)
    except NotFound:
        return


def _changes_addresses(change: Change) -> bool:
    return not (isinstance(change, Update) and change.aliases is UNSET and change.catch_all is UNSET)


def _is_result_of(change: Create, principal: dict[str, Any]) -> bool:
    wanted = replace(change.wanted, denials=change.wanted.denials & principals.PERMISSIONS.keys())
    same = difference(principals.mailbox(principal), wanted) is None
    return same and principals.holds_secret(principal, change.secret)
