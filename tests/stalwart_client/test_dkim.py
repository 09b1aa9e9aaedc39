"""DKIM keys: made, changed with an overlap, and never shown from inside."""

from __future__ import annotations

import base64
import logging
from datetime import date, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from stalwart_client import (
    AlreadyExists,
    DkimAlgorithm,
    DkimKey,
    DkimRotation,
    DkimStage,
    DnsRecord,
    Invalid,
    NotFound,
    StalwartClient,
    StalwartError,
    Unsupported,
)
from stalwart_client._dkim import free_selector, private_key
from stalwart_client._rest import RestDriver
from tests.stalwart_client.answers import Player, data
from tests.stalwart_client.stage import Stage

ED25519, RSA = DkimAlgorithm.ED25519, DkimAlgorithm.RSA


@pytest.fixture
def client(stage: Stage) -> StalwartClient:
    """A client of a server that makes no keys by itself (0.16 would)."""
    stage.wait_for_keys()
    stage.client.dkim.set_rotation(stage.domain, None)
    for key in stage.client.dkim.keys(stage.domain):
        stage.client.dkim.delete(stage.domain, key.selector)
    return stage.client


def stages(client: StalwartClient, domain: str) -> dict[str, bool]:
    """Return the selectors of a domain, and whether each signs."""
    return {key.selector: key.stage is DkimStage.ACTIVE for key in client.dkim.keys(domain)}


@pytest.mark.parametrize("algorithm", DkimAlgorithm)
def test_a_first_key_signs_at_once(stage: Stage, client: StalwartClient, algorithm: DkimAlgorithm) -> None:
    made = client.dkim.create(stage.domain, algorithm, selector="one")

    assert (made.selector, made.algorithm, made.stage) == ("one", algorithm, DkimStage.ACTIVE)
    assert client.dkim.keys(stage.domain) == [made]
    assert made.record in client.dns_records(stage.domain)
    with pytest.raises(AlreadyExists):
        client.dkim.create(stage.domain, algorithm, selector="two")


def test_public_keys_are_what_their_records_need(stage: Stage, client: StalwartClient) -> None:
    ed25519, rsa_key = (client.dkim.create(stage.domain, each) for each in (ED25519, RSA))

    public = load_der_public_key(base64.b64decode(rsa_key.public_key))

    assert len(base64.b64decode(ed25519.public_key)) == 32
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048


@pytest.mark.parametrize("algorithm", DkimAlgorithm)
def test_a_key_is_changed_with_an_overlap(stage: Stage, client: StalwartClient, algorithm: DkimAlgorithm) -> None:
    old = client.dkim.create(stage.domain, algorithm, selector="old")

    new = client.dkim.rotate(stage.domain, algorithm, selector="new")
    published_first = stages(client, stage.domain)
    client.dkim.activate(stage.domain, "new")
    client.dkim.activate(stage.domain, "new")
    changed = stages(client, stage.domain)
    still_published = {key.selector: key.public_key for key in client.dkim.keys(stage.domain)}
    client.dkim.delete(stage.domain, "old")

    assert new.stage is DkimStage.PENDING
    assert published_first == {"old": True, "new": False}
    assert changed == {"old": False, "new": True}
    assert still_published == {"old": old.public_key, "new": new.public_key}
    assert stages(client, stage.domain) == {"new": True}


def test_the_other_algorithm_goes_on_signing(stage: Stage, client: StalwartClient) -> None:
    client.dkim.create(stage.domain, RSA, selector="rsa")
    client.dkim.create(stage.domain, ED25519, selector="ed")
    client.dkim.rotate(stage.domain, ED25519, selector="ed2")

    client.dkim.activate(stage.domain, "ed2")

    assert stages(client, stage.domain) == {"rsa": True, "ed": False, "ed2": True}


def test_a_change_can_be_taken_back(stage: Stage, client: StalwartClient) -> None:
    client.dkim.create(stage.domain, ED25519, selector="old")
    client.dkim.rotate(stage.domain, ED25519, selector="new")
    client.dkim.activate(stage.domain, "new")

    client.dkim.activate(stage.domain, "old")

    assert stages(client, stage.domain) == {"old": True, "new": False}


def test_a_domain_in_another_script_goes_by_its_ascii_form(stage: Stage, client: StalwartClient) -> None:
    name = f"bücher-{stage.domain}"
    client.create_domain(name)
    client.dkim.set_rotation(name, None)

    made = client.dkim.rotate(name, ED25519, selector="next")

    assert made.domain.startswith("xn--")
    assert "next" in {key.selector for key in client.dkim.keys(name)}
    client.delete_domain(name)


