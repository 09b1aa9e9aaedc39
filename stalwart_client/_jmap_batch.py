"""Carrying out changes of mailboxes on 0.16 (jmap.md 3.3, 10): up to BATCH are one request, each fails alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stalwart_client import _jmap_account as accounts
from stalwart_client import _jmap_ties as ties
from stalwart_client._answers import RateLimited, fitting
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    Invalid,
    NotFound,
    StalwartError,
    Unreachable,
    WrongCredentials,
)
from stalwart_client._jmap_call import Jmap, Linked, TooLarge, Verb, chunks
from stalwart_client._jmap_changes import creation, patch
from stalwart_client._jmap_domains import DomainIds
from stalwart_client._jmap_linked import in_use
from stalwart_client._jmap_links import Links, read_links
from stalwart_client._jmap_lookup import Accounts
from stalwart_client._types import Change, Create, Destroy, Outcome, Unset, Update

BATCH = 100
"""The most changes in one call: more are not faster, and a lost answer leaves more in doubt."""
_OF_THE_SERVER = (Unreachable, WrongCredentials, RateLimited)
"""Errors that the next batch would only meet again."""


@dataclass(frozen=True, slots=True)
class _Deed:
    """One change as it goes over the wire; `position` is its place among the changes."""

    position: int
    verb: Verb
    key: str
    value: Any = None


@dataclass(slots=True)
class _Batch:
    """Changes by their position, and what was read just before they are carried out."""

    changes: Mapping[int, Change]
    known: Mapping[str, accounts.Account]
    domain_ids: Mapping[str, str]
    links: Links | None
    patches: dict[int, ties.Patches] = field(default_factory=dict)

    def patches_for(self, change: Change) -> ties.Patches:
        """Return what a change needs beside its account."""
        if self.links is None or not ties.has_ties(change):
            return {}
        account = self.known.get(change.address.lower())
        aliases = accounts.mailbox(account, self.links).aliases if account else ()
        return ties.patches(change, aliases, self.links)


class Batches:
    """Applies changes batch by batch."""

    def __init__(self, jmap: Jmap, found: Accounts, domains: DomainIds) -> None:
        self._jmap = jmap
        self._accounts = found
        self._domains = domains

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes and say how each went, in the order given.

        When the server as a whole does not answer, that is the outcome of all that were not carried out.
        """
        outcomes: dict[int, Outcome] = {}
        trouble: StalwartError | None = None
        for batch in _batches(changes):
            failure = trouble
            if trouble is None:
                try:
                    self._apply(batch, outcomes)
                except StalwartError as error:
                    failure = error
                    trouble = error if isinstance(error, _OF_THE_SERVER) else None
            if failure is not None:
                for position, change in batch.items():
                    outcomes.setdefault(position, Outcome(change, failure))
        return [outcomes[position] for position in range(len(changes))]

    def _apply(self, changes: dict[int, Change], outcomes: dict[int, Outcome]) -> None:
        batch = self._read(changes)
        deeds = []
        for position, change in changes.items():
            try:
                deed = self._deed(position, change, batch)
                batch.patches[position] = batch.patches_for(change)
            except StalwartError as error:
                outcomes[position] = Outcome(change, error)
            else:
                if deed is None:
                    outcomes[position] = Outcome(change)
                else:
                    deeds.append(deed)
        try:
            for packet in chunks(deeds, self._jmap.limits().set):
                for deed, result in self._send(packet):
                    outcomes[deed.position] = self._outcome(changes[deed.position], result)
        finally:
            # Also where a later packet failed: what went well before is not well without its ties.
            self._tie(batch, outcomes)

    def _read(self, changes: Mapping[int, Change]) -> _Batch:
        """Read accounts, domains and links as late as can be: patches go by index."""
        hints = {c.address.lower(): c.id for c in changes.values() if not isinstance(c, Create)}
        tied = any(map(ties.has_ties, changes.values()))
        return _Batch(
            changes=changes,
            known=self._accounts.at(hints) if hints else {},
            domain_ids=self._domains.ids_of(domain for change in changes.values() for domain in _domains_of(change)),
            links=read_links(self._jmap) if tied else None,
        )

    def _tie(self, batch: _Batch, outcomes: dict[int, Outcome]) -> None:
        """Put mailboxes on lists and behind domains once their accounts are as they should be."""
        good = [n for n, each in batch.patches.items() if each and n in outcomes and outcomes[n].error is None]
        for n, error in zip(good, ties.carry_out(self._jmap, [batch.patches[n] for n in good]), strict=True):
            if error is not None:
                outcomes[n] = Outcome(batch.changes[n], error, outcomes[n].id)

    def _deed(self, position: int, change: Change, batch: _Batch) -> _Deed | None:
        """Return what is to be sent for a change, None where nothing is."""
        account = batch.known.get(change.address.lower())
        match change:
            case _ if "@" not in change.address:
                raise Invalid("This is not the address of a mailbox.", subject=change.address)
            case Create():
                body = creation(change, batch.domain_ids, batch.links)
                return _Deed(position, "create", f"c{position}", body)
            case Destroy():
                return _Deed(position, "destroy", account["id"]) if account else None
            case Update():
                if account is None:
                    raise NotFound("The mail server has no such mailbox.", subject=change.address)
                changed = patch(account, change, batch.domain_ids, self._domains.name_of, batch.links)
                return _Deed(position, "update", account["id"], changed) if changed else None

    def _outcome(self, change: Change, result: Any) -> Outcome:
        match result:
            case NotFound(subject="domain"):
                self._domains.forget()
                return Outcome(change, Busy("The domain was replaced by another meanwhile.", subject="domain"))
            case NotFound() if isinstance(change, Destroy):
                return Outcome(change)
            case NotFound() | AlreadyExists():
                result.subject = _subject_of(change)
                return Outcome(change, result)
            case Linked():
                error = in_use(self._jmap, result, "Something else points at the mailbox.", subject=change.address)
                return Outcome(change, error)
            case StalwartError():
                return Outcome(change, result)
        with fitting("a new mailbox"):
            return Outcome(change, id=str(result["id"]) if isinstance(change, Create) else "")

    def _send(self, packet: Sequence[_Deed]) -> Iterator[tuple[_Deed, Any]]:
        """Carry out deeds in one request, or in two halves where that is too large; yield the result of each."""
        try:
            results = self._jmap.set("x:Account", _arguments(packet))
        except TooLarge as error:
            if len(packet) == 1:
                yield packet[0], error
                return
            half = len(packet) // 2
            yield from self._send(packet[:half])
            yield from self._send(packet[half:])
        else:
            yield from ((deed, results[deed.verb, deed.key]) for deed in packet)


