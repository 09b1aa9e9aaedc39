"""Stalwart from 0.16: JMAP, where many changes travel in one request and each succeeds or fails alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from stalwart_client import _jmap_account as accounts
from stalwart_client._delivery import Delivery
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._http import Sender
from stalwart_client._jmap_app_passwords import JmapAppPasswords
from stalwart_client._jmap_batch import Batches
from stalwart_client._jmap_blocked import JmapBlocked
from stalwart_client._jmap_call import Jmap, Reading
from stalwart_client._jmap_delivery import read_delivery
from stalwart_client._jmap_dkim import JmapDkimKeys
from stalwart_client._jmap_domains import DomainIds, Domains
from stalwart_client._jmap_facts import read_facts
from stalwart_client._jmap_groups import JmapGroups
from stalwart_client._jmap_key import create_key, read_key
from stalwart_client._jmap_links import read_links
from stalwart_client._jmap_lists import JmapLists
from stalwart_client._jmap_log import JmapLog
from stalwart_client._jmap_lookup import Accounts
from stalwart_client._jmap_queue import JmapQueue
from stalwart_client._server_types import Credentials, Generation, PanelKey, ServerFacts
from stalwart_client._types import Change, Mailbox, Outcome


class JmapDriver:
    """Speaks to one server of the JMAP generation."""

    generation = Generation.JMAP

    def __init__(self, sender: Sender) -> None:
        sender.budget = None
        jmap = self._jmap = Jmap(sender)
        ids = DomainIds(jmap)
        self._accounts = Accounts(jmap, ids)
        self._batches = Batches(jmap, self._accounts, ids)
        self._domains = Domains(jmap, ids)
        self.app_passwords = JmapAppPasswords(jmap, self._accounts)
        self.groups = JmapGroups(jmap, self._accounts, ids)
        self.lists = JmapLists(jmap, ids)
        self.dkim = JmapDkimKeys(jmap, self._domains)
        self.queue = JmapQueue(jmap)
        self.log = JmapLog(jmap, self._accounts)
        self.blocked = JmapBlocked(jmap)

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        return read_facts(self._jmap)

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses; a good hint saves the look-up by name."""
        hints = addresses if isinstance(addresses, Mapping) else dict.fromkeys(addresses, "")
        found = self._accounts.at({address.lower(): hint for address, hint in hints.items()})
        links = read_links(self._jmap, found) if found else None
        return {address: accounts.mailbox(account, links) for address, account in found.items() if links}

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox by ascending id; groups are passed over."""
        links = read_links(self._jmap)
        pages = self._jmap.pages_ahead(Reading("x:Account", accounts.PROPERTIES))
        return chain.from_iterable(accounts.mailboxes(page, links) for page in pages)

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes, up to a hundred in a request, and say how each went, in the order given."""
        return self._batches.apply(changes)

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain."""
        return self._domains.all()

    def domain(self, name: str) -> MailDomain:
        """Return a mail domain."""
        return self._domains.at(name)

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain; the server makes its DKIM keys a moment later."""
        return self._domains.create(name, description)

    def describe_domain(self, name: str, description: str) -> None:
        """Give a mail domain another description."""
        self._domains.update(name, {"description": description or None})

    def set_domain_aliases(self, name: str, aliases: Sequence[str]) -> None:
        """Say under which other domains the mailboxes of this one get mail too."""
        self._domains.set_aliases(name, set(aliases))

    def delete_domain(self, name: str) -> None:
        """Delete a mail domain that nothing but its DKIM keys is in, and those."""
        self._domains.delete(name)

    def dns_records(self, domain: str) -> list[DnsRecord]:
        """Read the server's zone file for a domain."""
        return self._domains.dns_records(domain)

    def delivery(self) -> Delivery:
        """Read the listeners, the routes and the rule that chooses among them."""
        return read_delivery(self._jmap)

    def create_panel_key(self, name: str, *, app_passwords: bool) -> Credentials:
        """Make a role that extends the users' own, an account that nobody can sign in to, and its key."""
        return create_key(self._jmap, name, app_passwords=app_passwords)

    def panel_key(self, name: str) -> PanelKey:
        """Read the account that holds the key, and its roles."""
        return read_key(self._jmap, name)
