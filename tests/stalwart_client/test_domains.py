"""Mail domains: made, described, refused their end while in use, and the DNS records they should have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stalwart_client import (
    AlreadyExists,
    Destroy,
    InUse,
    MailDomain,
    NotFound,
    StalwartClient,
    Unsupported,
)
from tests.stalwart_client.stage import Stage

Use = Callable[[Stage], str]


@pytest.fixture
def client(stage: Stage) -> StalwartClient:
    return stage.client


def test_a_domain_is_described(stage: Stage, client: StalwartClient) -> None:
    client.describe_domain(stage.domain.upper(), "Shoppers")

    found = client.domain(f" {stage.domain.upper()}. ")

    assert found == MailDomain(name=stage.domain, id=found.id, description="Shoppers")
    assert found in list(client.domains())


def test_what_is_not_there_is_not_found_and_counts_as_deleted(client: StalwartClient) -> None:
    with pytest.raises(NotFound):
        client.domain("elsewhere.metrosure.app")
    with pytest.raises(NotFound):
        client.describe_domain("elsewhere.metrosure.app", "x")
    with pytest.raises(NotFound):
        client.dns_records("elsewhere.metrosure.app")
    client.delete_domain("elsewhere.metrosure.app")


def test_a_domain_that_nobody_uses_is_deleted_with_its_keys(stage: Stage, client: StalwartClient) -> None:
    stage.wait_for_keys()

    client.delete_domain(stage.domain)

    with pytest.raises(NotFound):
        client.domain(stage.domain)
    client.create_domain(stage.domain)


def _mailbox(stage: Stage) -> str:
    return stage.opened("ana")


def _group(stage: Stage) -> str:
    return stage.client.groups.create(stage.at("staff")).address


def _list(stage: Stage) -> str:
    return stage.client.lists.create(stage.at("all")).address


@pytest.mark.parametrize("use", [_mailbox, _group, _list], ids=["a mailbox", "a group", "a list"])
def test_a_domain_in_use_is_not_deleted_and_says_by_whom(stage: Stage, client: StalwartClient, use: Use) -> None:
    stage.wait_for_keys()
    keys = client.dkim.keys(stage.domain)
    address = use(stage)

    with pytest.raises(InUse) as caught:
        client.delete_domain(stage.domain)

    assert caught.value.used_by == (address,)
    assert client.domain(stage.domain).name == stage.domain
    assert client.dkim.keys(stage.domain) == keys


def test_an_alias_from_another_domain_keeps_it_too(simulated: Stage) -> None:
    client = simulated.client
    client.create_domain("other.metrosure.app")
    ana = simulated.opened("ana", aliases=("a@other.metrosure.app",))

    with pytest.raises(InUse) as caught:
        client.delete_domain("other.metrosure.app")
    client.apply([Destroy(address=ana)])
    client.delete_domain("other.metrosure.app")

    assert len(caught.value.used_by) == 1


def test_a_domain_whose_name_begins_like_it_is_another(stage: Stage, client: StalwartClient) -> None:
    client.create_domain(f"{stage.domain}.co.za")
    stage.opened("ana")

    client.delete_domain(f"{stage.domain}.co.za")

    assert client.domain(stage.domain).name == stage.domain


def test_domain_aliases_are_kept_or_refused(stage: Stage, client: StalwartClient) -> None:
    wanted = [f"Mail.{stage.domain}", f"post.{stage.domain}."]

    if not client.facts().capabilities.domain_aliases:
        with pytest.raises(Unsupported):
            client.set_domain_aliases(stage.domain, wanted)
        client.set_domain_aliases(stage.domain, [])
        return
    client.set_domain_aliases(stage.domain, wanted)
    with pytest.raises(AlreadyExists):
        client.set_domain_aliases(stage.domain, [f"x.{stage.domain}", client.create_domain(f"y.{stage.domain}").name])
    kept = client.domain(stage.domain).aliases
    client.set_domain_aliases(stage.domain, [])
    client.delete_domain(f"y.{stage.domain}")

    assert kept == (f"mail.{stage.domain}", f"post.{stage.domain}")
    assert client.domain(stage.domain).aliases == ()


def test_the_records_of_a_domain_have_one_shape(stage: Stage, client: StalwartClient) -> None:
    stage.wait_for_keys()

    records = client.dns_records(stage.domain)

    kinds = {(each.type, each.name) for each in records}
    assert ("MX", f"{stage.domain}.") in kinds
    assert ("TXT", f"_dmarc.{stage.domain}.") in kinds
    assert all(each.name.endswith(f"{stage.domain}.") for each in records)
    assert not [each for each in records if each.type == "TXT" and '"' in each.content]
    for key in client.dkim.keys(stage.domain):
        assert key.record in records
