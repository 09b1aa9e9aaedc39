"""A listing of many mailboxes is read page by page, and no more than two pages are held."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest

from stalwart_client import StalwartClient
from stalwart_client._jmap_call import id_number
from tests.stalwart_client.answers import ADMIN, data, methods, problem

MANY = 100_000
ALLOWED = 60 * 1024**2
LETTERS = "abcdefghijklmnopqrstuvwxyz792013"


def rest(request: httpx.Request) -> httpx.Response:
    """Answer as a 0.15 with so many mailboxes, none of which exists before it is asked for."""
    if "authorization" not in request.headers:
        return problem(401)
    page, limit = int(request.url.params["page"]), int(request.url.params["limit"])
    numbers = range((page - 1) * limit, min(page * limit, MANY))
    about = {"description": "x" * 50, "quota": 5, "secrets": ["x" * 100], "disabledPermissions": ["authenticate"]}
    items = [{"id": n, "name": f"u{n:06}@a.test", "emails": [f"u{n:06}@a.test"], **about} for n in numbers]
    return data({"items": items, "total": MANY})


def jmap(request: httpx.Request) -> httpx.Response:
    """Answer as a 0.16 with as many."""
    if request.url.path == "/api/principal":
        return problem(404)
    if request.method == "GET":
        limits = {"maxCallsInRequest": 16, "maxObjectsInGet": 500, "maxObjectsInSet": 500, "maxSizeRequest": 10**7}
        return httpx.Response(200, json={"capabilities": {"urn:ietf:params:jmap:core": limits}})
    responses: list[list[Any]] = []
    for name, arguments, number in json.loads(request.content)["methodCalls"]:
        if name.endswith("/query"):
            first = id_number(arguments["anchor"]) + 1 if "anchor" in arguments else 1
            last = 0 if name != "x:Account/query" or "filter" in arguments else min(first + 500, MANY + 1)
            responses.append([name, {"ids": [ident(n) for n in range(first, last)]}, number])
        else:
            ids = responses[int(arguments["#ids"]["resultOf"])][1]["ids"]
            responses.append([name, {"list": [account(each) for each in ids], "notFound": []}, number])
    return methods(*responses)


def ident(number: int) -> str:
    text = ""
    while number:
        number, rest_of_it = divmod(number, 32)
        text = LETTERS[rest_of_it] + text
    return text


def account(account_id: str) -> dict[str, Any]:
    password = {"@type": "Password", "credentialId": "a", "secret": "****", "expiresAt": None}
    return {
        "@type": "User",
        "id": account_id,
        "emailAddress": f"{account_id}@a.test",
        "description": "x" * 50,
        "aliases": {},
        "credentials": {"0": password},
        "permissions": {"@type": "Inherit"},
        "quotas": {"maxDiskQuota": 5},
        "usedDiskQuota": 0,
        "memberGroupIds": {},
        "locale": "en_US",
    }


def grown(items: Iterator[object]) -> tuple[int, int]:
    """Return how many items there are, and by how many bytes the process grew while they went by."""
    gc.collect()
    process = psutil.Process()
    before = most = process.memory_info().rss
    count = 0
    for count, _ in enumerate(items, start=1):
        if count % 5000 == 0:
            most = max(most, process.memory_info().rss)
    return count, most - before


@pytest.mark.parametrize("server", [rest, jmap], ids=["0.15", "0.16"])
def test_a_hundred_thousand_mailboxes_need_little_memory(server: Callable[[httpx.Request], httpx.Response]) -> None:
    client = StalwartClient("http://mail.test", ADMIN, transport=httpx.MockTransport(server))

    count, growth = grown(client.walk())

    assert count == MANY
    assert growth < ALLOWED


def test_a_listing_that_is_left_early_reads_no_further() -> None:
    asked: list[str] = []

    def counting(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return rest(request)

    walk = StalwartClient("http://mail.test", ADMIN, transport=httpx.MockTransport(counting)).walk()
    next(walk)
    walk.close()  # type: ignore[attr-defined]

    assert len(asked) <= 4
