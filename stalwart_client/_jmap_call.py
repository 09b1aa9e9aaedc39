"""Method calls of 0.16: the envelope, its limits, and the names of what went wrong inside it (jmap.md 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import Any, TypeAlias

from stalwart_client._answers import Answer, fitting
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    InUse,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
)
from stalwart_client._http import Sender, encoded

Call: TypeAlias = tuple[str, dict[str, Any]]
"""The name of a method and its arguments."""
Object: TypeAlias = dict[str, Any]
Verb: TypeAlias = str
"""create, update or destroy."""

USING = ("urn:ietf:params:jmap:core", "urn:stalwart:jmap")

_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz792013"
_ID = re.compile(rf"a|[{_ID_LETTERS[1:]}][{_ID_LETTERS}]{{0,12}}")
_VERBS = {
    "create": ("created", "notCreated"),
    "update": ("updated", "notUpdated"),
    "destroy": ("destroyed", "notDestroyed"),
}
_METHOD_ERRORS: dict[str, type[StalwartError]] = {
    **dict.fromkeys(("anchorNotFound", "invalidArguments", "requestTooLarge", "serverFail"), Unexpected),
    "forbidden": NotPermitted,
    "accountNotFound": NotFound,
    "serverUnavailable": Busy,
    "serverPartialFail": Busy,
    "rateLimit": Busy,
}
_SET_ERRORS: dict[str, type[StalwartError]] = {
    "forbidden": NotPermitted,
    "invalidForeignKey": NotFound,
    "invalidPatch": Invalid,
    "invalidProperties": Invalid,
    "notFound": NotFound,
    "objectIsLinked": InUse,
    "overQuota": Invalid,
    "primaryKeyViolation": AlreadyExists,
    "rateLimit": Busy,
    "tooLarge": Invalid,
    "validationFailed": Invalid,
}
_SENTENCES: dict[type[StalwartError], str] = {
    AlreadyExists: "The address or name is taken.",
    Busy: "The mail server could not carry this out just now.",
    InUse: "Something else on the mail server still points at it.",
    Invalid: "The mail server rejects a value that was sent.",
    NotFound: "The mail server does not have what this is about.",
    NotPermitted: "Our credentials do not allow this, or do not hold what they would give.",
    Unexpected: "The mail server reports an error that we do not know.",
}
_OUR_WORDS = {"description": "name", "quotas": "quota", "credentials": "secret", "secret": "secret"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into one request; these are the defaults of a server, which may have others."""

    calls: int = 16
    get: int = 500
    set: int = 500
    size: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """All objects of a kind (where a filter says so, some), with these properties."""

    kind: str
    properties: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    page: int = 250
    """A server takes as long for 500 at once, and nobody works on the last page while it is on its way."""

    def calls(self, number: int, limits: Limits, anchor: str = "") -> list[Call]:
        """Return the calls for one page; `number` is the place of the first of them in its request.

        This is the server's fast way, where the anchor is exclusive and an unknown one is no error.
        """
        query: dict[str, Any] = {
            "sort": [{"property": "id", "isAscending": True}],
            "limit": min(self.page, limits.get),
        }
        if self.where:
            query["filter"] = dict(self.where)
        if anchor:
            query["anchor"] = anchor
        reference = {"resultOf": str(number), "name": f"{self.kind}/query", "path": "/ids"}
        get = {"#ids": reference, "properties": list(self.properties)}
        return [(f"{self.kind}/query", query), (f"{self.kind}/get", get)]


class Linked(InUse):
    """In use by these objects, each a kind and an id, that somebody has to name."""

    def __init__(self, message: str, *, subject: str, objects: Sequence[tuple[str, str]]) -> None:
        super().__init__(message, subject=subject)
        self.objects = tuple(objects)


class TooLarge(Invalid):
    """A request is larger than the server takes; it was not sent."""


