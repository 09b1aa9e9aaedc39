"""Requests of 0.15: where a call goes, and the names of what went wrong in an answer with a good status (rest.md 0)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote

from stalwart_client._answers import Answer, fitting
from stalwart_client._errors import (
    AlreadyExists,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unsupported,
    WrongCredentials,
)
from stalwart_client._http import Sender
from stalwart_client._rest_listing import Listing, Page

logger = logging.getLogger(__name__)

PRINCIPALS = "/api/principal"
_WORDS = {"assertFailed", "fieldAlreadyExists", "fieldMissing", "notFound", "other", "unsupported"}
"""What an answer of status 200 can say instead of data (rest.md 0.1)."""


class Rest:
    """Calls the REST interface and reads its envelope."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Send a request and return its data; an `error` in the answer is raised."""
        return data_of(self.send(method, path, **request))

    def send(self, method: str, path: str, **request: Any) -> Answer:
        """Send a request to a route that exists on every server of this generation."""
        try:
            return self._sender.send(method, path, **request)
        except NotFound:
            raise Unexpected("The mail server does not speak the language of 0.15 (any more).") from None

    def look(self, path: str, method: str = "GET", **request: Any) -> Any:
        """Ask for (or change, or delete) what may not be there.

        :raises NotFound: if it is not, on a server of this generation
        """
        try:
            return data_of(self._sender.send(method, path, idempotent=True, **request))
        except NotFound:
            self._is_still_here()
            raise

    def principal(self, name: str, kind: str) -> dict[str, Any] | None:
        """Return the principal of this name if it is one of this kind."""
        if "@" not in name and kind != "domain":
            # The path would speak of all principals, a short one of a role or a key.
            return None
        try:
            data = self.call("GET", principal_path(name), idempotent=True)
        except NotFound:
            return None
        with fitting("a principal"):
            return dict(data) if data["type"] == kind else None

    def walk(self, kinds: str, fields: str, words: str = "") -> Iterator[dict[str, Any]]:
        """Yield principals by name; `words` must all be in name, description or addresses, mostly: see rest.md 2.4."""
        return chain.from_iterable(self.pages(kinds, fields, words))

    def pages(self, kinds: str, fields: str, words: str = "") -> Iterator[list[dict[str, Any]]]:
        """Yield principals page by page, by name, and fetch the next pages meanwhile."""
        where = {"types": kinds, "fields": fields} | ({"filter": words} if words else {})
        return Listing(partial(self._page, where), self._sender.ahead).pages()

    def _page(self, where: dict[str, str], number: int, size: int) -> Page:
        params = where | {"page": str(number), "limit": str(size)}
        data = self.call("GET", PRINCIPALS, params=params, idempotent=True)
        with fitting("a list"):
            return list(data["items"]), int(data["total"])

    def forget_recipients(self) -> None:
        """Make SMTP look again who exists: it remembers a miss for an hour and a hit for a day."""
        try:
            self.reload()
        except NotPermitted:
            logger.info("Our key may not reload: mail to new mailboxes may bounce for up to an hour.")
        except StalwartError as error:
            logger.warning("The mail server was not reloaded (%s): new mailboxes may bounce.", error.code)

    def reload(self, what: str = "") -> None:
        """Let what was written count; with errors in the settings nothing does."""
        self.call("GET", f"/api/reload/{what}" if what else "/api/reload", idempotent=True)

    def _is_still_here(self) -> None:
        """Tell what is not there from an interface that is not: only this generation knows of principals.

        Asked with our credentials: who asks for many things that are gone would soon have spent the hundred
        requests a minute that an address has without (rest.md 7.1).
        """
        try:
            self.send("GET", PRINCIPALS, params={"types": "domain", "fields": "name", "limit": "1"}, idempotent=True)
        except (NotPermitted, WrongCredentials):
            return


def principal_path(name: str) -> str:
    """Return where a principal is; its name is an address and needs quoting."""
    return f"{PRINCIPALS}/{quoted(name)}"


def quoted(text: str) -> str:
    """Return a text as a part of a path, also one that is not valid Unicode: the server has nothing of that name."""
    return quote(text, safe="", errors="surrogatepass")


def data_of(answer: Answer) -> Any:
    """Return what an answer brings, or raise what it reports."""
    with fitting("a result"):
        if "error" in answer.body:
            word = answer.body["error"]
            raise _refusal(answer.body).having_said(word if word in _WORDS else "")
        return answer.body["data"]


def _refusal(body: dict[str, Any]) -> StalwartError:
    """Name an error; of its values only names and addresses are quoted, as others can be secrets."""
    match body["error"]:
        case "notFound":
            return NotFound("The mail server has no such mailbox or domain.", subject=str(body.get("item", "")))
        case "fieldAlreadyExists":
            known = body["field"] in {"name", "emails"}
            return AlreadyExists("The address or name is taken.", subject=str(body["value"]) if known else "")
        case "fieldMissing":
            return Invalid("A value is missing.", subject=str(body["field"]))
        case "unsupported":
            return Unsupported("This mail server, its edition or its directory cannot do this.")
        case "other" if body.get("details") in {"Invalid role", "Invalid permission"}:
            return NotPermitted("Our key may not give to others what it does not hold itself.")
        case "other":
            return Invalid("The mail server rejects a value that was sent.")
    return Unexpected("The mail server reports an error that we do not know.")
