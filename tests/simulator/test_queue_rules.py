"""Messages that wait, on both generations: what a page holds, what a change changes, and when a message is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stalwart_client.simulator import Simulator, ids
from tests.simulator.callers import Jmap, Rest, client_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def rest() -> tuple[Rest, list[int]]:
    server = Simulator("0.15", clock=lambda: NOW)
    pairs = [["a@x.test", "b@y.test"], ["c@x.test"], ["d@z.test"]]
    return Rest(server), [server.plant_message(f"ana{place}@example.org", pair) for place, pair in enumerate(pairs)]


@pytest.fixture
def jmap() -> tuple[Jmap, list[str]]:
    server = Simulator("0.16", clock=lambda: NOW)
    pairs = [["a@x.test", "b@y.test"], ["c@x.test"], ["d@z.test"]]
    numbers = [server.plant_message(f"ana{place}@example.org", pair) for place, pair in enumerate(pairs)]
    return Jmap(server), [ids.encode(number) for number in numbers]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("from=ana1", [1]),
        ("to=x.test", [0, 1]),
        ("text=ana2&from=ana0", [2]),
        ("limit=2&page=2", [2]),
        ("max-total=2", [0, 1]),
        ("queue=remote", [0, 1, 2]),
        ("queue=local", []),
        ("queue=muchtoolong", [0, 1, 2]),
        ("after=2099-01-01T00:00:00Z", []),
        ("after=2001-01-01T00:00:00Z", [0, 1, 2]),
    ],
)
def test_what_rest_lists(rest: tuple[Rest, list[int]], query: str, places: list[int]) -> None:
    call, numbers = rest

    assert call("GET", f"/queue/messages?{query}")["data"]["items"] == [numbers[place] for place in places]


def test_rest_lists_a_range_of_ids(rest: tuple[Rest, list[int]]) -> None:
    call, numbers = rest

    listed = call("GET", f"/queue/messages?range-start={numbers[1]}&range-end={numbers[1]}")["data"]

    assert (listed["items"], listed["total"]) == ([numbers[1]], 1)


def test_rest_cancels_one_recipient_only_in_words_and_the_last_of_them_for_good(rest: tuple[Rest, list[int]]) -> None:
    call, numbers = rest
    path = f"/queue/messages/{numbers[0]}"

    assert call("DELETE", f"{path}?filter=nobody") == {"data": False}
    assert call("DELETE", f"{path}?filter=x.test") == {"data": True}
    assert [one["status"] for one in call("GET", path)["data"]["recipients"]] == ["scheduled", "scheduled"]

    assert call("DELETE", f"{path}?filter=test") == {"data": True}
    assert call.send("GET", path).status_code == 404


def test_rest_cancels_the_page_that_is_asked_for(rest: tuple[Rest, list[int]]) -> None:
    call, numbers = rest

    assert call("DELETE", "/queue/messages?limit=1&page=2") == {"data": True}
    assert call("DELETE", "/queue/messages?values=1") == {"data": False}
    call.server.advance(2)

    assert call("GET", "/queue/messages")["data"]["items"] == [numbers[0], numbers[2]]


def ids_of(call: Jmap, **arguments: Any) -> Any:
    return call("x:QueuedMessage/query", arguments).get("ids")


def test_what_is_next_to_be_done_orders_the_queue(jmap: tuple[Jmap, list[str]]) -> None:
    call, (first, second, third) = jmap
    call.update("QueuedMessage", first, nextRetry="2026-11-21T18:00:00Z")
    call.update("QueuedMessage", second, nextRetry="2031-01-01T00:00:00Z")

    # A note to the sender comes before a try that is years away; who filters by words sees the tries.
    assert ids_of(call) == [second, first, third]
    assert ids_of(call, filter={"text": "example.org"}) == [second, first, third]
    assert ids_of(call, filter={"dueIsGreaterThan": "2027-01-01T00:00:00Z"}) == []
    assert ids_of(call, filter={"dueIsGreaterThan": "2027-01-01T00:00:00Z", "text": "ana"}) == [second]


def test_a_limit_is_told_unless_the_queue_ends_before_it(jmap: tuple[Jmap, list[str]]) -> None:
    call, _ = jmap

    assert call("x:QueuedMessage/query", {"limit": 3, "position": 0})["limit"] == 3
    assert "limit" not in call("x:QueuedMessage/query", {"limit": 4, "position": 0})
    assert call("x:QueuedMessage/query", {"sort": [{"property": "id"}]})["type"] == "unsupportedSort"


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ({"size": 5}, "Cannot modify server set property"),
        ({"nextRetry": "soon"}, "Failed to parse UTCDateTime from string"),
        ({"recipients/nobody@x.test/retryCount": 1}, "Recipient 'nobody@x.test' does not exist"),
        ({"nothing": 1}, "Invalid property"),
    ],
)
def test_what_cannot_be_changed(jmap: tuple[Jmap, list[str]], patch: dict[str, Any], error: str) -> None:
    call, (first, *_) = jmap

    assert call.update("QueuedMessage", first, **patch)["description"] == error


def test_a_count_changes_with_its_time_only(jmap: tuple[Jmap, list[str]]) -> None:
    call, (first, *_) = jmap
    call.update("QueuedMessage", first, **{"recipients/a@x.test/retryCount": 3})
    assert recipient(call, first)["retryCount"] == 0

    wish = {"recipients/a@x.test/retryCount": 3, "recipients/a@x.test/retryDue": "2030-01-01T00:00:00Z"}
    call.update("QueuedMessage", first, **wish, priority=7)

    assert (recipient(call, first)["retryCount"], message(call, first)["priority"]) == (3, 7)


def test_a_cancelled_recipient_can_be_taken_back_until_the_last_is_cancelled(jmap: tuple[Jmap, list[str]]) -> None:
    call, (first, *_) = jmap
    call.update("QueuedMessage", first, **{"recipients/a@x.test": None})
    assert recipient(call, first)["status"]["@type"] == "PermanentFailure"

    call.update("QueuedMessage", first, **{"recipients/a@x.test/status": {"@type": "Scheduled"}})
    assert recipient(call, first)["status"] == {"@type": "Scheduled"}

    call.update("QueuedMessage", first, recipients={})
    assert call("x:QueuedMessage/get", {"ids": [first]})["notFound"] == [first]


def message(call: Jmap, number: str) -> Any:
    return call("x:QueuedMessage/get", {"ids": [number]})["list"][0]


def recipient(call: Jmap, number: str) -> Any:
    return message(call, number)["recipients"]["a@x.test"]


def test_the_text_of_a_message_can_be_read_by_who_may(
    rest: tuple[Rest, list[int]], jmap: tuple[Jmap, list[str]]
) -> None:
    call, numbers = rest
    name = call("GET", f"/queue/messages/{numbers[0]}")["data"]["blob_hash"]
    whole = call.send("GET", f"/store/blobs/{name}").text
    assert whole.startswith("From: <ana0@example.org>")
    assert call.send("GET", f"/store/blobs/{name}?offset=6&limit=4").text == whole[6:10]

    newer, (first, *_) = jmap
    blob = message(newer, first)["blobId"]
    answer = client_of(newer.server).get(f"/jmap/download/d333333/{blob}/m.eml?accept=message/rfc822")
    assert (answer.text.splitlines()[-1], answer.headers["content-type"]) == ("Hello", "message/rfc822")
    assert client_of(newer.server).get(f"/jmap/download/d333333/{blob}x/m.eml").status_code == 404
