"""Stalwart up to 0.15: a REST interface where a failure is mostly a 200 that says `error`."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from stalwart_client import _rest_principal as principals
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unreachable,
    Unsupported,
    WrongCredentials,
)
from stalwart_client._http import MAX_IN_FLIGHT, Answer, RateLimited, Sender, fitting
from stalwart_client._rest_call import PRINCIPALS, Rest, data_of, principal_path
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
    difference,
)

logger = logging.getLogger(__name__)

NEEDED = (
    "individual-list",
    "individual-get",
    "individual-create",
    "individual-update",
    "individual-delete",
    "domain-list",
    "domain-get",
    "domain-create",
    "settings-reload",
    # Whoever gives the role `user` must hold all of it; these stand for the 179.
    "authenticate",
    "email-receive",
    "email-send",
    "imap-authenticate",
    "jmap-email-get",
)
"""What the panel's key must be allowed to do."""

ASKING_WHO_WE_ARE = "authenticate-oauth"
"""Without this permission the server does not say what our permissions are."""

_PAGE = 1000
_DOMAIN_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class RestDriver:
    """Speaks to one server of the REST generation; every change is a request, at most four at a time."""

    generation = Generation.REST

    def __init__(self, sender: Sender) -> None:
        self._rest = Rest(sender)

    def facts(self) -> ServerFacts:
        """Say what the server is, what it can do, and what our credentials may do here."""
        answer = self._who_are_we()
        external = self._has_external_directory()
        with fitting("facts about the server"):
            data = data_of(answer) if answer else {}
            permissions = frozenset(map(str, data.get("permissions", ())))
            return ServerFacts(
                generation=self.generation,
                version=data.get("version"),
                edition="enterprise" if data.get("isEnterprise") else "",
                permissions=permissions,
                missing=_missing(permissions) if answer else (ASKING_WHO_WE_ARE,),
                capabilities=_capabilities(external=external),
                external_directory=external,
                clock=answer.clock if answer else None,
            )

    def mailboxes_at(self, addresses: Mapping[str, str] | Iterable[str]) -> dict[str, Mailbox]:
        """Return the mailboxes that exist at these addresses; hints have no use here."""
        names = sorted({address.lower() for address in addresses})
        found = _at_once(self._individual, names)
        return {name: principals.mailbox(each) for name, each in zip(names, found, strict=True) if each}

    def walk(self) -> Iterator[Mailbox]:
        """Yield every mailbox page by page, in the order of their login names."""
        return map(principals.mailbox, self._list("individual", principals.FIELDS))

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out changes and say how each went, in the order given; those of one address in order."""
        lanes: dict[str, list[int]] = {}
        for position, change in enumerate(changes):
            lanes.setdefault(change.address.lower(), []).append(position)
        outcomes: dict[int, Outcome] = {}
        brake = _Brake()

        def drive(lane: list[int]) -> None:
            for position in lane:
                outcomes[position] = self._outcome(changes[position], brake)

        _at_once(drive, list(lanes.values()))
        in_order = [outcomes[position] for position in range(len(changes))]
        if any(not o.error and isinstance(o.change, Create | Destroy) for o in in_order):
            self._forget_recipients()
        return in_order

    def domains(self) -> Iterator[MailDomain]:
        """Yield every mail domain; the fields are named, as counting members reads every address."""
        for item in self._list("domain", "name,description"):
            with fitting("a mail domain"):
                yield MailDomain(name=str(item["name"]), description=str(item.get("description", "")))

    def create_domain(self, name: str, *, description: str = "") -> MailDomain:
        """Make a mail domain; the name is checked here, as this server takes anything."""
        if not _DOMAIN_NAME.fullmatch(name):
            raise Invalid("This is not the name of a domain.", subject=name)
        body = {"type": "domain", "name": name} | ({"description": description} if description else {})
        self._rest.call("POST", PRINCIPALS, body=body, idempotent=False)
        self._forget_recipients()
        return MailDomain(name=name, description=description)

    # One change

    def _outcome(self, change: Change, brake: _Brake) -> Outcome:
        error = brake.error
        if error is None:
            try:
                self._carry_out(change)
            except StalwartError as failure:
                error = failure
            brake.saw(error)
        return Outcome(change, error)

    def _carry_out(self, change: Change) -> None:
        if "@" not in change.address:
            # An empty name in the path would speak of all principals, a short one of a role or a list.
            raise Invalid("This is not the address of a mailbox.", subject=change.address)
        match change:
            case Create():
                self._create(change)
            case Update():
                self._update(change)
            case Destroy():
                self._destroy(change)

    def _create(self, change: Create) -> None:
        body = principals.creation(change)
        try:
            self._rest.call("POST", PRINCIPALS, body=body, idempotent=False)
        except RateLimited:
            raise
        except (Unreachable, Busy):
            # Nobody knows whether it was made, so look before anything is made twice.
            made = self._individual(change.address.lower())
            if made is None:
                raise
            if not _is_result_of(change, made):
                raise AlreadyExists("The address is taken.", subject=change.address) from None

    def _update(self, change: Update) -> None:
        current = Mailbox(address=change.address.lower())
        if not isinstance(change.aliases, Unset):
            found = self._individual(current.address)
            if found is None:
                raise NotFound("The mail server has no such mailbox.", subject=change.address)
            current = principals.mailbox(found)
        steps = principals.patch(change, current)
        self._rest.call("PATCH", principal_path(current.address), body=steps, idempotent=True)

    def _destroy(self, change: Destroy) -> None:
        name = change.address.lower()
        # What is not a person's mailbox is not ours to delete, and this cannot be undone.
        if self._individual(name) is None:
            return
        try:
            self._rest.call("DELETE", principal_path(name), idempotent=True)
        except NotFound:
            return

    def _forget_recipients(self) -> None:
        """Make SMTP look again who exists: it remembers a miss for an hour and a hit for a day."""
        try:
            self._rest.call("GET", "/api/reload", idempotent=True)
        except NotPermitted:
            logger.info("Our key may not reload: mail to new mailboxes may bounce for up to an hour.")
        except StalwartError as error:
            logger.warning("The mail server was not reloaded (%s): new mailboxes may bounce.", error.code)

    # Requests

    def _individual(self, name: str) -> dict[str, Any] | None:
        if "@" not in name:
            return None
        try:
            data = self._rest.call("GET", principal_path(name), idempotent=True)
        except NotFound:
            return None
        with fitting("a mailbox"):
            return dict(data) if data["type"] == "individual" else None

    def _list(self, kind: str, fields: str) -> Iterator[dict[str, Any]]:
        """Yield principals by name; one that is deleted meanwhile moves the others to a page read before."""
        page, total, last = 1, 0, ""
        while True:
            params = {"types": kind, "fields": fields, "page": str(page), "limit": str(_PAGE)}
            data = self._rest.call("GET", PRINCIPALS, params=params, idempotent=True)
            with fitting("a list"):
                items, before, total = list(data["items"]), total, int(data["total"])
                names = [str(item["name"]) for item in items]
            if page > 1 and total < before:
                page -= 1
                continue
            yield from (item for item, name in zip(items, names, strict=True) if name > last)
            last = max([last, *names])
            if not items or page * _PAGE >= total:
                return
            page += 1

    def _who_are_we(self) -> Answer | None:
        """Ask for a code that nobody will use: only its answer tells the version and our permissions."""
        question = {"type": "code", "client_id": "panel"}
        try:
            return self._rest.send("POST", "/api/oauth", body=question, idempotent=True)
        except NotPermitted:
            return None

    def _has_external_directory(self) -> bool:
        """Ask for a mailbox without a name: an LDAP or SQL directory refuses before it looks at the name."""
        try:
            self._rest.call("POST", PRINCIPALS, body={"type": "individual"}, idempotent=True)
        except Unsupported:
            return True
        except (Invalid, NotPermitted):
            pass
        return False


class _Brake:
    """Ends a batch when the trouble is not one mailbox's but the server's."""

    def __init__(self) -> None:
        self.error: StalwartError | None = None
        self._unreachable = 0
        self._lock = threading.Lock()

    def saw(self, error: StalwartError | None) -> None:
        """Take note of how one change went: once is enough for a refusal, silence may be chance once."""
        with self._lock:
            self._unreachable = self._unreachable + 1 if isinstance(error, Unreachable) else 0
            if isinstance(error, WrongCredentials | RateLimited) or self._unreachable > 1:
                self.error = error


def _at_once(work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
        return list(pool.map(work, items))


def _is_result_of(change: Create, principal: dict[str, Any]) -> bool:
    wanted = replace(change.wanted, denials=change.wanted.denials & principals.PERMISSIONS.keys())
    same = difference(principals.mailbox(principal), wanted) is None
    return same and principals.holds_secret(principal, change.secret)


def _missing(permissions: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in NEEDED if name not in permissions)


def _capabilities(*, external: bool) -> Capabilities:
    return Capabilities(
        deadlines=False,
        denials=frozenset(principals.PERMISSIONS),
        mailboxes=not external,
        batch=1,
    )
