"""The simulator beside a live server, step by step: only where STALWART_TEST_URL names one.

Addresses, domains and roles live under a domain of the trial's own. What a server keeps once for everybody (settings,
the queue's switch, blocked addresses) is put back or only asked for, so a server that others use may be named.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import httpx
import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server
from stalwart_client.simulator.state import GenerationName
from tests.simulator import (
    steps_clashes,
    steps_jmap,
    steps_lines,
    steps_network,
    steps_oauth,
    steps_queue,
    steps_random,
    steps_rest,
    steps_results,
    steps_tenants,
    steps_wire,
)
from tests.simulator.differential import Ask, Difference, Side, Trial, api, jmap
from tests.simulator.wire import Said, exchange, talk

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
    ("/auth/token", "id_token"),  # nothing is signed here, see oauth.py
    ("/auth/userinfo", "/sub"),  # every server's own number
    ("x:Task/query", "/ids"),  # what other clients of that server have set going
    ("x:ClusterNode", ""),  # one node, named after the machine
)
"""Differences that stay, by a piece of the request and the end or a piece of the place, with the reason."""
REST: dict[str, list[Ask]] = {
    **steps_rest.ALL,
    "queue 0.15": steps_queue.REST,
    "network 0.15": steps_network.REST,
    "clashes 0.15": steps_clashes.REST,
    "oauth": steps_oauth.REST,
    **steps_random.REST,
}
JMAP: dict[str, list[Ask]] = {
    **steps_jmap.ALL,
    "queue 0.16": steps_queue.JMAP,
    "network 0.16": steps_network.JMAP,
    "clashes 0.16": steps_clashes.CLASHES,
    "anchors": steps_clashes.ANCHORS,
    "tenants": steps_tenants.JMAP,
    "results": steps_results.JMAP,
    **steps_random.JMAP,
}
WIRE_ACCEPTED = (
    b" /login ",  # a page that nobody reads here
    b"GET /api/principal HTTP",  # lists whatever that server has
    b"GET /api/principal? HTTP",
    b"zz\r\n",  # a chunk without a length is found out before somebody is asked what to say of it
    b";ext=1",  # extensions of chunks, of which one generation thinks nothing good
    b'"domain","name"',
    b'"domain", "name"',  # makes a domain, whose number is that server's next
    b"chunked\r\ncontent-length",  # both lengths at once: one generation goes on, the other does not
)
"""Exchanges that may differ, by a piece of what is sent, with the reason."""


CHANCE = {"primaryKeyViolation", "invalidForeignKey"}
"""Of an object with a key that is taken and a link that is broken 0.16 names either."""


def unexplained(found: list[Difference]) -> list[str]:
    """Return the differences that nothing explains."""
    by_chance = tuple(
        (one.step, one.where.removesuffix("/type"))
        for one in found
        if one.where.endswith("/type") and {one.live, one.ours} == CHANCE
    )
    return [
        str(one)
        for one in found
        if not is_accepted(one) and not any(one.step == step and one.where.startswith(at) for step, at in by_chance)
    ]


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


def port_of(live: Side, what: str, usual: int) -> int:
    """Return a port of the live server: what the environment says, or that of the recorded servers."""
    return int(os.environ.get(f"STALWART_TEST_{what}_PORT") or usual + (generation(live) == "0.16"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [*REST, *JMAP])
def test_the_simulator_answers_as_the_live_server_does(live: Side, name: str) -> None:
    own = generation(live)
    asks = (REST if own == "0.15" else JMAP).get(name)
    if asks is None:
        pytest.skip(f"{name} is for the other generation")

    trial = Trial(Side(live.client, live.admin, submission=port_of(live, "SUBMISSION", 5815)), own)
    try:
        found = trial.run(asks)
    finally:
        trial.clear()

    assert unexplained(found) == []


@pytest.mark.timeout(300)
def test_odd_requests_get_the_live_servers_answers(live: Side) -> None:
    own = generation(live)
    port = live.client.base_url.port or 80
    simulator = Simulator(own, admin=":".join(live.admin))
    with Server(simulator, host="127.0.0.1", port=0) as server, ThreadPoolExecutor(24) as pool:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        sent = [_signed(one, live.admin) for one in steps_wire.BOTH]
        pairs = pool.map(lambda one: (exchange(port, one), exchange(server.server_address[1], one)), sent)
        found = [(one, theirs, ours) for one, (theirs, ours) in zip(sent, pairs, strict=True)]
        server.shutdown()

    different = [
        (one[:200], theirs, ours)
        for one, theirs, ours in found
        if (list(map(_stable, theirs.answers)), theirs.is_closed) != (list(map(_stable, ours.answers)), ours.is_closed)
        and not any(piece in one for piece in WIRE_ACCEPTED)
    ]
    assert different == []


def _signed(sent: bytes, admin: tuple[str, str]) -> bytes:
    pair = base64.b64encode(":".join(admin).encode())
    named = {b"{admin}": b"Basic " + pair, b"{pair}": pair, b"{unpadded}": pair.rstrip(b"=")}
    for name, value in named.items():
        sent = sent.replace(name, value)
    return sent


def _stable(said: Said) -> tuple[object, ...]:
    """Return what of an answer is stable; what is wrong with JSON every server says in words of its own."""
    body = said.body
    if isinstance(body, dict) and {"capabilities", "permissions"} & body.keys():
        body = body.get("username", len(body.get("permissions", ())))
    if isinstance(body, dict) and str(body.get("type", "")).endswith("notRequest"):
        body = {**body, "detail": ""}
    return said.status, said.headers, body


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["imap", "submission"])
def test_mail_programs_hear_what_the_live_server_says(live: Side, kind: Literal["imap", "submission"]) -> None:
    sessions = steps_lines.IMAP if kind == "imap" else steps_lines.SUBMISSION
    trial = Trial(Side(live.client, live.admin), generation(live))
    theirs = port_of(live, kind.upper(), 1415 if kind == "imap" else 5815)
    ours = trial.simulator.listen(kind).port
    try:
        assert trial.run(_holders(generation(live))) == []
        # The real server lets only a few of one address in at once.
        with ThreadPoolExecutor(3) as pool:
            said = [[steps_lines.encoded(line, trial.domain) for line in lines] for lines in sessions]
            answers = list(pool.map(lambda lines: (talk(theirs, lines), talk(ours, lines)), said))
    finally:
        trial.clear()

    pairs = zip(sessions, answers, strict=True)
    assert [(lines, *both) for lines, both in pairs if both[0] != both[1]] == []


def _holders(own: GenerationName) -> list[Ask]:
    """Make Ana with an alias, Ben, one who is locked and one who may neither read nor send by mail programs."""
    secret = steps_lines.STRONG
    if own == "0.15":
        denied: dict[str, list[str]] = {"locked": ["authenticate"], "mute": ["email-send", "imap-authenticate"]}
        emails = {"ana": ["ana@%D", "info@%D"]}
        return [
            api("POST", "/principal", {"type": "domain", "name": "%D"}),
            *(
                api(
                    "POST",
                    "/principal",
                    {
                        "name": f"{name}@%D",
                        "emails": emails.get(name, [f"{name}@%D"]),
                        "secrets": [secret],
                        "roles": ["user"],
                        "disabledPermissions": denied.get(name, []),
                    },
                )
                for name in ("ana", "ben", "locked", "mute")
            ),
        ]
    password = steps_jmap.password(secret)
    alias = {"0": {"name": "info", "domainId": "$dom"}}
    users = {
        "ana": steps_jmap.user("ana", credentials=password, aliases=alias),
        "ben": steps_jmap.user("ben"),
        "locked": steps_jmap.user("locked", credentials=password, permissions=_without("authenticate")),
        "mute": steps_jmap.user("mute", credentials=password, permissions=_without("emailSend", "imapAuthenticate")),
    }
    return [steps_jmap.DOMAIN, jmap(steps_jmap.create("Account", **users))]


def _without(*permissions: str) -> dict[str, object]:
    return {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": dict.fromkeys(permissions, True)}
