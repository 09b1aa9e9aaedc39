"""The simulator beside a live server, step by step: only where STALWART_TEST_URL names one.

Addresses, domains and roles live under a domain of the trial's own. What a server keeps once for everybody (settings,
the queue's switch, blocked addresses) is put back or only asked for, so a server that others use may be named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from stalwart_client.simulator.state import GenerationName
from tests.simulator import steps_jmap, steps_rest
from tests.simulator.differential import Difference, Side, Trial

ACCEPTED = (
    ("dns/records", "/content"),  # names the listeners' ports, which every server has its own of
    ("config-v1.1.xml", ""),  # the same, and without an address the server's first domain
    ("/settings/group ", "/data"),  # lists the whole configuration
    ("principal/t-tenant", "/data/members"),  # counts every individual on the server
    ('"sort": [{"property": "member', "/ids"),  # those who lack the property come in the order of a hash table
    ('"dnsZoneFile"', "/dnsZoneFile"),  # policy ids are digests of that server's configuration
    ('["x:Domain/get"', "/dnsZoneFile"),
    ("memberTenantId", "/objectId"),  # which of two broken links is named first is chance
    ("privateKey", "/description"),  # the words of the server's cryptography library
    ("x:DmarcInternalReport/set", ""),  # pending reports are not kept
    ('privateKey/@type"', ""),  # a pointer to a type is passed over for secrets, and refused elsewhere
    ("DestroyAccount", "/validationErrors"),  # what only the server may set is missing too
    ('"sort": {"property"', "/detail"),  # repeats our ids
    ("x:Domain/set", "/dnsZoneFile"),
    ('"property": "aliases"', "/methodResponses/8/"),  # those without an alias come by chance
    ("x:ClusterNode", ""),  # one node, named after the machine
)
"""Differences that stay, by a piece of the request and the end or a piece of the place, with the reason."""


def is_accepted(found: Difference) -> bool:
    return any(asked in found.request and place in found.where for asked, place in ACCEPTED)


@pytest.fixture(scope="module")
def live() -> Iterator[Side]:
    url = os.environ.get("STALWART_TEST_URL")
    if not url:
        pytest.skip("STALWART_TEST_URL names no live server")
    admin = (os.environ["STALWART_TEST_USER"], os.environ["STALWART_TEST_PASSWORD"])
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        yield Side(client, admin)


def generation(live: Side) -> GenerationName:
    return "0.15" if live.client.get("/api/principal").status_code == 401 else "0.16"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [*steps_rest.ALL, *steps_jmap.ALL])
def test_the_simulator_answers_as_the_live_server_does(live: Side, name: str) -> None:
    own = generation(live)
    asks = (steps_rest.ALL if own == "0.15" else steps_jmap.ALL).get(name)
    if asks is None:
        pytest.skip(f"{name} is for the other generation")

    trial = Trial(Side(live.client, live.admin), own)
    try:
        found = trial.run(asks)
    finally:
        trial.clear()

    assert [str(one) for one in found if not is_accepted(one)] == []
