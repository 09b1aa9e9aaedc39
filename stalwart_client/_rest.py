"""Stalwart up to 0.15: a REST interface where a failure is mostly a 200 that says `error`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from stalwart_client import _rest_principal as principals
from stalwart_client._delivery import Delivery
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._errors import Unsupported
from stalwart_client._http import Budget, Sender
from stalwart_client._rest_app_passwords import RestAppPasswords
from stalwart_client._rest_batch import apply, at_once
from stalwart_client._rest_blocked import RestBlocked
from stalwart_client._rest_call import Rest
from stalwart_client._rest_delivery import read_delivery
from stalwart_client._rest_dkim import RestDkimKeys
from stalwart_client._rest_domains import RestDomains
from stalwart_client._rest_facts import read_facts
from stalwart_client._rest_groups import RestGroups, RestLists
from stalwart_client._rest_key import create_key, read_key
from stalwart_client._rest_log import RestLog
from stalwart_client._rest_queue import RestQueue
from stalwart_client._server_types import Credentials, Generation, PanelKey, ServerFacts
from stalwart_client._types import Change, Mailbox, Outcome

BEARER_BUDGET = 100
"""Requests a minute that an address may send with a bearer token (rest.md 7.1); Basic has no such limit."""


class RestDriver:
    """Speaks to one server of the REST generation."""

    generation = Generation.REST

    def __init__(self, sender: Sender) -> None:
        if sender.is_bearer:
            sender.budget = Budget(BEARER_BUDGET)
        rest = self._rest = Rest(sender)
        self.app_passwords = RestAppPasswords(rest)
        self.groups = RestGroups(rest)
        self.lists = RestLists(rest)
        self.dkim = RestDkimKeys(rest)
        self.queue = RestQueue(rest)
        self.log = RestLog(rest)
        self.blocked = RestBlocked(rest)
        self._domains = RestDomains(rest, self.dkim)

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        return read_facts(self._rest)

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses; hints have no use here."""
        names = sorted({address.lower() for address in addresses})
        found = at_once(lambda name: self._rest.principal(name, "individual"), names)
        return {name: principals.mailbox(each) for name, each in zip(names, found, strict=True) if each}

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox page by page, in the order of their login names."""
        pages = self._rest.pages("individual", principals.FIELDS)
        return chain.from_iterable(map(principals.mailboxes, pages))

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes, a request each, and say how each went, in the order given."""
        return apply(self._rest, changes)

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain."""
        return self._domains.all()

    def domain(self, name: str) -> MailDomain:
        """Return a mail domain."""
        return self._domains.at(name)

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain."""
        return self._domains.create(name, description)

    def describe_domain(self, name: str, description: str) -> None:
        """Give a mail domain another description."""
        self._domains.describe(name, description)

    def set_domain_aliases(self, name: str, aliases: Sequence[str]) -> None:
        """Refuse all but none: there is nothing to change then."""
        if aliases:
            raise Unsupported(
                "A domain of this mail server has no other names; give each mailbox aliases.", subject=name
            )
        self._domains.at(name)

    def delete_domain(self, name: str) -> None:
        """Delete a mail domain that nobody has an address in."""
        self._domains.delete(name)

    def dns_records(self, domain: str) -> list[DnsRecord]:
        """Return the server's list of records for a domain."""
        return self._domains.dns_records(domain)

    def delivery(self) -> Delivery:
        """Read the settings of listeners and routes."""
        return read_delivery(self._rest)

    def create_panel_key(self, name: str, *, app_passwords: bool) -> Credentials:  # noqa: ARG002 - all keys may
        """Make a role that extends the users' own, and a key that has it."""
        return create_key(self._rest, name)

    def panel_key(self, name: str) -> PanelKey:
        """Read the key and its roles."""
        return read_key(self._rest, name)
