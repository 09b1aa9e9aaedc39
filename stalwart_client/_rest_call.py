"""Requests of 0.15: where a call goes, and the names of what went wrong in an answer with a good status."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from stalwart_client._errors import (
    AlreadyExists,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unsupported,
)
from stalwart_client._http import Answer, Sender, fitting

PRINCIPALS = "/api/principal"


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


def principal_path(name: str) -> str:
    """Return where a principal is; its name is an address and needs quoting."""
    return f"{PRINCIPALS}/{quote(name, safe='', errors='surrogatepass')}"


def data_of(answer: Answer) -> Any:
    """Return what an answer brings, or raise what it reports."""
    with fitting("a result"):
        if "error" in answer.body:
            raise _refusal(answer.body)
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
