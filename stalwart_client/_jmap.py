"""Stalwart from 0.16: JMAP, where many changes travel in one request and each succeeds or fails alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stalwart_client import _jmap_account as accounts
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unreachable,
    WrongCredentials,
)
from stalwart_client._http import RateLimited, Sender, encoded, fitting
from stalwart_client._jmap_call import Jmap, Verb, chunks, is_id
from stalwart_client._jmap_domains import DomainIds
from stalwart_client._types import (
    Capabilities,
    Change,
    Create,
    Destroy,
    Generation,
    Mailbox,
    MailDomain,
    Outcome,
    ServerFacts,
    Unset,
    Update,
)

NEEDED = (
    "sysAccountGet",
    "sysAccountQuery",
    "sysAccountCreate",
    "sysAccountUpdate",
    "sysAccountDestroy",
    "sysDomainGet",
    "sysDomainQuery",
    "sysDomainCreate",
    # Whoever makes or locks an account must hold all that it will have; these stand for the 244 of role User.
    "authenticate",
    "emailReceive",
    "emailSend",
    "imapAuthenticate",
    "jmapEmailGet",
)
"""What the panel's key must be allowed to do."""

BATCH = 100
"""The most changes in one call: more are not faster, and a lost answer leaves more in doubt."""
_ENVELOPE = 1000
"""Bytes that a request needs beside its changes."""
_OF_THE_SERVER = (Unreachable, WrongCredentials, RateLimited)
"""Errors that the next batch would only meet again."""


@dataclass(frozen=True, slots=True)
class _Deed:
    """One change as it goes over the wire; `position` is its place among the changes."""

    position: int
    verb: Verb
    key: str
    value: Any = None

    @property
    def size(self) -> int:
        return len(encoded([self.key, self.value]))


