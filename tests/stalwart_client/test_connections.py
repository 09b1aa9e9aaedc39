"""Connections are kept while they are of use and given back when the client is closed, on a real socket."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import psutil
import pytest

from stalwart_client import Create, NotPermitted, StalwartClient, Wanted
from stalwart_client._rest import RestDriver
from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server
from tests.stalwart_client.answers import ADMIN, Player, data, problem

MAILBOXES = 2100
"""More than eight pages on both."""


@pytest.fixture(scope="module", params=["0.15", "0.16"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server on a socket with enough mailboxes for several pages."""
    simulator = Simulator(generation=request.param)
    filling = StalwartClient("http://mail.test", ADMIN, transport=simulator.transport())
    filling.create_domain("a.test")
    filling.apply([Create(wanted=Wanted(address=f"u{n}@a.test")) for n in range(MAILBOXES)])
    with Server(simulator, host="127.0.0.1", port=0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.url
        server.shutdown()


def page_of(request: httpx.Request, people: int) -> httpx.Response:
    """Return the page that a request asks 0.15 for."""
    number, size = int(request.url.params["page"]), int(request.url.params["limit"])
    names = [f"u{n:05}@a.test" for n in range(people)[(number - 1) * size : number * size]]
    return data({"items": [{"name": name, "emails": [name]} for name in names], "total": people})


class Paged(httpx.BaseTransport):
    """Lists people as 0.15 does and takes requests in as a socket does; `met` is called before a page is answered."""

    def __init__(self, people: int, met: Callable[[int], httpx.Response | None]) -> None:
        self._people = people
        self._met = met

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        b"".join(request.stream)
        if "authorization" not in request.headers:
            return problem(401)
        return self._met(int(request.url.params["page"])) or page_of(request, self._people)


def connections_to(url: str) -> list[Any]:
    """Return our ends of the connections to a server of this process."""
    port = int(url.rpartition(":")[2])
    return [each for each in psutil.Process().net_connections("tcp") if each.raddr[1:] == (port,)]


def test_one_connection_serves_call_after_call(url: str) -> None:
    client = StalwartClient(url, ADMIN)

    for _ in range(3):
        client.facts()

    assert len({each.laddr for each in connections_to(url)}) == 1
    client.close()
    assert connections_to(url) == []


def test_nothing_stays_open_however_a_listing_ends(url: str) -> None:
    client = StalwartClient(url, ADMIN)
    whole, left, open_ = client.walk(), client.walk(), client.walk()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert sum(1 for _ in whole) == MAILBOXES
        next(left)
        left.close()  # type: ignore[attr-defined]
        next(open_)
        # The next page of this one is on its way.
        client.close()
        assert connections_to(url) == []
        del open_, client
        gc.collect()

    assert [each for each in caught if each.category is ResourceWarning] == []


def test_a_listing_goes_on_after_its_client_was_closed(url: str) -> None:
    client = StalwartClient(url, ADMIN)
    walk = client.walk()
    found = [next(walk)]

    client.close()
    found += walk

    assert len({each.address for each in found}) == len(found) == MAILBOXES
    client.close()
    assert connections_to(url) == []


def test_a_call_under_way_is_finished_before_its_connection_goes() -> None:
    has_come, may_go = threading.Event(), threading.Event()

    class Slow(httpx.BaseTransport):
        """Answers when it is told to."""

        is_closed = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "authorization" not in request.headers:
                return problem(401)
            has_come.set()
            may_go.wait()
            assert not self.is_closed
            return data({"items": [], "total": 0})

        def close(self) -> None:
            self.is_closed = True

    transport = Slow()
    client = StalwartClient("http://mail.test", ADMIN, transport=transport)
    asked = threading.Thread(target=lambda: list(client.domains()))
    asked.start()
    has_come.wait()

    closing = threading.Thread(target=client.close)
    closing.start()
    may_go.set()
    asked.join()
    closing.join()

    assert transport.is_closed


def test_a_listing_that_is_left_open_does_not_keep_a_program_from_ending(url: str) -> None:
    program = (
        "from stalwart_client import Credentials, StalwartClient\n"
        f"walk = StalwartClient({url!r}, Credentials(user={ADMIN.user!r}, secret={ADMIN.secret!r})).walk()\n"
        "print(next(walk).address)"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603

    assert ended.stdout == "u0@a.test\n"


def test_a_page_comes_when_the_server_is_at_work_on_the_next() -> None:
    asked, may_go_on = [], threading.Event()

    def met(number: int) -> None:
        asked.append(number)
        if number == 2:
            assert may_go_on.wait(10)

    with closing(StalwartClient("http://mail.test", ADMIN, transport=Paged(498, met))) as client:
        walk = client.walk()

        first = next(walk)
        asked_by_then = list(asked)
        may_go_on.set()

    assert first.address == "u00000@a.test"
    assert asked_by_then == [1, 2]
    assert sum(1 for _ in walk) == 497


def test_two_pages_are_on_their_way_at_once_where_the_first_says_how_many_follow() -> None:
    both = threading.Barrier(2, timeout=10)

    def met(number: int) -> None:
        if number > 1:
            both.wait()

    with closing(StalwartClient("http://mail.test", ADMIN, transport=Paged(1230, met))) as client:
        assert sum(1 for _ in client.walk()) == 1230


def test_an_error_comes_where_the_page_would_have_come() -> None:
    def met(number: int) -> httpx.Response | None:
        return problem(403) if number == 3 else None

    with closing(StalwartClient("http://mail.test", ADMIN, transport=Paged(1750, met))) as client:
        walk = client.walk()
        assert len([next(walk) for _ in range(498)]) == 498
        with pytest.raises(NotPermitted):
            next(walk)


@pytest.mark.parametrize("threads", [0, 1])
def test_a_listing_needs_no_more_threads_than_the_system_gives(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def start_or_refuse(thread: threading.Thread) -> None:
        if len(started) == threads:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_refuse)

    with Player(lambda request: page_of(request, MAILBOXES)).sender() as sender:
        found = [mailbox.address for mailbox in RestDriver(sender).walk()]

    assert len(set(found)) == len(found) == MAILBOXES
    assert len(started) == threads


def test_who_leaves_a_listing_waits_for_nothing_and_who_closes_the_client_waits_for_all() -> None:
    is_left = threading.Event()
    waited = []

    def met(number: int) -> None:
        if number != 1:
            waited.append(is_left.wait(5))

    client = StalwartClient("http://mail.test", ADMIN, transport=Paged(498, met))
    walk = client.walk()
    next(walk)

    walk.close()  # type: ignore[attr-defined]
    is_left.set()
    client.close()

    assert waited == [True]


def test_a_listing_may_be_found_by_the_garbage_collector_in_a_thread_of_its_own() -> None:
    is_left, is_collected = threading.Event(), threading.Event()

    def met(number: int) -> None:
        if number != 1:
            assert is_left.wait(10)
            gc.collect()
            is_collected.set()

    client = StalwartClient("http://mail.test", ADMIN, transport=Paged(498, met))
    gc.disable()
    try:
        walk = client.walk()
        next(walk)
        ring: list[Any] = [walk]
        ring.append(ring)
        del walk, ring
        is_left.set()
        assert is_collected.wait(10)
    finally:
        gc.enable()

    client.close()
    assert list(client.walk())
