"""The contract that both generations fulfil; implementations inherit nothing. The topics are in `_topics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from stalwart_client._delivery import Delivery
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._server_types import Credentials, Generation, PanelKey, ServerFacts
from stalwart_client._topics import AppPasswords, Blocked, DkimKeys, Groups, Log, MailingLists, Queue
from stalwart_client._types import Change, Mailbox, Outcome


class Driver(Protocol):
    """One generation of Stalwart, spoken to in our vocabulary; every failure is a StalwartError."""

    @property
    def generation(self) -> Generation: ...

    @property
    def app_passwords(self) -> AppPasswords: ...

    @property
    def groups(self) -> Groups: ...

    @property
    def lists(self) -> MailingLists: ...

    @property
    def dkim(self) -> DkimKeys: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def log(self) -> Log: ...

    @property
    def blocked(self) -> Blocked: ...

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        ...

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses; a missing one is simply not in the answer.

        A mapping may carry the server's id of each address as a hint ("" for unknown); a wrong hint costs
        a look-up, never a wrong answer.
        """
        ...

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox of the server page by page, in flat memory, in the server's order."""
        ...

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes and say how each went, in the order given; one failure stops no other."""
        ...

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain."""
        ...

    def domain(self, name: str) -> MailDomain:
        """Return a mail domain.

        :raises NotFound: if there is none
        """
        ...

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain.

        :raises AlreadyExists: if the server has it
        :raises Invalid: if the server does not take the name
        """
        ...

    def describe_domain(self, name: str, description: str) -> None:
        """Give a mail domain another description.

        :raises NotFound: if there is none
        """
        ...

    def set_domain_aliases(self, name: str, aliases: Sequence[str]) -> None:
        """Say under which other domains the mailboxes of this one get mail too.

        :raises AlreadyExists: if one of them is a domain of its own, or another's alias
        :raises Unsupported: on 0.15, which has no such thing
        """
        ...

    def delete_domain(self, name: str) -> None:
        """Delete a mail domain and its DKIM keys. One that is not there counts as done.

        :raises InUse: if mailboxes, aliases, groups or lists have addresses in it
        """
        ...

    def dns_records(self, domain: str) -> list[DnsRecord]:
        """Return the DNS records that a domain should have, in the server's order."""
        ...

    def delivery(self) -> Delivery:
        """Say how mail comes in and goes out.

        :raises NotPermitted: if our credentials may not read that
        """
        ...

    def create_panel_key(self, name: str, *, app_passwords: bool) -> Credentials:
        """Make a role and a key with what the panel needs, and return the key; it cannot be read again.

        :raises AlreadyExists: if the name is taken
        :raises NotPermitted: if we do not hold all that the key has to hold
        """
        ...

    def panel_key(self, name: str) -> PanelKey:
        """Return what such a key may do.

        :raises NotFound: if there is none of this name
        """
        ...


class Topic:
    """One topic of whichever driver is the right one at the moment of each call."""

    def __init__(
        self,
        ask: Callable[[Callable[[Driver], Any]], Any],
        name: str,
        *,
        read: Callable[[str], str] | None = None,
    ) -> None:
        """`read` turns what the first argument names into how the drivers write it."""
        self._ask = ask
        self._name = name
        self._read = read

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._read and arguments:
                arguments = (self._read(arguments[0]), *arguments[1:])
            return self._ask(lambda driver: getattr(getattr(driver, self._name), method)(*arguments, **named))

        return call