def test_a_key_that_is_retired_signs_no_more_and_is_still_published(stage: Stage, client: StalwartClient) -> None:
    made = client.dkim.create(stage.domain, ED25519, selector="one")

    client.dkim.retire(stage.domain, "one")
    client.dkim.retire(stage.domain, "one")

    (key,) = client.dkim.keys(stage.domain)
    assert (key.stage, key.record) == (DkimStage.RETIRED, made.record)


def test_selectors_are_free_or_refused(stage: Stage, client: StalwartClient) -> None:
    first = client.dkim.create(stage.domain, ED25519)
    second = client.dkim.rotate(stage.domain, ED25519)

    assert first.selector != second.selector
    with pytest.raises(AlreadyExists):
        client.dkim.rotate(stage.domain, RSA, selector=first.selector)
    with pytest.raises(Invalid):
        client.dkim.rotate(stage.domain, RSA, selector="No Selector")


def test_what_is_not_there_cannot_sign_and_counts_as_deleted(stage: Stage, client: StalwartClient) -> None:
    client.dkim.delete(stage.domain, "nothing")

    with pytest.raises(NotFound):
        client.dkim.activate(stage.domain, "nothing")
    with pytest.raises(NotFound):
        client.dkim.retire(stage.domain, "nothing")


def test_keys_of_a_domain_whose_name_begins_like_it_stay(stage: Stage, client: StalwartClient) -> None:
    inner = client.create_domain(f"{stage.domain}.co.za").name
    client.dkim.set_rotation(inner, None)
    for key in client.dkim.keys(inner):
        client.dkim.delete(inner, key.selector)
    for domain in (stage.domain, inner):
        client.dkim.create(domain, ED25519, selector="one")

    client.dkim.delete(stage.domain, "one")

    assert stages(client, inner) == {"one": True}
    client.delete_domain(inner)


def test_the_server_changes_keys_by_itself_or_not(stage: Stage, client: StalwartClient) -> None:
    wanted = DkimRotation(algorithms=frozenset({RSA}), rotate_after=timedelta(days=30))

    assert client.dkim.rotation(stage.domain) is None
    if not client.facts().capabilities.dkim_rotation:
        with pytest.raises(Unsupported):
            client.dkim.set_rotation(stage.domain, wanted)
        return
    client.dkim.set_rotation(stage.domain, wanted)

    assert client.dkim.rotation(stage.domain) == wanted


def test_private_keys_stay_where_they_are(simulated: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, domain = simulated.client, simulated.domain

    made = [client.dkim.rotate(domain, each, selector=str(each)) for each in DkimAlgorithm]
    for key in made:
        client.dkim.activate(domain, key.selector)

    assert "PRIVATE KEY" not in repr(client.dkim.keys(domain)) + repr(made) + caplog.text


def test_a_key_that_the_server_quotes_is_not_told() -> None:
    quoted = {"error": "fieldAlreadyExists", "field": "signature.x.private-key", "value": "-----BEGIN PRIVATE KEY-----"}

    with Player(data([]), httpx.Response(200, json=quoted)).sender() as sender, pytest.raises(StalwartError) as caught:
        RestDriver(sender).dkim.create("example.org", ED25519)

    assert isinstance(caught.value, AlreadyExists)
    assert "PRIVATE" not in str(caught.value) + caught.value.subject
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("algorithm", DkimAlgorithm)
def test_keys_made_here_are_whole(algorithm: DkimAlgorithm) -> None:
    pem = private_key(algorithm)

    assert pem.startswith("-----BEGIN PRIVATE KEY-----\n")
    load_pem_private_key(pem.encode(), None)


@pytest.mark.parametrize(
    ("taken", "selector"),
    [
        pytest.param(set(), "20261121e", id="the first of the day"),
        pytest.param({"20261121e"}, "20261121e2", id="the second"),
        pytest.param({"20261121e", "20261121e2", "other"}, "20261121e3", id="the third"),
    ],
)
def test_a_selector_is_made_of_the_date(taken: set[str], selector: str) -> None:
    assert free_selector("", ED25519, taken, date(2026, 11, 21)) == selector


def test_a_record_can_be_published_as_it_is() -> None:
    key = DkimKey(domain="example.org", selector="s1", algorithm=RSA, stage=DkimStage.PENDING, public_key="A" * 400)

    content = "v=DKIM1; k=rsa; h=sha256; p=" + "A" * 400
    assert key.record == DnsRecord("TXT", "s1._domainkey.example.org.", content)
    assert [len(text) for text in key.record.texts] == [255, 173]
    assert key.record.zone_line == f's1._domainkey.example.org. IN TXT "{content[:255]}" "{content[255:]}"'