class JmapDriver:
    """Speaks to one server of the JMAP generation; up to BATCH changes are one request."""

    generation = Generation.JMAP

    def __init__(self, sender: Sender) -> None:
        self._jmap = Jmap(sender)
        self._domains = DomainIds(self._jmap)

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        answer = self._jmap.fetch("/api/account")
        external = self._has_external_directory()
        with fitting("facts about the server"):
            permissions = frozenset(map(str, answer.body["permissions"]))
            return ServerFacts(
                generation=self.generation,
                version=None,
                edition=str(answer.body.get("edition", "")),
                permissions=permissions,
                missing=tuple(name for name in NEEDED if name not in permissions),
                capabilities=self._capabilities(external=external),
                external_directory=external,
                clock=answer.clock,
            )

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses; a good hint saves the look-up by name."""
        hints = addresses if isinstance(addresses, Mapping) else dict.fromkeys(addresses, "")
        found = self._accounts_at({address.lower(): hint for address, hint in hints.items()})
        return {address: self._mailbox(account) for address, account in found.items()}

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox by ascending id; groups are passed over."""
        self._domains.forget()
        for account in self._jmap.walk("x:Account", accounts.PROPERTIES):
            if accounts.address_of(account):
                yield self._mailbox(account)

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
                    self._apply_batch(batch, outcomes)
                except StalwartError as error:
                    failure = error
                    trouble = error if isinstance(error, _OF_THE_SERVER) else None
            if failure is not None:
                for position, change in batch.items():
                    outcomes.setdefault(position, Outcome(change, failure))
        return [outcomes[position] for position in range(len(changes))]

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain; the zone file is left out, as it is computed for each."""
        for domain in self._jmap.walk("x:Domain", ("name", "description")):
            with fitting("a mail domain"):
                yield MailDomain(
                    name=str(domain["name"]),
                    id=str(domain["id"]),
                    description=str(domain["description"] or ""),
                )

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain; the server makes its DKIM keys a moment later."""
        body = {"name": name} | ({"description": description} if description else {})
        (made,) = self._jmap.set("x:Domain", {"create": {"new": body}}).values()
        if isinstance(made, StalwartError):
            made.subject = name
            raise made
        with fitting("a new domain"):
            return MailDomain(name=name, id=str(made["id"]), description=description)

    # Changes

    def _apply_batch(self, batch: dict[int, Change], outcomes: dict[int, Outcome]) -> None:
        """Read the accounts just before they are patched, send what is to be done, note how it went."""
        hints = {c.address.lower(): c.id for c in batch.values() if not isinstance(c, Create)}
        known = self._accounts_at(hints) if hints else {}
        ids = self._domains.ids_of(domain for change in batch.values() for domain in _domains_of(change))
        deeds = []
        for position, change in batch.items():
            try:
                deed = self._deed(position, change, known.get(change.address.lower()), ids)
            except StalwartError as error:
                outcomes[position] = Outcome(change, error)
            else:
                if deed is None:
                    outcomes[position] = Outcome(change)
                else:
                    deeds.append(deed)
        for packet in self._packets(deeds):
            results = self._jmap.set("x:Account", _arguments(packet))
            for deed in packet:
                outcomes[deed.position] = self._outcome(batch[deed.position], results[deed.verb, deed.key])

    def _deed(
        self, position: int, change: Change, account: accounts.Account | None, ids: accounts.DomainIds
    ) -> _Deed | None:
        """Return what is to be sent for a change, None where nothing is."""
        match change:
            case _ if "@" not in change.address:
                raise Invalid("This is not the address of a mailbox.", subject=change.address)
            case Create():
                return _Deed(position, "create", f"c{position}", accounts.creation(change, ids))
            case Destroy():
                return _Deed(position, "destroy", account["id"]) if account else None
            case Update():
                if account is None:
                    raise NotFound("The mail server has no such mailbox.", subject=change.address)
                patch = accounts.patch(account, change, ids, self._domains.name_of)
                return _Deed(position, "update", account["id"], patch) if patch else None

    def _outcome(self, change: Change, result: Any) -> Outcome:
        match result:
            case NotFound(subject="domain"):
                self._domains.forget()
                return Outcome(change, Busy("The domain was replaced by another meanwhile.", subject="domain"))
            case NotFound() if isinstance(change, Destroy):
                return Outcome(change)
            case NotFound() | AlreadyExists():
                return Outcome(change, type(result)(str(result), subject=_subject_of(change)))
            case StalwartError():
                return Outcome(change, result)
        with fitting("a new mailbox"):
            return Outcome(change, id=str(result["id"]) if isinstance(change, Create) else "")

    def _packets(self, deeds: Sequence[_Deed]) -> Iterator[list[_Deed]]:
        """Yield what fits into one request each."""
        limits = self._jmap.limits()
        packet: list[_Deed] = []
        size = 0
        for deed in deeds:
            if packet and (len(packet) == limits.set or size + deed.size > limits.size - _ENVELOPE):
                yield packet
                packet, size = [], 0
            packet.append(deed)
            size += deed.size
        if packet:
            yield packet

    # Looking up

    def _mailbox(self, account: accounts.Account) -> Mailbox:
        return accounts.mailbox(account, self._domains.name_of)

    def _accounts_at(self, hints: Mapping[str, str]) -> dict[str, accounts.Account]:
        """Return accounts by address, read by their hints where those are right, else found by name."""
        found = self._read([hint for hint in hints.values() if is_id(hint)])
        strays = [address for address in hints if address not in found]
        if strays:
            found |= self._read(self._ids_at(strays))
        return {address: found[address] for address in hints if address in found}

    def _read(self, ids: Iterable[str]) -> dict[str, accounts.Account]:
        read = self._jmap.get("x:Account", list(dict.fromkeys(ids)), accounts.PROPERTIES)
        return {accounts.address_of(account): account for account in read if accounts.address_of(account)}

    def _ids_at(self, addresses: Sequence[str]) -> list[str]:
        """Find accounts by name and domain, as many look-ups in a request as it takes."""
        parted = [address.rpartition("@") for address in addresses if "@" in address]
        domains = self._domains.ids_of(domain for _, _, domain in parted)
        calls = [
            ("x:Account/query", {"filter": {"name": local, "domainId": domains[domain]}})
            for local, _, domain in parted
            if domain in domains
        ]
        ids: list[str] = []
        for some in chunks(calls, self._jmap.limits().calls):
            for result in self._jmap.call(some):
                with fitting("a list of ids"):
                    ids += map(str, result["ids"])
        return ids

    # The server

    def _has_external_directory(self) -> bool:
        """Tell whether all mailboxes come from elsewhere; a scoped key may not look, and then it is no."""
        ask = {"ids": ["singleton"], "properties": ["directoryId"]}
        try:
            (result,) = self._jmap.call([("x:Authentication/get", ask)])
        except NotPermitted:
            result = {"list": []}
        try:
            domains = list(self._jmap.walk("x:Domain", ("directoryId",)))
        except NotPermitted:
            domains = []
        with fitting("the settings of sign-in"):
            by_default = any(each.get("directoryId") for each in result["list"])
        return by_default or (bool(domains) and all(each.get("directoryId") for each in domains))

    def _capabilities(self, *, external: bool) -> Capabilities:
        return Capabilities(
            deadlines=True,
            denials=frozenset(accounts.PERMISSIONS),
            mailboxes=not external,
            batch=min(BATCH, self._jmap.limits().set),
        )


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
