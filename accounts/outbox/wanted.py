"""From our record to what should be true on the server; no clock, no server, no surprises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from accounts.domain.lifecycle import State
from accounts.models import Account
from stalwart_client import UNSET, Capabilities, Denial, Mailbox, Unset, Wanted

_DENIED: dict[State, frozenset[Denial]] = {
    State.SCHEDULED: frozenset({Denial.SIGN_IN}),
    State.ACTIVE: frozenset(),
    State.SUSPENDED: frozenset({Denial.SIGN_IN}),
    State.ENDED: frozenset({Denial.SIGN_IN}),
    State.CLOSED: frozenset({Denial.SIGN_IN, Denial.RECEIVE}),
}


def whole(
    account: Account, present: Mailbox | None, capabilities: Capabilities, aliases: Iterable[str] | None = None
) -> Wanted | None:
    """Return what the mailbox should be, with the groups, which depend on those that it is in."""
    want = wanted(account, capabilities, aliases)
    return replace(want, groups=groups(account, present)) if want else None


def wanted(account: Account, capabilities: Capabilities, aliases: Iterable[str] | None = None) -> Wanted | None:
    """Return what the mailbox should be, or None where there should be none; `aliases` spares asking for them.

    The deadline is the belt to the sweep's braces (lifecycle.md): where the server keeps one, the holder may
    not lift it, so changing credentials is denied with it.
    """
    state = State(account.state)
    if state is State.PURGED or (state is State.SCHEDULED and not account.mail_before_start):
        return None
    deadline = account.ends_at if account.server_deadline and capabilities.deadlines else None
    denials = _DENIED[state] | {Denial(denial) for denial in account.denials}
    if deadline:
        denials |= {Denial.CREDENTIALS}
    return Wanted(
        address=account.address,
        name=account.name,
        aliases=tuple(sorted([alias.address for alias in account.aliases.all()] if aliases is None else aliases)),
        quota=account.quota,
        denials=denials & capabilities.denials,
        deadline=deadline,
    )


def groups(account: Account, present: Mailbox | None) -> tuple[str, ...] | Unset:
    """Return the groups that a mailbox should be in: ours joined, those that it belongs in no more left.

    A group that somebody else put it into stays: the panel takes back only what it gave.
    """
    if not account.groups and not account.groups_to_leave:
        return UNSET
    there = set(present.groups) if present else set()
    return tuple(sorted((there - set(account.groups_to_leave)) | set(account.groups)))
