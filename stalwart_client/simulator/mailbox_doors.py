"""What the mail protocols need to know of a server: who may come in, who is still there, and whom mail reaches."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import Dropped, Refused, Request
from stalwart_client.simulator.state import PRINCIPAL, State
from stalwart_client.simulator.tables import Doc

if TYPE_CHECKING:
    from stalwart_client.simulator.app import Simulator

_HIT: Final = timedelta(days=1)
_MISS: Final = timedelta(hours=1)


class Reach(Enum):
    """Where mail to an address would go."""

    HERE = "a mailbox, a group or a list of this server"
    NOBODY = "a domain of this server, and nobody has the address"
    ELSEWHERE = "another server"


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a sign-in; the status is the one that HTTP would answer with."""

    status: int
    detail: str = ""
    account: str = ""
    may: Callable[[str], bool] = lambda _name: False


class Doors:
    """The same rules for every protocol, on both generations."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._state: State = simulator.state

    @property
    def generation(self) -> str:
        return self._state.generation

    @property
    def hostname(self) -> str:
        return self._state.hostname

    def enter(self, login: str, secret: str, remote: str) -> Entry:
        """Try to sign in as a holder would; a failure counts towards a ban as any other.

        :raises Dropped: if the address is banned
        :raises Refused: while the server is down
        """
        self._simulator.faults.check_up()
        encoded = base64.b64encode(f"{login}:{secret}".encode()).decode()
        headers = {"authorization": f"Basic {encoded}"}
        return self._simulator.enter(Request("GET", "/jmap", headers=headers, remote=remote))

    def is_there(self, account: str) -> bool:
        """Say whether a session of this account goes on; on 0.15 it does even when the account is gone."""
        if self.generation == "0.15" or account == ids.RECOVERY_ADMIN:
            return True
        with self._state.reading():
            return self._state.table("Account").get(ids.decode(account) or 0) is not None

    def owns(self, account: str, address: str) -> bool:
        """Say whether somebody who is signed in may send from an address."""
        with self._state.reading():
            if self.generation == "0.15":
                doc = self._state.table(PRINCIPAL).get(int(account))
                return doc is None or address.lower() in {doc["name"], *doc["emails"]}
            doc = self._state.table("Account").get(ids.decode(account) or 0)
            if doc is None:
                return account == ids.RECOVERY_ADMIN
            own = [doc, *doc["aliases"].values()]
            return address.lower() in {self._state.address(one) for one in own}

    def reach(self, address: str) -> Reach:
        """Say where mail to an address goes; 0.15 remembers for a day or an hour what it found (rest.md 7.3)."""
        address = address.strip().lower()
        with self._state.reading():
            if self.generation == "0.16":
                return _reach_new(self._state, address)
            return self._remembered(address)

    def accept(self, sender: str, recipients: list[str], text: str) -> str:
        """Take a message; what is for other servers waits in the queue. Returns its id."""
        outside = [one for one in recipients if self.reach(one) is Reach.ELSEWHERE]
        size = len(text.encode()) - (2 if self.generation == "0.15" else 0)
        number = self._simulator.plant_message(sender, outside, size=size, text=text) if outside else 0
        return f"{number:x}"

    def _remembered(self, address: str) -> Reach:
        """Answer from the cache, a hit for a day and a miss for an hour; lists are never in it."""
        now = self._state.clock()
        known = self._state.recipients.get(address)
        if known is not None and now < known[1]:
            return Reach[known[0]]
        found, is_list = _reach_old(self._state, address)
        if not is_list:
            self._state.recipients[address] = found.name, now + (_HIT if found is Reach.HERE else _MISS)
        return found


def _spellings(address: str) -> list[str]:
    """Return the addresses under which a recipient may be known: as written, without a tag, and the catch-all."""
    local, _, domain = address.rpartition("@")
    return list(dict.fromkeys([address, f"{local.partition('+')[0]}@{domain}", f"@{domain}"]))


def _reach_old(state: State, address: str) -> tuple[Reach, bool]:
    """Look a recipient up on 0.15; the flag says that it is a list."""
    table = state.table(PRINCIPAL)
    domain = address.rpartition("@")[2]
    if not any(table.rows[one]["type"] == "domain" for one in table.find("name", domain)):
        return Reach.ELSEWHERE, False
    for spelling in _spellings(address):
        number = table.one("email", spelling)
        if number is not None:
            return Reach.HERE, table.rows[number]["type"] == "list"
    return Reach.NOBODY, False


def _reach_new(state: State, address: str) -> Reach:
    """Look a recipient up on 0.16, where a disabled alias is no address."""
    local, _, domain = address.rpartition("@")
    table = state.table("Domain")
    number = table.one("name", domain) or table.one("aliases", domain)
    if number is None:
        return Reach.ELSEWHERE
    names = [local, local.partition("+")[0]]
    if table.rows[number]["catchAllAddress"] or any(_has(state, name, ids.encode(number)) for name in names):
        return Reach.HERE
    return Reach.ELSEWHERE if table.rows[number]["allowRelaying"] else Reach.NOBODY


def _has(state: State, name: str, domain: str) -> bool:
    for kind in ("Account", "MailingList"):
        for number in state.table(kind).find("address", (name, domain)):
            if _is_on(state.table(kind).rows[number], name, domain):
                return True
    return False


def _is_on(doc: Doc, name: str, domain: str) -> bool:
    """Say whether an account or a list takes mail under this name: its own, or that of an alias that is on."""
    if (doc["name"], doc["domainId"]) == (name, domain):
        return True
    return any(
        alias["enabled"] for alias in doc["aliases"].values() if (alias["name"], alias["domainId"]) == (name, domain)
    )


__all__ = ["Doors", "Dropped", "Entry", "Reach", "Refused"]
