"""The client that the rest of the program uses: it finds out which generation it talks to."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar, cast

import httpx

from stalwart_client._connections import Borrowed
from stalwart_client._delivery import Delivery
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._driver import Driver, Topic
from stalwart_client._errors import (
    AlreadyExists,
    Invalid,
    NotFound,
    StalwartError,
    Unexpected,
    WrongCredentials,
)
from stalwart_client._http import DEFAULT_TIMEOUTS, Sender, Timeouts
from stalwart_client._jmap import JmapDriver
from stalwart_client._rest import RestDriver
from stalwart_client._server_types import Credentials, Generation, PanelKey, ServerFacts
from stalwart_client._topics import AppPasswords, Blocked, DkimKeys, Groups, Log, MailingLists, Queue
from stalwart_client._types import Change, Mailbox, Outcome, Update

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class StalwartClient:
    """One Stalwart server of either generation; every failure is a StalwartError.

    Which generation it is, is asked at the first need with one request that needs no credentials and counts
    towards no ban. It is asked again, once, when an answer does not fit: a server can be upgraded under a
    running program.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: Timeouts = DEFAULT_TIMEOUTS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._sender = Sender(base_url, credentials, transport=transport, timeouts=timeout, sleep=sleep)
        borrowed = Borrowed(transport) if transport else None
        self._as = partial(StalwartClient, base_url, transport=borrowed, timeout=timeout, sleep=sleep)
        self._known: Driver | None = None
        self._detecting = threading.Lock()

    @property
    def generation(self) -> Generation:
        """Which management interface the server speaks."""
        return self._driver().generation

    def knock(self) -> None:
        """Make sure that a mail server is there, by one request that needs no credentials and counts towards no ban.

        :raises StalwartError: if there is none
        """
        with self._detecting:
            self._known = self._detect()

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        return self._ask(lambda driver: driver.facts())

    def mailbox(self, address: str, *, hint: str = "") -> Mailbox:
        """Return the mailbox at an address.

        :raises NotFound: if there is none
        """
        found = self.mailboxes_at({address: hint})
        if not found:
            raise NotFound("The mail server has no such mailbox.", subject=address)
        return found[address.lower()]

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses, by address in lower case."""
        hints = dict(addresses) if isinstance(addresses, Mapping) else dict.fromkeys(addresses, "")
        return self._ask(lambda driver: driver.mailboxes_at(hints)) if hints else {}

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox of the server page by page, in flat memory, in the server's order."""
        return self._stream(lambda driver: driver.walk())

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes and say how each went, in the order given; one failure stops no other.

        Nothing is raised: where the server as a whole does not answer, that is the outcome of every change
        that was not carried out.
        """
        if not changes:
            return []
        try:
            outcomes = self._driver().apply(changes)
        except StalwartError as error:
            return [Outcome(change, error) for change in changes]
        strange = [n for n, outcome in enumerate(outcomes) if isinstance(outcome.error, Unexpected)]
        if strange and self._is_another():
            again = self._driver().apply([changes[n] for n in strange])
            for n, outcome in zip(strange, again, strict=True):
                outcomes[n] = outcome
        return outcomes

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain."""
        return self._stream(lambda driver: driver.domains())

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain; a name in another script becomes its ASCII form.

        :raises AlreadyExists: if the server has it
        :raises Invalid: if the server does not take the name
        """
        ascii_name = _ascii_domain(name)
        return self._ask(lambda driver: driver.create_domain(ascii_name, description=description))

    def ensure_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain, or accept the one that is there.

        :raises AlreadyExists: if something else has the name
        """
        try:
            return self.create_domain(name, description=description)
        except AlreadyExists:
            try:
                return self.domain(name)
            except NotFound:
                pass
            raise

    def domain(self, name: str) -> MailDomain:
        """Return a mail domain.

        :raises NotFound: if there is none
        """
        return self._ask(lambda driver: driver.domain(_ascii_domain(name)))

    def describe_domain(self, name: str, description: str) -> None:
        """Give a mail domain another description.

        :raises NotFound: if there is none
        """
        self._ask(lambda driver: driver.describe_domain(_ascii_domain(name), description))

    def set_domain_aliases(self, name: str, aliases: Iterable[str]) -> None:
        """Say under which other domains the mailboxes of this one get mail too.

        :raises AlreadyExists: if one of them is a domain of its own, or another's alias
        :raises Unsupported: on 0.15, which has no such thing
        """
        others = sorted({_ascii_domain(alias) for alias in aliases})
        self._ask(lambda driver: driver.set_domain_aliases(_ascii_domain(name), others))

    def delete_domain(self, name: str) -> None:
        """Delete a mail domain and its DKIM keys. One that is not there counts as done.

        :raises InUse: if mailboxes, aliases, groups or lists have addresses in it; they are in `used_by`
        """
        self._ask(lambda driver: driver.delete_domain(_ascii_domain(name)))

    def dns_records(self, domain: str) -> list[DnsRecord]:
        """Return the DNS records that a domain should have, in the server's order.

        :raises NotFound: if there is no such domain
        """
        return self._ask(lambda driver: driver.dns_records(_ascii_domain(domain)))

    def delivery(self) -> Delivery:
        """Say how mail comes in and goes out: the doors of the server, and the relays it hands mail to.

        :raises NotPermitted: if our credentials may not read that (0.15: `settings-list`)
        """
        return self._ask(lambda driver: driver.delivery())

    def set_password(self, address: str, password_hash: str, *, end_app_passwords: bool = False) -> None:
        """Replace the password of a mailbox by another, which comes as a complete hash ("$argon2id$…").

        A deadline stays. App passwords stay open unless they are ended with it.

        :raises NotFound: if there is no such mailbox
        """
        (outcome,) = self.apply([Update(address=address, secret=password_hash, end_app_passwords=end_app_passwords)])
        if outcome.error is not None:
            raise outcome.error

    def create_panel_key(self, name: str, *, app_passwords: bool = False) -> Credentials:
        """Make a key that may do what the panel does and little more, and return it; it is not shown again.

        What it may not do, `facts().lacking` tells of a client that signs in with it. `app_passwords` lets it
        make app passwords for others, which on 0.16 takes the right to act for anybody (0.15: always can).

        :raises AlreadyExists: if the name is taken
        :raises NotPermitted: if we do not hold all that the key has to hold
        """
        made = self._ask(lambda driver: driver.create_panel_key(name, app_passwords=app_passwords))
        with closing(self._as(made)) as as_made:
            missing = as_made.facts().missing
        if missing:
            raise Unexpected(f"The new key lacks what it was made with: {', '.join(missing)}.")
        return made

    def panel_key(self, name: str) -> PanelKey:
        """Return what a key that `create_panel_key` made may do, and what it lacks by now.

        :raises NotFound: if there is none of this name
        :raises NotPermitted: if our credentials may not read keys and roles
        """
        return self._ask(lambda driver: driver.panel_key(name))

    @property
    def app_passwords(self) -> AppPasswords:
        """Second doors of mailboxes."""
        return cast("AppPasswords", self._topic("app_passwords"))

    @property
    def groups(self) -> Groups:
        """Mailboxes that several people share."""
        return cast("Groups", self._topic("groups"))

    @property
    def lists(self) -> MailingLists:
        """Mailing lists."""
        return cast("MailingLists", self._topic("lists"))

    @property
    def dkim(self) -> DkimKeys:
        """The keys that sign the mail of domains."""
        return cast("DkimKeys", Topic(self._ask, "dkim", read=_ascii_domain))

    @property
    def queue(self) -> Queue:
        """Messages on their way out."""
        return cast("Queue", self._topic("queue"))

    @property
    def log(self) -> Log:
        """What the server writes down."""
        return cast("Log", self._topic("log"))

    @property
    def blocked(self) -> Blocked:
        """IP addresses that the server does not talk to."""
        return cast("Blocked", self._topic("blocked"))

    def close(self) -> None:
        """Give the connections back; the client can still be used and then opens new ones."""
        self._sender.close()

    def _topic(self, name: str) -> Topic:
        return Topic(self._ask, name)

    def _ask(self, question: Callable[[Driver], _Result]) -> _Result:
        try:
            return question(self._driver())
        except Unexpected:
            if not self._is_another():
                raise
        return question(self._driver())

    def _stream(self, source: Callable[[Driver], Iterator[_Result]]) -> Iterator[_Result]:
        try:
            items = source(self._driver())
            first = next(items, None)
        except Unexpected:
            if not self._is_another():
                raise
            items = source(self._driver())
            first = next(items, None)
        if first is not None:
            yield first
            yield from items

    def _driver(self) -> Driver:
        with self._detecting:
            if self._known is None:
                self._known = self._detect()
            return self._known

    def _is_another(self) -> bool:
        """Find out again which generation it is, and tell whether that has changed."""
        with self._detecting:
            before, self._known = self._known, None
            try:
                self._known = self._detect()
            except StalwartError:
                return False
            if before is not None and before.generation == self._known.generation:
                return False
            logger.warning("The mail server now speaks the language of %s.", self._known.generation)
            return True

    def _detect(self) -> Driver:
        try:
            self._sender.send("GET", "/api/principal", idempotent=True, anonymous=True)
        except WrongCredentials:
            return RestDriver(self._sender)
        except NotFound:
            return JmapDriver(self._sender)
        raise Unexpected("What answers at this address is not Stalwart.")


def _ascii_domain(name: str) -> str:
    try:
        return name.strip().strip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise Invalid("This is not the name of a domain.", subject=name) from None
