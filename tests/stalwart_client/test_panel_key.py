"""The panel's own key: made once, enough for the work, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from stalwart_client import (
    AlreadyExists,
    Create,
    Credentials,
    Destroy,
    DkimAlgorithm,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartClient,
    Update,
    Wanted,
)
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import ADMIN, HASH
from tests.stalwart_client.stage import LOCK, Stage

UNLIMITED = {"unlimited-requests", "unlimitedRequests"}


@pytest.fixture
def panel(simulated: Stage, simulator: Simulator) -> Iterator[StalwartClient]:
    """A client that signs in with a key made for it."""
    credentials = simulated.client.create_panel_key("panel")
    client = StalwartClient("http://mail.test", credentials, transport=simulator.transport(), sleep=lambda _: None)
    yield client
    client.close()


def test_a_new_key_is_tried_without_closing_what_others_use(simulator: Simulator) -> None:
    closed = []

    class Line(httpx.BaseTransport):
        """The way to the server, which somebody else uses too."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return simulator.transport().handle_request(request)

        def close(self) -> None:
            closed.append(True)

    client = StalwartClient("http://mail.test", ADMIN, transport=Line())
    client.ensure_domain("example.org")

    client.create_panel_key("panel")

    assert not closed
    client.close()
    assert closed


def test_a_key_misses_nothing_that_the_work_needs(stage: Stage) -> None:
    name = f"panel-{stage.domain[:8]}"

    credentials = stage.client.create_panel_key(name)
    try:
        with closing(stage.client._as(credentials)) as panel:
            facts = panel.facts()
        key = stage.client.panel_key(name)
        with pytest.raises(AlreadyExists):
            stage.client.create_panel_key(name)
    finally:
        stage.clear_key(name)

    assert (key.name, key.missing, key.expires_at) == (name, (), None)
    assert key.permissions < facts.permissions
    assert facts.missing == ()
    assert facts.permissions & UNLIMITED
    assert facts.lacking.keys() <= {"blocked", "delivery", "dkim_rotation", "app_passwords"}
    assert "impersonate" not in facts.permissions


def test_it_does_the_work(panel: StalwartClient, simulated: Stage) -> None:
    domain = panel.create_domain("work.metrosure.app").name
    ana = f"ana@{domain}"

    outcomes = panel.apply([Create(wanted=Wanted(address=ana), secret=HASH), Update(address=ana, deny=LOCK)])
    panel.groups.create(f"staff@{domain}")
    panel.lists.create(f"all@{domain}", members=[ana])
    panel.dkim.rotate(domain, DkimAlgorithm.ED25519)
    panel.queue.messages()
    panel.dns_records(domain)
    panel.lists.delete(f"all@{domain}")
    panel.groups.delete(f"staff@{domain}")
    outcomes += panel.apply([Destroy(address=ana)])
    panel.delete_domain(domain)

    assert [outcome.error for outcome in outcomes] == [None, None, None]


def test_it_makes_app_passwords_where_that_takes_no_more(simulated: Stage, simulator: Simulator) -> None:
    ana = simulated.opened("ana")
    plain, wide = (
        simulated.client._as(simulated.client.create_panel_key(name, app_passwords=wide))
        for name, wide in (("plain", False), ("wide", True))
    )

    if simulated.is_rest:
        plain.app_passwords.create(ana, "phone")
    else:
        with pytest.raises(NotPermitted):
            plain.app_passwords.create(ana, "phone")
    wide.app_passwords.create(ana, "tablet")

    assert "tablet" in [each.name for each in wide.app_passwords.of(ana)]


def test_a_key_that_has_lost_something_says_what(panel: StalwartClient, simulated: Stage) -> None:
    if simulated.is_rest:
        step = {"action": "removeItem", "field": "enabledPermissions", "value": "domain-create"}
        simulated.rest("PATCH", "/panel-role", [step])
        missing = "domain-create"
    else:
        role = simulated.jmap("x:Role/query", filter={"description": "panel"})["ids"][0]
        simulated.jmap("x:Role/set", update={role: {"enabledPermissions/sysDomainCreate": None}})
        missing = "sysDomainCreate"

    assert simulated.client.panel_key("panel").missing == (missing,)


def test_what_is_no_panel_key_is_not_found(simulated: Stage) -> None:
    simulated.opened("ana")

    for name in ("nobody", "ana", simulated.at("ana"), "user", "", "../domain"):
        with pytest.raises(NotFound):
            simulated.client.panel_key(name)


def test_it_cannot_make_a_key_like_itself_wider(panel: StalwartClient) -> None:
    with pytest.raises(NotPermitted):
        panel.create_panel_key("another")


def test_whoever_may_not_lift_limits_makes_a_key_without(simulated: Stage, simulator: Simulator) -> None:
    def without(request: httpx.Request) -> httpx.Response:
        refused = {"error": "other", "details": "Invalid permission", "reason": "…"}
        if simulated.is_rest and b"unlimited-requests" in request.content:
            return httpx.Response(200, json=refused)
        if b"unlimitedRequests" in request.content:
            request.read()
            answer = {"notCreated": {"new": {"type": "forbidden"}}}
            return httpx.Response(200, json={"methodResponses": [["x:Role/set", answer, "0"]]})
        return simulator.transport().handle_request(request)

    admin = Credentials(user="admin", secret="admin-secret")
    client = StalwartClient("http://mail.test", admin, transport=httpx.MockTransport(without))

    facts = client._as(client.create_panel_key("panel")).facts()

    assert facts.missing == ()
    assert not facts.permissions & UNLIMITED


@pytest.mark.parametrize("name", ["", "Panel Key", "a/b", "admin@x"])
def test_a_key_has_a_plain_name(simulated: Stage, name: str) -> None:
    with pytest.raises(Invalid):
        simulated.client.create_panel_key(name)
