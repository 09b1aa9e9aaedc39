"""Tokens of 0.15 as doors: what opens them, and what shuts them (rest.md 1.6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stalwart_client.simulator import Simulator
from tests.simulator.callers import Rest, rest_server

ANA = ("ana@example.org", "pw-one")


@pytest.fixture
def server() -> Simulator:
    made = rest_server()
    Rest(made).create("individual", ANA[0], emails=[ANA[0]], secrets=[ANA[1]], roles=["user"])
    return made


def taken(server: Simulator, **form: str) -> Any:
    client = httpx.Client(transport=server.transport(), base_url="http://x")
    return client.post("/auth/token", data=form).json()


def tokens(server: Simulator) -> Any:
    code = Rest(server, *ANA)("POST", "/oauth", {"type": "code", "client_id": "panel"})["data"]["code"]
    return taken(server, grant_type="authorization_code", code=code, client_id="panel", redirect_uri="")


def status(server: Simulator, token: str) -> int:
    client = httpx.Client(transport=server.transport(), base_url="http://x")
    return client.get("/api/account/auth", headers={"authorization": f"Bearer {token}"}).status_code


def test_a_token_opens_for_an_hour_whatever_becomes_of_the_password(server: Simulator) -> None:
    given = tokens(server)
    Rest(server).patch(ANA[0], "set", "secrets", ["pw-two"])

    assert status(server, given["access_token"]) == 200
    refreshed = taken(server, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert refreshed == {"error": "invalid_grant"}
    server.advance(3601)
    assert status(server, given["access_token"]) == 401


def test_a_refresh_token_gives_access_again(server: Simulator) -> None:
    given = tokens(server)
    server.advance(3601)

    again = taken(server, grant_type="refresh_token", refresh_token=given["refresh_token"])

    assert status(server, again["access_token"]) == 200
    assert "refresh_token" not in again


def test_a_lock_and_a_deletion_shut_every_token_out(server: Simulator) -> None:
    given = tokens(server)

    Rest(server).patch(ANA[0], "addItem", "disabledPermissions", "authenticate")
    assert status(server, given["access_token"]) == 403
    Rest(server)("DELETE", f"/principal/{ANA[0]}")
    assert status(server, given["access_token"]) == 401


def test_a_code_is_for_one_client_and_once(server: Simulator) -> None:
    code = Rest(server, *ANA)("POST", "/oauth", {"type": "code", "client_id": "panel"})["data"]["code"]
    form = {"grant_type": "authorization_code", "code": code, "client_id": "panel", "redirect_uri": ""}

    assert taken(server, **(form | {"client_id": "other"})) == {"error": "invalid_client"}
    assert taken(server, **form)["token_type"] == "bearer"
    assert taken(server, **form) == {"error": "access_denied"}