def _batches(changes: Sequence[Change]) -> Iterator[dict[int, Change]]:
    """Yield changes by their position, no address twice in a batch: those of one address keep their order."""
    turns: Counter[str] = Counter()
    rounds: list[dict[int, Change]] = []
    for position, change in enumerate(changes):
        address = change.address.lower()
        if turns[address] == len(rounds):
            rounds.append({})
        rounds[turns[address]][position] = change
        turns[address] += 1
    for each in rounds:
        for some in chunks(list(each.items()), BATCH):
            yield dict(some)


def _arguments(packet: Iterable[_Deed]) -> dict[Verb, Any]:
    arguments: dict[Verb, Any] = {}
    for deed in packet:
        if deed.verb == "destroy":
            arguments.setdefault("destroy", []).append(deed.key)
        else:
            arguments.setdefault(deed.verb, {})[deed.key] = deed.value
    return arguments


def _domains_of(change: Change) -> Iterator[str]:
    """Yield the domains whose ids a change needs."""
    addresses: tuple[str, ...] = ()
    if isinstance(change, Create):
        addresses = (change.address, *change.wanted.aliases)
    elif isinstance(change, Update) and not isinstance(change.aliases, Unset):
        addresses = change.aliases
    yield from (address.lower().rpartition("@")[2] for address in addresses if "@" in address)


def _subject_of(change: Change) -> str:
    """Name the address that an error is about, or nothing where it can be an alias: the server does not say."""
    has_aliases = isinstance(change, Create) and change.wanted.aliases
    return "" if has_aliases else change.address
