"""A mail domain is there when the service returns, or it is said why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import MailDomain
from accounts.queries.sentences import explain
from accounts.services.domains import create_domain
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


def _create(name: str, hr: Actor, clock: Clock) -> MailDomain:
    return create_domain(name, by=hr, now=clock(), clock=clock, description="Agents")


def test_the_server_has_it_when_it_returns(client_of_server: StalwartClient, hr: Actor, clock: Clock) -> None:
    domain = _create("Metrosure.APP", hr, clock)

    assert domain.is_on_server
    assert [(there.name, there.description) for there in client_of_server.domains()] == [("metrosure.app", "Agents")]


def test_one_that_the_server_has_already_is_accepted(client_of_server: StalwartClient, hr: Actor, clock: Clock) -> None:
    client_of_server.create_domain("metrosure.app")

    assert _create("metrosure.app", hr, clock).is_on_server


def test_a_server_that_is_away_gets_it_later(
    server: Simulator, hr: Actor, clock: Clock, run: Callable[[], int]
) -> None:
    server.go_down()
    domain = _create("metrosure.app", hr, clock)
    assert not domain.is_on_server
    server.come_up()

    clock.pass_(seconds=60)
    run()

    domain.refresh_from_db()
    assert domain.is_on_server


@pytest.mark.parametrize("name", ["not a domain", "localhost", "", "a..b", "-x.example", "x" * 300 + ".example"])
def test_what_is_no_domain_is_refused_before_anybody_is_asked(name: str, hr: Actor, clock: Clock) -> None:
    with pytest.raises(RuleBroken, match="domain_invalid"):
        _create(name, hr, clock)


@pytest.mark.parametrize("server", ["0.16"], indirect=True)  # 0.15 takes every name
def test_one_that_the_server_refuses_leaves_nothing_behind(server: Simulator, hr: Actor, clock: Clock) -> None:
    with pytest.raises(RuleBroken, match="domain_refused") as refused:
        _create("firm.example", hr, clock)

    assert "firm.example" in explain(refused.value)
    assert not MailDomain.objects.exists()


def test_the_same_again_is_said(server: Simulator, hr: Actor, clock: Clock) -> None:
    _create("metrosure.app", hr, clock)

    with pytest.raises(RuleBroken, match="domain_exists"):
        _create("metrosure.app", hr, clock)
