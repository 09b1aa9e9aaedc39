"""What the server knows, for both faces: one set of tables, kept in memory or in a file that processes share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from stalwart_client.simulator import ids
from stalwart_client.simulator.limits import OwnCounts
from stalwart_client.simulator.log import Log
from stalwart_client.simulator.store import Store
from stalwart_client.simulator.tables import Doc, Keys, Table, words

GenerationName: TypeAlias = Literal["0.15", "0.16"]
Link: TypeAlias = tuple[str, str]
"""An object and the id by which another one points at it."""

HOSTNAME: Final = "mail.metrosure.test"
PRINCIPAL: Final = "principal"
SETTING: Final = "setting"
MESSAGE: Final = "message"
TASK: Final = "task"
QUEUE: Final = "queue"


def now_utc() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a moment as both servers do; text of this form sorts by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _links(*links: tuple[str, Iterable[str | None]]) -> set[Link]:
    return {(name, number) for name, numbers in links for number in numbers if number}


def _addresses(doc: Doc) -> set[tuple[str, str]]:
    own = [doc, *doc.get("aliases", {}).values()]
    return {(one["name"], one["domainId"]) for one in own}


def _domains(doc: Doc) -> set[str]:
    return {domain for _, domain in _addresses(doc)}


def _alias_names(doc: Doc) -> list[str]:
    return [alias["name"] for alias in doc.get("aliases", {}).values()]


def _long_words(*texts: str | None) -> set[str]:
    """Words as 0.16 indexes them; a single letter is none."""
    return {word for word in words(*texts) if len(word) > 1}


_PRINCIPAL: Final[dict[str, Keys]] = {
    "name": lambda doc: [doc["name"]],
    "email": lambda doc: doc["emails"],
    "domain": lambda doc: {email.rpartition("@")[2] for email in doc["emails"]},
    "word": lambda doc: words(doc["name"], doc.get("description"), *doc["emails"]),
    "belongs": lambda doc: doc["belongs"],
}
_ACCOUNT: Final[dict[str, Keys]] = {
    "address": _addresses,
    "@type": lambda doc: [doc["@type"]],
    "name": lambda doc: [doc["name"]],
    "domainId": lambda doc: [doc["domainId"]],
    "memberGroupIds": lambda doc: doc.get("memberGroupIds", ()),
    "memberTenantId": lambda doc: [doc["memberTenantId"]],
    "text": lambda doc: _long_words(doc["name"], doc["description"], *_alias_names(doc)),
    "link": lambda doc: _links(
        ("Domain", _domains(doc)),
        ("Account", doc.get("memberGroupIds", ())),
        ("Role", doc["roles"].get("roleIds", ())),
        ("Tenant", [doc["memberTenantId"]]),
    ),
}
_DOMAIN: Final[dict[str, Keys]] = {
    "name": lambda doc: [doc["name"]],
    "aliases": lambda doc: doc["aliases"],
    "memberTenantId": lambda doc: [doc["memberTenantId"]],
    "text": lambda doc: _long_words(doc["name"], doc["description"], *doc["aliases"]),
    "link": lambda doc: _links(("Tenant", [doc["memberTenantId"]])),
}
_LIST: Final[dict[str, Keys]] = {
    "address": _addresses,
    "memberTenantId": lambda doc: [doc["memberTenantId"]],
    "text": lambda doc: _long_words(doc["name"], doc["description"], *doc["recipients"]),
    "link": lambda doc: _links(("Domain", _domains(doc)), ("Tenant", [doc["memberTenantId"]])),
}
_ROLE: Final[dict[str, Keys]] = {
    "description": lambda doc: _long_words(doc["description"]),
    "memberTenantId": lambda doc: [doc["memberTenantId"]],
    "link": lambda doc: _links(("Role", doc["roleIds"]), ("Tenant", [doc["memberTenantId"]])),
}
_SIGNATURE: Final[dict[str, Keys]] = {
    "domainId": lambda doc: [doc["domainId"]],
    "memberTenantId": lambda doc: [doc["memberTenantId"]],
    "link": lambda doc: _links(("Domain", [doc["domainId"]]), ("Tenant", [doc["memberTenantId"]])),
}
_ADDRESS: Final[dict[str, Keys]] = {"address": lambda doc: [doc["address"]]}
_INDEXES: Final[dict[str, dict[str, Keys]]] = {
    SETTING: {"key": lambda doc: [doc["key"]]},
    "oauth": {"token": lambda doc: [doc["token"]]},
    "Account": _ACCOUNT,
    "Domain": _DOMAIN,
    "MailingList": _LIST,
    "Role": _ROLE,
    "DkimSignature": _SIGNATURE,
    "Tenant": {"text": lambda doc: _long_words(doc["name"])},
    "BlockedIp": _ADDRESS,
    "AllowedIp": _ADDRESS,
}


def _table(kind: str) -> Table:
    if kind == PRINCIPAL:
        return Table(_PRINCIPAL, ordered=True)
    return Table(_INDEXES.get(kind))


class State:
    """One server's truth. Whoever reads or changes it does so inside `reading` or `writing`."""

    def __init__(
        self, generation: GenerationName, *, path: Path | None = None, clock: Callable[[], datetime] = now_utc
    ) -> None:
        self.generation = generation
        self.clock = clock
        self.hostname = HOSTNAME
        self.log = Log()
        self.recipients: dict[str, tuple[str, datetime]] = {}
        """What 0.15's submission found out about addresses, and until when it believes that."""
        self._lock = threading.RLock()
        self._tables: dict[str, Table] = {}
        self._changed: dict[tuple[str, int], None] = {}
        self._counts = OwnCounts()
        self._store = Store(path) if path else None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold still what the server knows, with everything that other processes have written."""
        with self._lock:
            self._refresh()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change what the server knows; nobody else writes meanwhile, in this process or in another."""
        with self._lock:
            if self._store is None:
                yield
                self._changed.clear()
                return
            self._store.lock()
            try:
                self._refresh()
                yield
                self._save(self._store)
            except BaseException:
                self._forget(self._store)
                raise
            finally:
                self._store.unlock()

    def table(self, kind: str) -> Table:
        """Return all objects of one kind."""
        found = self._tables.get(kind)
        if found is None:
            found = self._tables[kind] = _table(kind)
        return found

    def put(self, kind: str, number: int, doc: Doc) -> None:
        """Keep a new object, or a changed copy of one; objects are never changed in place."""
        self.table(kind).put(number, doc)
        self._changed[kind, number] = None

    def drop(self, kind: str, number: int) -> None:
        """Delete an object."""
        self.table(kind).drop(number)
        self._changed[kind, number] = None

    def next_number(self, sequence: str) -> int:
        """Return the next number of a sequence; they begin at 1 and no number comes twice."""
        return self._advance(sequence, self._last(sequence) + 1)

    def next_snowflake(self) -> int:
        """Return the next id of those that grow with time."""
        return self._advance("snowflake", ids.snowflake(self.clock(), self._last("snowflake")))

    def addresses(self) -> list[str]:
        """Return the address of every mailbox, sorted."""
        with self.reading():
            return sorted(address for address, _ in self._mailboxes())

    @property
    def accounts(self) -> dict[str, Doc]:
        """Return every mailbox by its address, sorted, as the server keeps it."""
        with self.reading():
            return {address: copy(doc) for address, doc in sorted(self._mailboxes(), key=itemgetter(0))}

    def _mailboxes(self) -> Iterator[tuple[str, Doc]]:
        if self.generation == "0.15":
            docs = (doc for _, doc in self.table(PRINCIPAL) if doc["type"] == "individual")
            return ((self._principal_address(doc), doc) for doc in docs)
        return ((self.address(doc), doc) for _, doc in self.table("Account") if doc["@type"] == "User")

    def address(self, doc: Doc) -> str:
        """Return the address of an account or a list of 0.16."""
        domain = self.table("Domain").get(ids.decode(doc["domainId"]) or 0)
        return f"{doc['name']}@{domain['name'] if domain else ''}"

    def setting(self, key: str) -> str | None:
        """Return one setting of 0.15."""
        number = self.table(SETTING).one("key", key)
        return None if number is None else str(self.table(SETTING).rows[number]["value"])

    def set(self, key: str, value: str | None) -> None:
        """Change one setting of 0.15, or remove it with None."""
        number = self.table(SETTING).one("key", key)
        if value is not None:
            self.put(SETTING, number or self.next_number(SETTING), {"key": key, "value": value})
        elif number is not None:
            self.drop(SETTING, number)

    def count(self, key: str, window: int) -> int:
        """Count one more in a window of the clock and return how many that makes, over all processes with this file."""
        if self._store is None:
            return self._counts.count(key, window)
        with self._lock:
            return self._store.count(key, window)

    def forget_counts(self, beginning: str) -> None:
        """Forget the counts whose keys begin so."""
        self._counts.forget_counts(beginning)
        if self._store is not None:
            with self._lock:
                self._store.forget_counts(beginning)

    def note(self, level: str, event: str, event_id: str, details: str) -> None:
        """Write a line into the log."""
        self.log.write(stamp(self.clock()), level, event, event_id, details)

    def fact(self, name: str) -> str | None:
        """Return something the file says about itself, None without a file."""
        return self._store.fact(name) if self._store else None

    def remember(self, name: str, value: str) -> None:
        """Write something the file says about itself."""
        if self._store:
            self._store.remember(name, value)

    def close(self) -> None:
        """Let go of the file."""
        if self._store:
            self._store.close()

    @staticmethod
    def _principal_address(doc: Doc) -> str:
        return str(next(iter(doc["emails"]), doc["name"]))

    def _last(self, sequence: str) -> int:
        doc = self.table(f"sequence:{sequence}").get(0)
        return 0 if doc is None else int(doc["last"])

    def _advance(self, sequence: str, number: int) -> int:
        self.put(f"sequence:{sequence}", 0, {"last": number})
        return number

    def _refresh(self) -> None:
        if self._store is None:
            return
        for kind, number, doc in self._store.news():
            if doc is None:
                self.table(kind).drop(number)
            else:
                self.table(kind).put(number, doc)

    def _save(self, store: Store) -> None:
        store.save([(kind, number, self.table(kind).get(number)) for kind, number in self._changed])
        self._changed.clear()

    def _forget(self, store: Store) -> None:
        """Throw away what was changed in memory and never written."""
        if self._changed:
            self._changed.clear()
            self._tables.clear()
            store.forget()


def copy(doc: Any) -> Any:
    """Return a deep copy of plain JSON values, several times faster than the general one."""
    if isinstance(doc, dict):
        return {key: copy(value) for key, value in doc.items()}
    if isinstance(doc, list):
        return [copy(value) for value in doc]
    return doc
