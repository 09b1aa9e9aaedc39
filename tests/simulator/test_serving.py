"""The simulator on a socket, as the demo runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import ADMIN
from tests.simulator.wire import exchange


@contextmanager
def serving(simulator: Simulator) -> Iterator[httpx.Client]:
    with Server(simulator, host="127.0.0.1", port=0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            with httpx.Client(base_url=server.url, auth=ADMIN) as client:
                yield client
        finally:
            server.shutdown()


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_at_a_signal(generation: GenerationName, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "stalwart_client.simulator", "--generation", generation, "--admin", "root:pw"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]

        session = httpx.get(f"{url}/jmap/session", auth=("root", "pw")).json()
        process.send_signal(end)

        assert process.wait(timeout=10) == 0
    assert session["username"]


def test_a_connection_is_kept_for_the_next_request() -> None:
    with serving(Simulator("0.15")) as client:
        names = [f"domain-{place}.org" for place in range(3)]
        for name in names:
            client.post("/api/principal", json={"type": "domain", "name": name})
        listed = client.get("/api/principal?fields=name").json()["data"]["items"]

    assert [one["name"] for one in listed] == names


def test_an_escaped_name_arrives_as_it_was_sent() -> None:
    with serving(Simulator("0.15")) as client:
        client.post("/api/principal", json={"type": "individual", "name": "a/b c@x.org"})
        answer = client.get("/api/principal/a%2Fb%20c%40x.org").json()

    assert answer["data"]["name"] == "a/b c@x.org"


def test_a_dropped_line_and_a_server_that_is_down_show_on_the_wire() -> None:
    with serving(Simulator("0.16")) as client:
        client.post("/_simulator/fault", json={"fail_next": {"drop": "before"}})
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/jmap/session")

        client.post("/_simulator/fault", json={"go_down": True})
        with pytest.raises(httpx.TransportError):
            client.get("/jmap/session")

        client.post("/_simulator/fault", json={"come_up": True})
        assert client.get("/jmap/session").status_code == 200


def test_it_is_a_wsgi_app_too() -> None:
    server = Simulator("0.15")
    with httpx.Client(transport=httpx.WSGITransport(server.app), base_url="http://x", auth=ADMIN) as client:
        assert client.post("/api/principal", json={"type": "domain", "name": "example.org"}).json() == {"data": 1}
        assert client.get("/api/principal/example.org").json()["data"]["members"] == 0


def test_it_answers_nonsense_and_hangs_up() -> None:
    with serving(Simulator("0.16")) as client:
        port = int(client.base_url.port or 0)

        for sent, status in [
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
            (b"POST /jmap HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
            (b"POST /jmap HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
            (b"GET /?" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 120 + b"\r\n", 431),
        ]:
            said = exchange(port, sent)
            assert ([one.status for one in said.answers], said.is_closed) == ([status], True)


@pytest.mark.parametrize(
    ("sent", "statuses", "is_closed"),
    [
        (b"\r\nGET /healthz/live HTTP/1.1\r\n\r\n", [200], False),
        (b"GET /healthz/live HTTP/1.0\r\n\r\n", [200], True),
        (b"GET /healthz/live HTTP/1.1\r\nconnection: close\r\n\r\n", [200], True),
        (b"GET http://x/healthz/live HTTP/1.1\r\n\r\n", [200], False),
        (b"OPTIONS /jmap HTTP/1.1\r\n\r\n" + b"GET /healthz/live HTTP/1.1\r\n\r\n", [204, 200], False),
        (b"HEAD /healthz/live HTTP/1.1\r\n\r\n" + b"GET /jmap HTTP/1.1\r\n\r\n", [200, 404], False),
    ],
)
def test_what_is_unusual_is_still_answered(sent: bytes, statuses: list[int], *, is_closed: bool) -> None:
    with serving(Simulator("0.16")) as client:
        said = exchange(int(client.base_url.port or 0), sent, quiet=0.3)

    assert ([one.status for one in said.answers], said.is_closed) == (statuses, is_closed)


def test_the_schema_is_where_the_redirect_says() -> None:
    with serving(Simulator("0.16")) as client:
        where = client.get("/api/schema").headers["location"]
        schema = client.get(where)

    assert schema.headers["content-encoding"] == "gzip"
    assert schema.json()["objects"]["x:Role"]["permissionPrefix"] == "sysRole"
    assert schema.json()["fields"]["x:EmailAlias"]["properties"]["name"]["update"] == "mutable"
