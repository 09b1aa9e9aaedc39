"""Servers for the behaviour suite: both simulated generations, and a real one where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.stalwart_client.stage import REAL, SERVERS, Stage, real_stage, simulated_stage


@pytest.fixture(params=SERVERS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A server with an empty domain on it."""
    stage = real_stage() if request.param == REAL else simulated_stage(request.param)
    stage.client.create_domain(stage.domain)
    yield stage
    if request.param == REAL:
        stage.clear()
    stage.client.close()
    stage.http.close()


@pytest.fixture
def server_client(stage: Stage) -> StalwartClient:
    """Our client of that server."""
    return stage.client


@pytest.fixture(params=["0.15", "0.16"])
def simulated(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A simulated server with an empty domain on it, which can be told to fail."""
    stage = simulated_stage(request.param)
    stage.client.create_domain(stage.domain)
    yield stage
    stage.client.close()
    stage.http.close()


@pytest.fixture
def simulator(simulated: Stage) -> Simulator:
    """The server behind `simulated`."""
    assert simulated.simulator is not None
    return simulated.simulator
