"""The same requests to a real server and to a simulator, and where the answers differ.

Recordings show what was once asked. This asks what nobody has recorded: a step is sent to both, an id that one of
them made stands for the other's from then on, and everything else has to be the same, words included.
"""

from __future__ import annotations

import json
import re
import smtplib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.state import GenerationName

USING = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:principals",
    "urn:stalwart:jmap",
]
ADMIN = ("admin", "admin-secret")
_UNSTABLE = frozenset(
    {
        "blob_hash",
        "blobId",
        "sessionState",
        "state",
        "capabilities",
        "accountCapabilities",
        "primaryAccounts",
        "queryState",
    }
)
_UNORDERED = frozenset({"permissions", "enabledPermissions", "disabledPermissions", "linkedObjects", "secrets"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MADE = re.compile(r"[a-z0-9]{12}|bv[a-z0-9]{5}|app_[a-z0-9]{36}|API_[\w-]{38}|[a-z0-9]{1,3}")
_KEY = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}|-----BEGIN[^-]+-----.*?-----END[^-]+-----\n?", re.DOTALL)
_COLUMN = re.compile(r" at line \d+ column \d+")
_NAME = re.compile(r"\$(\w+(?:\.secret)?)")
_GIVEN = frozenset({"code", "access_token", "refresh_token"})
"""What a server gives out and hears again; every server has its own."""
_HEADERS = ("content-type", "www-authenticate", "location", "retry-after", "cache-control")


@dataclass(frozen=True)
class Ask:
    """One request; `$name` in it is the id that an earlier step created under this name.

    `%D` is the trial's domain, `%N` the beginning of IP addresses that nobody else comes from.
    """

    method: str
    path: str
    body: Any = None
    who: tuple[str, str] | str | None = "admin"
    """Name and secret, a bearer token, `admin` for the administrator, None for nobody."""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds to wait before it, for what a server does in the background."""


def api(method: str, path: str, body: Any = None, *, who: tuple[str, str] | str | None = "admin") -> Ask:
    """Ask 0.15."""
    return Ask(method, f"/api{path}", body, who)


def patch_principal(name: str, action: str, field_: str, value: Any) -> Ask:
    """Change one thing of a principal of 0.15."""
    return api("PATCH", f"/principal/{name}", [{"action": action, "field": field_, "value": value}])


def mail(*recipients: str, who: tuple[str, str], learn: str) -> Ask:
    """Hand a message in by submission; `learn` is the name under which later steps know it."""
    return Ask("MAIL", learn, list(recipients), who)


def jmap(
    *calls: tuple[str, dict[str, Any]], who: tuple[str, str] | str | None = "admin", pause: float = 0.0, **envelope: Any
) -> Ask:
    """Ask for JMAP calls."""
    listed = [[method, arguments, str(place)] for place, (method, arguments) in enumerate(calls)]
    return Ask("POST", "/jmap", {"using": USING, "methodCalls": listed, **envelope}, who, pause=pause)


@dataclass(frozen=True)
class Difference:
    """Where the answers to one step differ."""

    step: int
    ask: Ask
    where: str
    live: Any
    ours: Any

    @property
    def request(self) -> str:
        """What was asked, without what every JMAP request begins with."""
        body = self.ask.body
        asked = body["methodCalls"] if isinstance(body, dict) and "methodCalls" in body else body
        return f"{self.ask.method} {self.ask.path} {json.dumps(asked)}"

    def __str__(self) -> str:
        head = f"#{self.step} {_short(self.request)}"
        return f"{head}\n    {self.where}\n    live {_short(self.live)}\n    ours {_short(self.ours)}"


@dataclass
class Side:
    """One of the two servers, and what it calls the things that both have."""

    client: httpx.Client
    admin: tuple[str, str]
    names: dict[str, str] = field(default_factory=dict)
    submission: int = 0
    """The port at which it takes mail."""

    def submit(self, ask: Ask) -> tuple[int, str]:
        """Hand in a message and return the answer, and learn its id from the queue."""
        assert isinstance(ask.who, tuple)
        user, secret = (self._own(one) for one in ask.who)
        before = self._queue()
        with smtplib.SMTP("127.0.0.1", self.submission, local_hostname="client.example.org", timeout=30) as smtp:
            smtp.login(user, secret)
            message = f"From: {user}\r\nSubject: {ask.path}\r\n\r\nHello\r\n"
            refused = smtp.sendmail(user, [self._own(one) for one in ask.body], message)
        new = [number for number in self._queue() if number not in before]
        if new:
            self.names[ask.path] = new[0]
        return len(new), json.dumps(refused)

    def _queue(self) -> list[str]:
        headers = _basic(*self.admin)
        if self.client.get("/api/principal").status_code == 401:
            return [str(one) for one in self.client.get("/api/queue/messages", headers=headers).json()["data"]["items"]]
        call = {"using": USING, "methodCalls": [["x:QueuedMessage/query", {}, "0"]]}
        found = self.client.post("/jmap", json=call, headers=headers).json()["methodResponses"][0][1]["ids"]
        return [str(one) for one in found]

    def send(self, ask: Ask) -> httpx.Response | None:
        """Send a request; None if the connection breaks instead of an answer."""
        body = None if ask.body is None else ask.body if isinstance(ask.body, str) else json.dumps(ask.body)
        headers = {**self._authorization(ask.who), **ask.headers}
        if ask.path == "/jmap":
            headers.setdefault("content-type", "application/json")
        content = None if body is None else self._own(body)
        try:
            return self.client.request(ask.method, self._own(ask.path), content=content, headers=headers)
        except httpx.RemoteProtocolError:
            return None

    def learn(self, body: Any) -> None:
        """Remember the ids and secrets of what a step created."""
        if not isinstance(body, dict):
            return
        inside = body.get("data")
        given: dict[str, Any] = inside if isinstance(inside, dict) else body
        self.names |= {name: str(given[name]) for name in _GIVEN if name in given}
        for answer in body.get("methodResponses", ()):
            created = answer[1].get("created") if isinstance(answer[1], dict) else None
            for name, content in (created or {}).items():
                self.names[name] = str(content.get("id", ""))
                self.names[f"{name}.secret"] = str(content.get("secret", ""))

    def _own(self, text: str) -> str:
        return _NAME.sub(lambda match: self.names.get(match[1], match[0]), text)

    def _authorization(self, who: tuple[str, str] | str | None) -> dict[str, str]:
        if who is None:
            return {}
        user = self.admin if who == "admin" else who
        if isinstance(user, str):
            return {"authorization": f"Bearer {self._own(user)}"}
        return _basic(*(self._own(one) for one in user))


class Trial:
    """A real server and a simulator side by side."""

    def __init__(self, live: Side, generation: GenerationName) -> None:
        self.simulator = Simulator(generation, admin=":".join(ADMIN))
        transport = self.simulator.transport()
        self.live = live
        submission = self.simulator.listen("submission").port
        self.ours = Side(
            httpx.Client(transport=transport, base_url=str(live.client.base_url)), ADMIN, submission=submission
        )
        mark = uuid.uuid4()
        self.domain = f"t{mark.hex[:10]}.metrosure.app"
        self.network = f"10.{mark.bytes[14]}.{mark.bytes[15]}"
        self._same: set[tuple[str, str]] = set()
        self._numbers: dict[int, int] = {}

    def run(self, asks: Sequence[Ask]) -> list[Difference]:
        """Send every step to both and return where they differ."""
        return [one for place, ask in enumerate(asks) for one in self._step(place, self._placed(ask))]

    def clear(self) -> None:
        """Take everything of the trial off the live server, whatever became of its steps."""
        self.simulator.close()
        if self.simulator.generation == "0.15":
            self._clear_rest()
        else:
            self._clear_jmap()

    def _clear_rest(self) -> None:
        client, admin = self.live.client, self.live.admin
        found = client.get(f"/api/principal?fields=name&filter={self.domain}", auth=admin).json()["data"]["items"]
        # A filter whose first word nobody has ignores that word, and would name everybody.
        for one in (one for one in found if self.domain in one["name"]):
            client.delete(f"/api/principal/{quote(one['name'], safe='')}", auth=admin)
        for kind in ("ed25519", "rsa", "mine"):
            for name in (self.domain, f"UPPER.{self.domain}"):
                wish = [{"type": "clear", "prefix": f"signature.{kind}-{name}."}]
                client.post("/api/settings", json=wish, auth=admin)

    def _clear_jmap(self) -> None:
        word = self.domain.partition(".")[0]
        domains = self._find("Domain", text=word)
        for kind in ("Account", "DkimSignature"):
            for domain in domains:
                self._destroy(kind, self._find(kind, domainId=domain))
        lists = self._call("x:MailingList/get", {"ids": None, "properties": ["domainId"]})["list"]
        self._destroy("MailingList", [one["id"] for one in lists if one["domainId"] in domains])
        self._destroy("Role", self._find("Role", description=word))
        self._destroy("Domain", domains)

    def _find(self, kind: str, **wanted: str) -> list[str]:
        found: list[str] = self._call(f"x:{kind}/query", {"filter": wanted})["ids"]
        return found

    def _destroy(self, kind: str, numbers: list[str]) -> None:
        for start in range(0, len(numbers), 100):
            self._call(f"x:{kind}/set", {"destroy": numbers[start : start + 100]})

    def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        content = {"using": USING, "methodCalls": [[method, arguments, "0"]]}
        answer = self.live.client.post("/jmap", json=content, auth=self.live.admin).json()
        return answer["methodResponses"][0][1]

    def _placed(self, ask: Ask) -> Ask:
        text = json.dumps([ask.method, ask.path, ask.body, ask.who, dict(ask.headers)])
        text = text.replace("%D", self.domain).replace("%N", self.network)
        method, path, body, who, headers = json.loads(text)
        return Ask(method, path, body, tuple(who) if isinstance(who, list) else who, headers, ask.pause)

    def _step(self, place: int, ask: Ask) -> Iterator[Difference]:
        if ask.pause:
            self._wait(ask.pause)
        if ask.method == "MAIL":
            yield from self._mail(place, ask)
            return
        live, ours = self.live.send(ask), self.ours.send(ask)
        if live is None or ours is None:
            if live is not ours:
                yield Difference(place, ask, "connection", live, ours)
            return
        if live.status_code != ours.status_code:
            yield Difference(place, ask, "status", (live.status_code, live.text), (ours.status_code, ours.text))
            return
        theirs, own = _body(live), _body(ours)
        self.live.learn(theirs)
        self.ours.learn(own)
        self._same |= {(self.live.names[name], self.ours.names[name]) for name in self._shared_names()}
        for name in _HEADERS:
            if not _same_header(name, live.headers.get_list(name), ours.headers.get_list(name)):
                yield Difference(place, ask, f"header {name}", live.headers.get_list(name), ours.headers.get_list(name))
        yield from (Difference(place, ask, *found) for found in self._compared(theirs, own, ""))

    def _mail(self, place: int, ask: Ask) -> Iterator[Difference]:
        live, ours = self.live.submit(ask), self.ours.submit(ask)
        self._same.add((self.live.names.get(ask.path, ""), self.ours.names.get(ask.path, "")))
        if live != ours:
            yield Difference(place, ask, "submission", live, ours)

    def _wait(self, seconds: float) -> None:
        import time  # noqa: PLC0415

        time.sleep(seconds)

    def _shared_names(self) -> Iterable[str]:
        return self.live.names.keys() & self.ours.names.keys()

    def _compared(self, live: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
        last = path.rpartition("/")[2]
        if last in _UNSTABLE | _GIVEN or last.endswith("Url"):
            return
        if isinstance(live, dict) and isinstance(ours, dict):
            yield from self._objects(live, ours, path)
        elif isinstance(live, list) and isinstance(ours, list):
            yield from self._lists(live, ours, path)
        elif not (self._is_number(live, ours, path) or self._is_same(live, ours)):
            yield path, live, ours

    def _objects(self, live: dict[str, Any], ours: dict[str, Any], path: str) -> Iterator[tuple[str, Any, Any]]:
        theirs = {self._key(name, ours): value for name, value in live.items()}
        if theirs.keys() != ours.keys():
            yield (
                f"{path} keys {sorted(theirs.keys() ^ ours.keys())}",
                {name: theirs[name] for name in theirs if name not in ours},
                {name: ours[name] for name in ours if name not in theirs},
            )
        for name in theirs.keys() & ours.keys():
            yield from self._compared(theirs[name], ours[name], f"{path}/{name}")

    def _key(self, name: str, ours: dict[str, Any]) -> str:
        """Return what we call a key of theirs, which may be an id."""
        return name if name in ours else next((own for own in ours if (name, own) in self._same), name)

    def _lists(self, live: list[Any], ours: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
        if len(live) != len(ours):
            yield f"{path} has {len(live)} items, ours {len(ours)}", live, ours
            return
        if path.rpartition("/")[2] in _UNORDERED:
            live, ours = (sorted(items, key=_rank) for items in (live, ours))
        for place, (theirs, own) in enumerate(zip(live, ours, strict=True)):
            yield from self._compared(theirs, own, f"{path}/{place}")

    def _is_number(self, live: Any, ours: Any, path: str) -> bool:
        """Say whether both are the number of the same principal of 0.15, which their first answer tells."""
        if not re.search(r"^/data$|/id$", path) or not (type(live) is type(ours) is int):
            return False
        return self._numbers.setdefault(live, ours) == ours

    def _is_same(self, live: Any, ours: Any) -> bool:
        if type(live) is not type(ours):
            return False
        if live == ours or (live, ours) in self._same:
            return True
        if not isinstance(live, str):
            return isinstance(live, int) and (str(live), str(ours)) in self._same
        if _MOMENT.fullmatch(live):
            return _MOMENT.fullmatch(ours) is not None
        if len(live) == len(ours) > 6 and _MADE.fullmatch(live) and _MADE.fullmatch(ours):
            self._same.add((live, ours))
            return True
        return self._translated(live) == _plain(ours)

    def _translated(self, text: str) -> str:
        """Write what they say with our ids."""
        known = {theirs: own for theirs, own in self._same if theirs != own and theirs}
        return re.sub(r"[a-z0-9_-]+", lambda match: known.get(match[0], match[0]), _plain(text))


def _same_header(name: str, live: list[str], ours: list[str]) -> bool:
    """Say whether two headers are the same; between two answers a second may pass."""
    if name == "retry-after" and live and ours:
        return abs(int(live[0]) - int(ours[0])) <= 2
    return live == ours


def _rank(item: Any) -> str:
    """Return what orders the items of a list that comes in any order; an id means nothing to the other side."""
    return str(item["object"]) if isinstance(item, dict) and "object" in item else json.dumps(item, sort_keys=True)


def _plain(text: str) -> str:
    return _COLUMN.sub("", _KEY.sub("KEY", text))


def _basic(user: str, secret: str) -> dict[str, str]:
    request = next(httpx.BasicAuth(user, secret).auth_flow(httpx.Request("GET", "http://x")))
    return {"authorization": request.headers["authorization"]}


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 700 else f"{text[:700]}…"
