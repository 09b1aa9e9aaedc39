"""Answers for tests: recorded ones of real servers, and a transport that plays what it is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from stalwart_client import Credentials
from stalwart_client._http import DEFAULT_TIMEOUTS, Sender, Timeouts

RECORDINGS = Path(__file__).parent.parent / "recordings"
ADMIN = Credentials(user="admin", secret="admin-secret")
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER_HASH = HASH.replace("AAAA", "BBBB")


def recorded(recording: str, name: str) -> httpx.Response:
    """Return what a real server answered in the step of this name."""
    for line in (RECORDINGS / f"{recording}.jsonl").read_text(encoding="utf-8").splitlines():
        step = json.loads(line)
        if step.get("name") == name:
            answer = step["response"]
            return httpx.Response(answer["status"], headers=answer["headers"], json=answer["body"])
    raise LookupError(name)


def problem(status: int, **members: Any) -> httpx.Response:
    """Return an error page as Stalwart gives it."""
    body = {"type": "about:blank", "status": status, "title": "", "detail": "", **members}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def data(value: Any) -> httpx.Response:
    """Return a good answer of 0.15."""
    return httpx.Response(200, json={"data": value})


def methods(*responses: list[Any]) -> httpx.Response:
    """Return a good answer of 0.16 with these method responses."""
    return httpx.Response(200, json={"methodResponses": list(responses), "sessionState": "0"})


class Player:
    """Answers requests by what was put in, and keeps them; the last answer goes on for ever."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    @property
    def lines(self) -> list[str]:
        """The requests as method and path."""
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(each.content) if each.content else None for each in self.requests]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    @contextmanager
    def sender(
        self,
        credentials: Credentials = ADMIN,
        base_url: str = "http://mail.test",
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> Iterator[Sender]:
        sender = Sender(base_url, credentials, transport=self.transport(), timeouts=timeouts, sleep=self.pauses.append)
        yield sender
        sender.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)
