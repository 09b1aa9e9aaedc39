"""App passwords: each is a door, and only the right one is shut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stalwart_client import AlreadyExists, AppPassword, Invalid, NotFound, StalwartClient, Unsupported, Update
from stalwart_client._rest_principal import app_password_at, app_passwords
from tests.stalwart_client.stage import LOCK, WITH_DEADLINES, WITHOUT_DEADLINES, Stage, hashed

SOON = datetime(2031, 1, 1, tzinfo=UTC)
FIRST, SECOND = "Correct-Horse-9-battery", "Another-Long-77-phrase"


@pytest.fixture
def client(stage: Stage) -> StalwartClient:
    return stage.client


def test_an_app_password_opens_the_mailbox_and_its_secret_is_told_once(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana", password=FIRST)

    made = client.app_passwords.create(address, "Ana's phone $ 📱")

    assert stage.sign_in(address, made.secret) == 200
    assert client.app_passwords.of(address) == (made.app_password,)
    assert client.mailbox(address).app_passwords == (made.app_password,)
    assert made.app_password.name == "Ana's phone $ 📱"
    assert made.secret not in repr(made) + repr(client.mailbox(address))


def test_only_the_one_that_is_meant_is_revoked(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana", password=FIRST)
    phone, phone_2 = (client.app_passwords.create(address, name) for name in ("phone", "phone2"))

    client.app_passwords.revoke(address, phone.app_password)
    client.app_passwords.revoke(address, phone.app_password)

    assert client.app_passwords.of(address) == (phone_2.app_password,)
    assert [stage.sign_in(address, each) for each in (FIRST, phone.secret, phone_2.secret)] == [200, 401, 200]


def test_one_that_took_the_place_of_another_is_not_revoked_for_it(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana")
    old = client.app_passwords.create(address, "phone")
    client.app_passwords.revoke(address, old.app_password)
    new = client.app_passwords.create(address, "tablet")

    client.app_passwords.revoke(address, old.app_password)

    assert client.app_passwords.of(address) == (new.app_password,)


def test_there_has_to_be_a_mailbox_and_a_name(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana")

    with pytest.raises(Invalid) as nameless:
        client.app_passwords.create(address, "")
    with pytest.raises(NotFound):
        client.app_passwords.create(stage.at("nobody"), "phone")
    with pytest.raises(NotFound):
        client.app_passwords.of(stage.at("nobody"))
    with pytest.raises(NotFound):
        client.app_passwords.revoke(stage.at("nobody"), AppPassword("phone"))

    assert nameless.value.subject == "name"


@pytest.mark.parametrize("stage", WITH_DEADLINES, indirect=True)
def test_it_ends_when_the_mailbox_ends_or_when_it_should(stage: Stage, client: StalwartClient) -> None:
    if not client.facts().capabilities.deadlines:
        pytest.skip("this real server has no deadlines")
    address = stage.opened("ana", password=FIRST, deadline=SOON)
    later = SOON.replace(year=2032)

    as_the_mailbox, never, chosen = (
        client.app_passwords.create(address, "phone").app_password,
        client.app_passwords.create(address, "tablet", expires_at=None).app_password,
        client.app_passwords.create(address, "laptop", expires_at=later).app_password,
    )

    assert [each.expires_at for each in (as_the_mailbox, never, chosen)] == [SOON, None, later]
    assert all(each.created_at for each in client.app_passwords.of(address))


@pytest.mark.parametrize("stage", WITHOUT_DEADLINES, indirect=True)
def test_an_end_that_cannot_be_kept_is_refused(stage: Stage, client: StalwartClient) -> None:
    if client.facts().capabilities.deadlines:
        pytest.skip("this real server keeps deadlines")
    address = stage.opened("ana")

    with pytest.raises(Unsupported):
        client.app_passwords.create(address, "phone", expires_at=SOON)
    client.app_passwords.create(address, "phone", expires_at=None)
    with pytest.raises(AlreadyExists):
        client.app_passwords.create(address, "phone")

    assert len(client.app_passwords.of(address)) == 1


def test_a_password_is_set_with_and_without_its_side_doors(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana", password=FIRST)
    phone = client.app_passwords.create(address, "phone").secret

    client.set_password(address, hashed(SECOND))
    kept = [stage.sign_in(address, each) for each in (FIRST, SECOND, phone)]
    client.set_password(address, hashed(FIRST), end_app_passwords=True)

    assert kept == [401, 200, 200]
    assert [stage.sign_in(address, each) for each in (FIRST, SECOND, phone)] == [200, 401, 401]
    with pytest.raises(NotFound):
        client.set_password(stage.at("nobody"), hashed(FIRST))


def test_an_app_password_is_locked_with_the_mailbox(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana", password=FIRST)
    phone = client.app_passwords.create(address, "phone").secret

    client.apply([Update(address=address, deny=LOCK)])

    assert stage.sign_in(address, phone) == 403


def test_two_of_one_label_are_told_apart() -> None:
    principal = {"secrets": ["$6$hash", "$app$phone$one", "$app$phone$two", "$app$phone2$three"]}

    one, two, three = (each for each, _ in app_passwords(principal))

    assert (one.name, two.name, three) == ("phone", "phone", AppPassword("phone2", "phone2"))
    assert len({one.id, two.id, "phone"}) == 3
    assert [app_password_at(principal, each) for each in (one, two, three)] == principal["secrets"][1:]
    assert app_password_at(principal, AppPassword("phone", "phone")) is None


def test_one_of_two_is_still_known_when_the_other_is_gone() -> None:
    both = {"secrets": ["$app$phone$one", "$app$phone$two"]}
    (one, _), (two, _) = app_passwords(both)
    left = {"secrets": ["$app$phone$two"]}

    assert app_password_at(left, two) == "$app$phone$two"
    assert app_password_at(left, one) is None
