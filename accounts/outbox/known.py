"""Telling the panel's own doing from a stranger's: what of a mailbox may be written over.

`Account.mailbox_known` keeps, by field, the values that the server has or may have through us: what was read
back after the last change, and what was sent since, committed before it is sent, so that a lost answer or a
kill -9 is never taken for somebody else. A field that holds anything else was changed by a person. Then it is
left alone and shown with both versions, except where our change shuts a door: locks and ends are always applied.
A field that is not named (records of before this was kept) holds nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from accounts.domain.drift import Field
from stalwart_client import UNSET, Denial, Mailbox, Unset, Update, Wanted

Known: TypeAlias = Mapping[str, Any]

EXISTS = "exists"
"""The mailbox was seen on the server, so that a missing one was deleted by somebody."""
GIVEN_UP = "given_up"
"""It was deleted from outside, and a person has left it at that."""

_DENIALS: dict[Field, Denial] = {
    Field.LOCKED: Denial.SIGN_IN,
    Field.RECEIVE: Denial.RECEIVE,
    Field.CREDENTIALS: Denial.CREDENTIALS,
    Field.DIRECTORY: Denial.DIRECTORY,
}


def values(mailbox: Mailbox | Wanted) -> dict[str, Any]:
    """Return what the panel owns of a mailbox, as plain values."""
    denied = {field.value: denial in mailbox.denials for field, denial in _DENIALS.items()}
    groups = {} if isinstance(mailbox.groups, Unset) else {Field.GROUPS.value: sorted(mailbox.groups)}
    return {
        Field.NAME.value: mailbox.name,
        Field.QUOTA.value: mailbox.quota,
        Field.ALIASES.value: sorted(mailbox.aliases),
        **groups,
        **denied,
        Field.DEADLINE.value: _written(mailbox.deadline),
    }


def differing(update: Update) -> list[Field]:
    """Return what an update changes, in the order of `Field`."""
    changed = {
        Field.NAME: update.name is not UNSET,
        Field.QUOTA: update.quota is not UNSET,
        Field.ALIASES: update.aliases is not UNSET,
        Field.GROUPS: update.groups is not UNSET,
        Field.DEADLINE: update.deadline is not UNSET,
        **{field: denial in update.deny | update.allow for field, denial in _DENIALS.items()},
    }
    return [field for field in Field if changed[field]]


def strangers(update: Update, there: Mailbox, known: Known) -> list[Field]:
    """Return what an update would write over, though it was somebody else's doing."""
    return [
        field
        for field in differing(update)
        if field in known and _is_strange(field, update, there, known[field]) and not shuts(field, update, there)
    ]


def _is_strange(field: Field, update: Update, there: Mailbox, ours: Sequence[Any]) -> bool:
    if field is Field.GROUPS and not isinstance(update.groups, Unset):
        return _is_moved(set(update.groups), set(there.groups), [set(groups) for groups in ours])
    return values(there)[field] not in ours


def _is_moved(wanted: set[str], there: set[str], ours: Sequence[set[str]]) -> bool:
    """Say whether somebody took the mailbox out of a group that it surely was in, or put it into one to be left.

    It may be in any number of groups that are none of the panel's; so it is asked for each group, not for the whole.
    """
    taken_out = any(all(group in groups for groups in ours) for group in wanted - there)
    return taken_out or any(all(group not in groups for groups in ours) for group in there - wanted)


def without(update: Update, fields: Iterable[Field]) -> Update | None:
    """Take fields out of an update; None where nothing is left to do."""
    left_out = set(fields)
    denials = frozenset(_DENIALS[field] for field in left_out if field in _DENIALS)
    rest = replace(
        update,
        name=UNSET if Field.NAME in left_out else update.name,
        quota=UNSET if Field.QUOTA in left_out else update.quota,
        aliases=UNSET if Field.ALIASES in left_out else update.aliases,
        groups=UNSET if Field.GROUPS in left_out else update.groups,
        deadline=UNSET if Field.DEADLINE in left_out else update.deadline,
        deny=update.deny - denials,
        allow=update.allow - denials,
    )
    return None if rest == Update(address=update.address, id=update.id) else rest


def of_new(wanted: Wanted) -> dict[str, Any]:
    """Return what is known of a mailbox that is about to be made. It is made in no group, and joins them after."""
    made = {field: [value] for field, value in values(replace(wanted, groups=())).items()}
    return with_sent(made, wanted, () if isinstance(wanted.groups, Unset) else [Field.GROUPS])


def with_sent(known: Known, wanted: Wanted, fields: Iterable[Field]) -> dict[str, Any]:
    """Add what is about to be sent."""
    return adding(known, {field: values(wanted)[field] for field in fields})


def adding(known: Known, given: Mapping[str, Any]) -> dict[str, Any]:
    """Let values count as ours: they were sent, or a person has seen them and decided about them."""
    more = {
        field: known[field] + ([] if value in known[field] else [value])
        for field, value in given.items()
        if field in known
    }
    return {**known, **more}


def read_back(known: Known, mailbox: Mailbox, foreign: Iterable[Field]) -> dict[str, Any]:
    """Return what is known after a look at a mailbox; what a stranger wrote does not become ours by being seen."""
    kept = {field.value: known[field] for field in foreign if field in known}
    return {**{field: [value] for field, value in values(mailbox).items()}, **kept, EXISTS: True}


def is_gone(known: Known) -> bool:
    """Say whether a mailbox that is not there was there once."""
    return bool(known.get(EXISTS) or known.get(GIVEN_UP))


def shuts(field: Field, update: Update, there: Mailbox) -> bool:
    """Say whether an update shuts a door, or moves an end to an earlier moment."""
    if field in _DENIALS:
        return _DENIALS[field] in update.deny
    if field is not Field.DEADLINE or isinstance(update.deadline, Unset) or update.deadline is None:
        return False
    return there.deadline is None or update.deadline < there.deadline


def both_versions(wanted: Wanted, there: Mailbox, fields: Iterable[Field]) -> dict[str, Any]:
    """Return fields as a difference keeps them."""
    here, is_now = values(wanted), values(there)
    return {field.value: {"here": here[field], "there": is_now[field]} for field in fields}


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(microsecond=0).isoformat() if at else None
