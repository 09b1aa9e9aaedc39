"""The simulator breaks on request, and then works again."""

from __future__ import annotations

import httpx
import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.faults import Drop
from tests.simulator.callers import Jmap, Rest, client_of, jmap_server, rest_server


@pytest.fixture(params=["0.15", "0.16"])
def server(request: pytest.FixtureRequest) -> Simulator:
    return rest_server() if request.param == "0.15" else jmap_server()


def session_of(server: Simulator) -> httpx.Response:
    return client_of(server).get("/jmap/session")


def test_a_status_comes_as_often_as_was_asked(server: Simulator) -> None:
    server.fail_next(status=503, times=2, skip=1)

    assert [session_of(server).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_nothing_more_fails_after_zero_times(server: Simulator) -> None:
    server.fail_next(status=503, times=50)
    server.fail_next(times=0)

    assert session_of(server).status_code == 200


def test_429_looks_as_the_real_one_does(server: Simulator) -> None:
    server.fail_next(status=429)

    answer = session_of(server)

    assert answer.json()["title"] == "Too Many Requests"
    assert ("retry-after" in answer.headers) is (server.generation == "0.16")


def test_too_many_at_once_looks_as_the_real_one_does(server: Simulator) -> None:
    server.fail_next(concurrent=True)

    answer = session_of(server)

    assert (answer.status_code, answer.json()["limit"]) == (400, "maxConcurrentRequests")


def test_a_foreign_page_comes_with_its_type(server: Simulator) -> None:
    server.fail_next(body="<html>Sign in to the wifi</html>")

    answer = session_of(server)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_a_server_that_is_down_refuses_connections(server: Simulator) -> None:
    server.go_down()
    with pytest.raises(httpx.ConnectError):
        session_of(server)

    server.come_up()
    assert session_of(server).status_code == 200


@pytest.mark.parametrize(("drop", "is_done"), [("before", False), ("after", True)])
def test_a_dropped_line_leaves_open_whether_the_work_is_done(drop: Drop, *, is_done: bool) -> None:
    server = jmap_server()
    server.fail_next(drop=drop)

    with pytest.raises(httpx.RemoteProtocolError):
        Jmap(server).create("Account", **{"@type": "User", "name": "ana", "domainId": "b"})

    assert (server.state.addresses() == ["ana@example.org"]) is is_done


def test_a_fault_can_wait_for_what_it_is_meant_for(server: Simulator) -> None:
    server.fail_next(status=500, method="create")

    assert session_of(server).status_code == 200
    if server.generation == "0.15":
        assert Rest(server).send("POST", "/principal", {"name": "x"}).status_code == 500
    else:
        calls = [["x:Role/set", {"create": {"r": {"description": "x"}}}, "0"]]
        assert Jmap(server).post({"using": [], "methodCalls": calls}).status_code == 500


def test_latency_is_slept_by_whoever_was_given() -> None:
    slept: list[float] = []
    server = Simulator("0.16", sleep=slept.append)
    server.latency(2.5)

    session_of(server)

    assert slept == [2.5]


def test_half_of_a_batch_is_refused() -> None:
    server = jmap_server()
    server.refuse_items(2)
    users = {str(place): {"@type": "User", "name": f"u{place}", "domainId": "b"} for place in range(4)}

    answer = Jmap(server)("x:Account/set", {"create": users})

    assert (list(answer["created"]), list(answer["notCreated"])) == (["2", "3"], ["0", "1"])
    assert answer["notCreated"]["0"] == {"type": "rateLimit"}


def test_an_update_that_is_no_object_breaks_the_line_and_what_was_made_before_stays() -> None:
    admin = Jmap(jmap_server())
    wish = {"create": {"d": {"name": "new.metrosure.app"}}, "update": {"b": None}}

    with pytest.raises(httpx.RemoteProtocolError):
        admin("x:Domain/set", wish)

    assert len(admin("x:Domain/query", {"filter": {"name": "new.metrosure.app"}})["ids"]) == 1


def test_an_update_that_is_no_object_does_nothing_to_what_is_not_there() -> None:
    assert Jmap(jmap_server())("x:Account/set", {"update": {"zz": None}})["notUpdated"] == {"zz": {"type": "notFound"}}


def test_faults_and_the_clock_can_be_set_from_outside(server: Simulator) -> None:
    client = client_of(server)
    before = server.now()

    assert client.post("/_simulator/fault", json={"fail_next": {"status": 503}}).status_code == 200
    assert client.get("/jmap/session").status_code == 503
    client.post("/_simulator/clock", json={"advance": 3600})
    assert (server.now() - before).total_seconds() >= 3600
    assert client.post("/_simulator/fault", json={"explode": 1}).status_code == 400


def test_every_second_item_of_a_batch_is_refused() -> None:
    server = jmap_server()
    server.refuse_items(2, every=2)
    users = {str(place): {"@type": "User", "name": f"u{place}", "domainId": "b"} for place in range(5)}

    answer = Jmap(server)("x:Account/set", {"create": users})

    assert (list(answer["created"]), list(answer["notCreated"])) == (["0", "2", "4"], ["1", "3"])


def test_429_lasts_as_long_as_was_asked(server: Simulator) -> None:
    server.be_busy(30)

    assert session_of(server).status_code == 429
    server.advance(31)
    assert session_of(server).status_code == 200


def test_a_restart_can_be_asked_for_from_outside_and_keeps_what_the_server_knows(server: Simulator) -> None:
    server.state.recipients["ana@example.org"] = ("HERE", server.now())
    before = server.state.addresses()

    answer = client_of(server).post("/_simulator/fault", json={"restart": True})

    assert answer.status_code == 200
    assert (server.state.recipients, server.state.addresses()) == ({}, before)
    wish = {"busy": 5, "refuse_items": {"count": 1}}
    assert client_of(server).post("/_simulator/fault", json=wish).status_code == 200


def test_a_restart_puts_settings_in_force() -> None:
    server = jmap_server()
    Jmap(server)("x:Authentication/set", {"update": {"singleton": {"maxAppPasswords": 1}}})
    ana = Jmap(server).create("Account", **{"@type": "User", "name": "ana", "domainId": "b"})
    keys = {str(place): {"description": "x"} for place in range(2)}
    server.restart()

    answer = Jmap(server)("x:AppPassword/set", {"accountId": ana, "create": keys})

    assert [one["type"] for one in answer["notCreated"].values()] == ["overQuota"]


def test_half_of_the_writes_of_the_older_generation_are_refused() -> None:
    server = rest_server()
    server.refuse_items(2, every=2)

    statuses = [Rest(server).send("POST", "/principal", {"name": f"u{place}"}).status_code for place in range(4)]

    assert statuses == [200, 429, 200, 429]
    server.refuse_items(1, error={"error": "notFound", "item": "x"})
    assert Rest(server).get("u0")["name"] == "u0", "reading is not writing"
    assert Rest(server)("PATCH", "/principal/u0", []) == {"error": "notFound", "item": "x"}


def test_the_next_answer_fails_by_its_status_alone(server: Simulator) -> None:
    server.fail_next(503)

    assert [session_of(server).status_code for _ in range(2)] == [503, 200]


def test_what_a_server_has_can_be_looked_at(server: Simulator) -> None:
    if server.generation == "0.15":
        Rest(server).create("individual", "ana@example.org", emails=["ana@example.org"])
    else:
        Jmap(server).create("Account", **{"@type": "User", "name": "ana", "domainId": "b"})

    assert list(server.state.accounts) == ["ana@example.org"]
    server.state.accounts["ana@example.org"].clear()
    assert server.state.accounts["ana@example.org"]["name"].startswith("ana"), "looking changes nothing"