class Jmap:
    """Calls methods and reads their answers; a good status alone proves nothing here."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._limits: Limits | None = None

    def limits(self) -> Limits:
        """Return the limits of the server, asked once."""
        if self._limits is None:
            answer = self.fetch("/jmap/session")
            with fitting("a session"):
                core = answer.body["capabilities"]["urn:ietf:params:jmap:core"]
                self._limits = Limits(
                    calls=max(1, int(core["maxCallsInRequest"])),
                    get=max(1, int(core["maxObjectsInGet"])),
                    set=max(1, int(core["maxObjectsInSet"])),
                    size=int(core["maxSizeRequest"]),
                )
        return self._limits

    def fetch(self, path: str) -> Answer:
        """GET one of the few things that are no method call."""
        return self._send("GET", path, idempotent=True)

    def call(self, calls: Sequence[Call], *, idempotent: bool = True) -> list[dict[str, Any]]:
        """Make calls in one request and return the result of each; an error of any of them is raised."""
        results = self.call_each(calls, idempotent=idempotent)
        return [or_raise(result) for result in results]

    def call_each(self, calls: Sequence[Call], *, idempotent: bool = True) -> list[dict[str, Any] | StalwartError]:
        """Make calls in one request and return the result of each, or its error.

        The session's apiUrl is not used: it often names a host that cannot be reached from here.
        """
        numbered = [(name, arguments, str(number)) for number, (name, arguments) in enumerate(calls)]
        content = encoded({"using": USING, "methodCalls": numbered})
        if self._limits is not None and len(content) > self._limits.size:
            raise TooLarge("This is more than the mail server takes at once.")
        answer = self._send("POST", "/jmap", content=content, idempotent=idempotent)
        with fitting("method responses"):
            answers = {number: (name, result) for name, result, number in answer.body["methodResponses"]}
        return [_result(name, answers.get(number)) for name, _, number in numbered]

    def get(self, kind: str, ids: Sequence[str], properties: Sequence[str]) -> list[dict[str, Any]]:
        """Return those of the objects that exist, in as many requests as the limits want."""
        found: list[dict[str, Any]] = []
        for some in chunks(ids, self.limits().get):
            arguments = {"ids": list(some), "properties": list(properties)}
            (result,) = self.call([(f"{kind}/get", arguments)])
            found += _listed(result, some)
        return found

    def walk(self, kind: str, properties: Sequence[str], where: Mapping[str, Any] | None = None) -> Iterator[Object]:
        """Yield all objects of a kind by ascending id, a page in memory at a time."""
        return (each for page in self.pages(Reading(kind, tuple(properties), where or {})) for each in page)

    def read(self, readings: Sequence[Reading]) -> list[list[Object]]:
        """Return all objects of several kinds, mostly in one request; nothing of a kind that we may not see."""
        found: list[list[Object]] = []
        for some in chunks(readings, max(1, self.limits().calls // 2)):
            calls = [call for n, reading in enumerate(some) for call in reading.calls(2 * n, self.limits())]
            results = self.call_each(calls)
            for n, reading in enumerate(some):
                if isinstance(results[2 * n], NotPermitted):
                    found.append([])
                    continue
                query, got = (or_raise(result) for result in results[2 * n : 2 * n + 2])
                found.append([each for page in self.pages(reading, (query, got)) for each in page])
        return found

    def pages(self, reading: Reading, first: tuple[Object, Object] | None = None) -> Iterator[list[Object]]:
        """Yield objects page by page; the first page may have been read already."""
        anchor, size = "", min(reading.page, self.limits().get)
        while True:
            query, got = first or self.call(reading.calls(0, self.limits(), anchor))
            first = None
            with fitting("a page of ids"):
                ids = [str(each) for each in query["ids"]]
            if anchor and anchor in ids:
                raise Unexpected("The mail server sends the same page again.")
            if anchor and not ids and reading.where:
                self._is_there(reading.kind, anchor)
            yield _listed(got, ids)
            if len(ids) < size:
                return
            anchor = ids[-1]

    def _is_there(self, kind: str, anchor: str) -> None:
        """Tell the end of a listing from an anchor that went: with a filter both are an empty page."""
        if not self.get(kind, [anchor], ("id",)):
            raise Busy("The list changed while it was read.")

    def pages_ahead(self, reading: Reading) -> Iterator[list[Object]]:
        """Yield objects page by page, and fetch the next pages while the caller works on the last one."""
        # Each page begins after the last id of the one before it, so only one can be on its way.
        return self._sender.ahead(repeat(partial(next, self.pages(reading), None)), in_flight=1)

    def set(self, kind: str, changes: Mapping[Verb, Any], *, account_id: str = "") -> dict[tuple[Verb, str], Any]:
        """Change objects and return by verb and key what was created, or the error of each that failed.

        Never sent twice: patches go by index, and the index of an element moves when one before it goes.
        """
        whose = {"accountId": account_id} if account_id else {}
        (result,) = self.call([(f"{kind}/set", {**whose, **changes})], idempotent=False)
        with fitting("the result of a change"):
            return {(verb, key): _set_result(result, verb, key) for verb, keys in changes.items() for key in keys}

    def _send(self, method: str, path: str, **request: Any) -> Answer:
        try:
            return self._sender.send(method, path, **request)
        except NotFound:
            raise Unexpected("The mail server does not speak the language of 0.16 (any more).") from None


def is_id(text: str) -> bool:
    """Tell whether this is an id as the server writes it.

    In a change, one that it cannot read just vanishes; one with a zero ("a") before it is answered without it.
    """
    return _ID.fullmatch(text) is not None


def id_number(ident: str) -> int:
    """Return the number that an id stands for; logs show that."""
    number = 0
    for letter in ident:
        number = number * len(_ID_LETTERS) + _ID_LETTERS.index(letter)
    return number


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield the items in groups of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def escaped(key: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def or_raise(result: Object | StalwartError) -> Object:
    """Return the result of a call, or raise its error."""
    if isinstance(result, StalwartError):
        raise result
    return result


def _result(name: str, answer: tuple[str, Any] | None) -> Object | StalwartError:
    if answer is None:
        return Unexpected(f"The mail server does not answer {name}.")
    answered, result = answer
    with fitting(f"a result of {name}"):
        if answered == "error":
            return _error(result["type"], _METHOD_ERRORS)
        if answered != name or not isinstance(result, dict):
            raise TypeError(answered)
        return result


def _listed(result: dict[str, Any], ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the objects in the order of their ids, and look whether the server has passed over one."""
    with fitting("a list of objects"):
        found: dict[str, Object] = {each["id"]: each for each in result["list"]}
        if list(found) == ids:
            return list(found.values())
        if not set(ids) <= found.keys() | set(result["notFound"]):
            raise Unexpected("The mail server passes over ids that it was asked for.")
        return [found[each] for each in ids if each in found]


