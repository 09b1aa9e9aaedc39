"""What becomes of changes when the server or the line to it fails, on both generations."""

from __future__ import annotations

from typing import Literal

import pytest

from stalwart_client import (
    AlreadyExists,
    Busy,
    Change,
    Create,
    Destroy,
    NotPermitted,
    StalwartClient,
    StalwartError,
    Unexpected,
    Unreachable,
    Update,
    Wanted,
    WrongCredentials,
    difference,
)
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import ADMIN, HASH, OTHER_HASH
from tests.stalwart_client.stage import LOCK, Stage

Drop = Literal["before", "after"]


def until_done(stage: Stage, change: Change) -> StalwartError | None:
    """Carry out a change as a worker would: again while that makes sense."""
    error = None
    for _ in range(5):
        (outcome,) = stage.client.apply([change])
        error = outcome.error
        if error is None or not error.retryable:
            break
    return error


@pytest.mark.parametrize("skip", range(6), ids="after {} requests".format)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_create_whose_answer_is_lost_is_made_once(
    simulated: Stage, simulator: Simulator, drop: Drop, skip: int
) -> None:
    wanted = Wanted(address=simulated.at("ana"), name="Ana")
    simulator.fail_next(drop=drop, skip=skip)

    error = until_done(simulated, Create(wanted=wanted, secret=HASH))

    # Where it was made and the answer lost, trying again says so, and a look finds it.
    assert error is None or isinstance(error, AlreadyExists)
    assert difference(simulated.client.mailbox(wanted.address), wanted) is None
    assert sum(mailbox.address == wanted.address for mailbox in simulated.client.walk()) == 1


@pytest.mark.parametrize("skip", range(6), ids="after {} requests".format)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_update_whose_answer_is_lost_is_right_in_the_end(
    simulated: Stage, simulator: Simulator, drop: Drop, skip: int
) -> None:
    address = simulated.opened("ana", password="x" * 20, aliases=tuple(map(simulated.at, "abc")))
    simulated.add_app_password(address, "Phone")
    wanted = Wanted(address=address, name="Ana", aliases=(simulated.at("c"), simulated.at("d")), denials=LOCK)
    simulator.fail_next(drop=drop, skip=skip)

    update = Update(address=address, name="Ana", aliases=wanted.aliases, deny=LOCK, secret=OTHER_HASH)
    error = until_done(simulated, update)

    found = simulated.client.mailbox(address)
    assert error is None
    assert difference(found, wanted) is None
    assert (found.has_password, len(found.app_passwords)) == (True, 1)


@pytest.mark.parametrize("skip", range(6), ids="after {} requests".format)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_destroy_whose_answer_is_lost_is_done(simulated: Stage, simulator: Simulator, drop: Drop, skip: int) -> None:
    address = simulated.opened("ana")
    simulator.fail_next(drop=drop, skip=skip)

    error = until_done(simulated, Destroy(address=address))

    assert error is None
    assert simulated.client.mailboxes_at([address]) == {}


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_domain_whose_answer_is_lost_is_ensured(simulated: Stage, simulator: Simulator, drop: Drop) -> None:
    simulator.fail_next(drop=drop)

    with pytest.raises(Unreachable):
        simulated.client.ensure_domain("later.metrosure.app")
    simulated.client.ensure_domain("later.metrosure.app")

    assert [each.name for each in simulated.client.domains()].count("later.metrosure.app") == 1


def test_a_lost_answer_stops_no_other_change_for_ever(simulated: Stage, simulator: Simulator) -> None:
    creates = [Create(wanted=Wanted(address=simulated.at(f"user{n}")), secret=HASH) for n in range(20)]
    simulator.fail_next(drop="after", skip=3)

    simulated.client.apply(creates)
    simulated.client.apply(creates)

    assert len(simulated.client.mailboxes_at([each.address for each in creates])) == 20


def test_reading_survives_a_line_that_breaks(simulated: Stage, simulator: Simulator) -> None:
    address = simulated.opened("ana")
    simulator.fail_next(drop="before", times=2)

    assert simulated.client.mailbox(address).address == address


def test_reading_survives_too_many_requests_at_once(simulated: Stage, simulator: Simulator) -> None:
    address = simulated.opened("ana")
    simulator.fail_next(concurrent=True, times=5)

    assert simulated.client.mailbox(address).address == address


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, WrongCredentials),
        (403, NotPermitted),
        (429, Busy),
        (500, Busy),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
    ],
)
def test_every_status_has_its_name(
    simulated: Stage, simulator: Simulator, status: int, error: type[StalwartError]
) -> None:
    address = simulated.opened("ana")
    simulator.fail_next(status=status, times=50)

    with pytest.raises(error):
        simulated.client.mailbox(address)
    with pytest.raises(error):
        list(simulated.client.walk())


def test_a_page_of_a_proxy_is_unexpected_and_passes(simulated: Stage, simulator: Simulator) -> None:
    address = simulated.opened("ana")
    simulator.fail_next(body="<html>Please sign in to the wifi</html>", times=2)

    with pytest.raises(Unexpected):
        simulated.client.mailbox(address)

    assert simulated.client.mailbox(address).address == address


def test_a_server_that_is_down_is_the_outcome_of_every_change(simulated: Stage, simulator: Simulator) -> None:
    changes: list[Change] = [Create(wanted=Wanted(address=simulated.at(f"user{n}"))) for n in range(300)]
    simulator.go_down()

    outcomes = simulated.client.apply(changes)
    simulator.come_up()

    assert [outcome.change for outcome in outcomes] == changes
    assert all(isinstance(outcome.error, Unreachable) and outcome.error.retryable for outcome in outcomes)
    assert list(simulated.client.walk()) == []


def test_a_server_that_is_down_from_the_start_is_an_outcome_too(simulator: Simulator, simulated: Stage) -> None:
    simulator.go_down()
    fresh = StalwartClient("http://mail.test", ADMIN, transport=simulator.transport(), sleep=lambda _: None)

    (outcome,) = fresh.apply([Destroy(address=simulated.at("ana"))])

    assert isinstance(outcome.error, Unreachable)
