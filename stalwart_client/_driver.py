"""The contract that both generations fulfil; implementations inherit nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from stalwart_client._types import Change, Generation, Mailbox, MailDomain, Outcome, ServerFacts


class Driver(Protocol):
    """One generation of Stalwart, spoken to in our vocabulary; every failure is a StalwartError."""

    @property
    def generation(self) -> Generation: ...

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

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain.

        :raises AlreadyExists: if the server has it
        :raises Invalid: if the server does not take the name
        """
        ...