def _set_result(result: dict[str, Any], verb: Verb, key: str) -> Any:
    done, not_done = _VERBS[verb]
    failures = result.get(not_done, {})
    if key in failures:
        return _set_error(failures[key])
    if key not in result.get(done, ()):
        return Unexpected("The mail server passes over a change in silence.")
    return result[done][key] if verb == "create" else None


def _set_error(error: Mapping[str, Any]) -> StalwartError:
    """Name an error; its description quotes values, so it goes nowhere."""
    properties = error.get("properties") or [each.get("property", "") for each in error.get("validationErrors", ())]
    about = [_OUR_WORDS.get(str(each).partition("/")[0], str(each).partition("/")[0]) for each in properties]
    subject = about[0] if about else str(error.get("objectId", {}).get("object", "")).lower()
    if error["type"] == "objectIsLinked":
        objects = [(str(each["object"]), str(each["id"])) for each in error.get("linkedObjects", ())]
        return Linked(_SENTENCES[InUse], subject=subject, objects=objects).having_said("objectIsLinked")
    return _error(error["type"], _SET_ERRORS, subject=subject)


def _error(word: str, known: Mapping[str, type[StalwartError]], *, subject: str = "") -> StalwartError:
    kind = known.get(word, Unexpected)
    return kind(_SENTENCES[kind], subject=subject).having_said(word if word in known else "")
