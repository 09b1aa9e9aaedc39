"""Replaying what real servers answered, and comparing what of it is stable (tests/recordings/README.md)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

RECORDINGS = Path(__file__).parents[1] / "recordings"
ADMIN = "admin:ADMIN-SECRET"
START = datetime(2026, 11, 21, 10, 31, 50, tzinfo=UTC)
"""When the recordings were made; selectors and DNS records carry the date."""

_UNSTABLE = {
    "capabilities",
    "accountCapabilities",
    "primaryAccounts",
    "sessionState",
    "state",
    "size",
    "blobId",
    "blob_hash",
}
_UNORDERED = {"permissions", "items"}
_WORDY = {"description", "details", "detail", "reason"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_GENERATED = re.compile(r"jps[a-z0-9]{9}|bvq[a-z0-9]{4}|app_[a-z0-9]{36}|API_[\w-]{38}")
_KEY = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}|-----BEGIN[^-]+-----.*?-----END[^-]+-----\n?", re.DOTALL)
_LARGEST_STABLE = 2**53
"""Numbers above this are ids of queued messages."""
_FOLD = re.compile(r'"\s+"')


@dataclass(frozen=True)
class Step:
    """One request and the answer it got, or a pause."""

    name: str
    request: dict[str, Any]
    response: dict[str, Any]
    wait: float = 0.0


def steps(name: str) -> list[Step]:
    """Return the steps of a recording in order."""
    lines = [json.loads(line) for line in (RECORDINGS / name).read_text().splitlines()]
    return [
        Step("", {}, {}, wait=line["wait"]) if "wait" in line else Step(line["name"], line["request"], line["response"])
        for line in lines
    ]


@dataclass
class Replay:
    """Sends recorded requests, with our generated ids and secrets in the place of the recorded ones."""

    client: httpx.Client
    learned: dict[str, str] = field(default_factory=dict)
    current: str = ""

    def send(self, step: Step) -> httpx.Response:
        """Send one step's request."""
        request = step.request
        headers = dict(request["headers"])
        body = request["body"]
        content = None if body is None else body if isinstance(body, str) else json.dumps(body)
        return self.client.request(
            request["method"],
            self._ours(request["path"]),
            headers=headers | self._authorization(request["auth"]),
            content=None if content is None else self._ours(content),
        )

    def differences(self, step: Step, answer: httpx.Response) -> list[str]:
        """Say where our answer is not what was recorded, and learn from it what stands for what."""
        recorded = step.response
        self.current = step.name
        found = [] if answer.status_code == recorded["status"] else [f"status {answer.status_code}"]
        ours = {name: ", ".join(answer.headers.get_list(name)) for name in recorded["headers"]}
        found += [f"{name}: {ours[name]!r}" for name, text in recorded["headers"].items() if ours[name] != text]
        return found + list(self._compare(recorded["body"], _body(answer, recorded["body"]), ""))

    def _learn(self, recorded: str, ours: str, path: str) -> list[str]:
        known = self.learned.setdefault(recorded, ours)
        return [] if known == ours else [f"{path}: {ours}, not {known}"]

    def _is_place_in_log(self, path: str) -> bool:
        """Say whether a value is the id of a log line, which is its place in a file."""
        return self.current == "logs" and re.search(r"/id$|/ids/\d+$", path) is not None

    def _authorization(self, auth: list[str] | None) -> dict[str, str]:
        if auth is None:
            return {}
        kind, *secrets = (self._ours(one) for one in auth)
        if kind == "bearer":
            return {"authorization": f"Bearer {secrets[0]}"}
        return _basic(*secrets)

    def _ours(self, text: str) -> str:
        for recorded, ours in self.learned.items():
            text = text.replace(recorded, ours)
        return text

    def _compare(self, recorded: Any, ours: Any, path: str) -> list[str]:
        last = path.rpartition("/")[2]
        if last in _UNSTABLE or last.endswith("Url"):
            return []
        if isinstance(recorded, dict) and isinstance(ours, dict):
            return self._compare_objects(recorded, ours, path)
        if isinstance(recorded, list) and isinstance(ours, list):
            return self._compare_lists(recorded, ours, path, last)
        if isinstance(recorded, str) and isinstance(ours, str):
            return self._compare_texts(recorded, ours, path, last)
        if isinstance(recorded, int) and isinstance(ours, int) and recorded > _LARGEST_STABLE:
            return self._learn(str(recorded), str(ours), path)
        return [] if recorded == ours and type(recorded) is type(ours) else [f"{path}: {ours!r}, not {recorded!r}"]

    def _compare_objects(self, recorded: dict[str, Any], ours: dict[str, Any], path: str) -> list[str]:
        theirs = {self._ours(key): value for key, value in recorded.items()}
        if theirs.keys() != ours.keys():
            return [f"{path}: keys {sorted(ours.keys() ^ theirs.keys())}"]
        return [line for key, value in theirs.items() for line in self._compare(value, ours[key], f"{path}/{key}")]

    def _compare_lists(self, recorded: list[Any], ours: list[Any], path: str, last: str) -> list[str]:
        if len(recorded) != len(ours):
            return [f"{path}: {len(ours)} items, not {len(recorded)}"]
        if last in _UNORDERED and all(isinstance(one, str) for one in recorded):
            return [] if set(recorded) == set(ours) else [f"{path}: {sorted(set(recorded) ^ set(ours))}"]
        pairs = enumerate(zip(recorded, ours, strict=True))
        return [line for place, (theirs, own) in pairs for line in self._compare(theirs, own, f"{path}/{place}")]

    def _compare_texts(self, recorded: str, ours: str, path: str, last: str) -> list[str]:
        if _GENERATED.fullmatch(recorded) or self._is_place_in_log(path):
            return self._learn(recorded, ours, path)
        if _MOMENT.fullmatch(recorded):
            return [] if _MOMENT.fullmatch(ours) else [f"{path}: {ours!r} is no moment"]
        if last in _WORDY and recorded.split()[:3] == ours.split()[:3]:
            return []
        stable_recorded, stable_ours = (_KEY.sub("KEY", _FOLD.sub("", text)) for text in (self._ours(recorded), ours))
        return [] if stable_recorded == stable_ours else [f"{path}: {ours!r}, not {recorded!r}"]


def _basic(user: str, secret: str) -> dict[str, str]:
    request = next(httpx.BasicAuth(user, secret).auth_flow(httpx.Request("GET", "http://x")))
    return {"authorization": request.headers["authorization"]}


def _body(answer: httpx.Response, recorded: Any) -> Any:
    return answer.text if isinstance(recorded, str) else answer.json()
