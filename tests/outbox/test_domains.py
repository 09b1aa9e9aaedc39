"""Mail domains become on the server what was chosen here, and go only when nobody needs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import outbox
from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, MailDomain, Operation, Status
from accounts.queries.sentences import explain
from accounts.services import domains, lifecycle
from stalwart_client import Create, StalwartClient, Wanted
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]

pytestmark = pytest.mark.django_db


@pytest.fixture
def thandi(domain: MailDomain, clock: Clock, run: Run) -> Account:
    account = make_account(now=clock())
    run()
    return account


def _delete(domain: MailDomain, hr: Actor, clock: Clock) -> MailDomain:
    return domains.delete_domain(domain.pk, reason="No longer ours", by=hr, now=clock(), clock=clock)


def test_a_description_reaches_the_server(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    domains.describe_domain(domain.pk, description="Field teams", by=hr, now=clock())
    run()

    assert client_of_server.domain("metrosure.app").description == "Field teams"


def test_a_domain_that_was_there_keeps_its_own_description(
    client_of_server: StalwartClient, hr: Actor, clock: Clock
) -> None:
    client_of_server.create_domain("metrosure.app", description="Made by hand")

    domain = domains.create_domain("metrosure.app", by=hr, now=clock(), clock=clock)

    assert (domain.description, client_of_server.domain("metrosure.app").description) == ("Made by hand",) * 2


def test_what_nobody_gets_goes_to_whoever_is_chosen(
    thandi: Account, domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    sipho = make_account("sipho@metrosure.app", now=clock(), name="Sipho")
    run()

    holders = []
    for address in (thandi.address, sipho.address, ""):
        domains.choose_catch_all(domain.pk, address=address, by=hr, now=clock())
        run()
        holders.append([box.address for box in client_of_server.walk() if "metrosure.app" in box.catch_all])

    assert holders == [[thandi.address], [sipho.address], []]
    assert not Operation.objects.exclude(status__in=[Status.DONE, Status.SUPERSEDED]).exists()


@pytest.mark.parametrize("lost", range(6))
def test_whichever_answer_is_lost_one_mailbox_gets_the_rest(
    thandi: Account,
    domain: MailDomain,
    server: Simulator,
    client_of_server: StalwartClient,
    hr: Actor,
    clock: Clock,
    run: Run,
    lost: int,
) -> None:
    sipho = make_account("sipho@metrosure.app", now=clock(), name="Sipho")
    domains.choose_catch_all(domain.pk, address=thandi.address, by=hr, now=clock())
    run()

    domains.choose_catch_all(domain.pk, address=sipho.address, by=hr, now=clock())
    server.fail_next(drop="after", skip=lost, times=4)
    run()
    server.faults.clear()
    clock.pass_(seconds=600)
    run()

    assert [box.address for box in client_of_server.walk() if box.catch_all] == [sipho.address]


def test_a_catch_all_of_somebody_else_is_not_taken_away(
    thandi: Account, domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address="rest@metrosure.app", catch_all=("metrosure.app",)))])

    domains.choose_catch_all(domain.pk, address=thandi.address, by=hr, now=clock())
    run()

    operation = Operation.objects.get(domain=domain)
    assert (operation.status, operation.error_code) == (Status.FAILED, "already_exists")
    assert client_of_server.mailbox("rest@metrosure.app").catch_all == ("metrosure.app",)


@pytest.mark.parametrize(
    ("address", "code"),
    [("nobody@metrosure.app", "catch_all_unknown"), ("no address", "address_incomplete")],
)
def test_only_an_account_can_get_the_rest(domain: MailDomain, hr: Actor, clock: Clock, address: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        domains.choose_catch_all(domain.pk, address=address, by=hr, now=clock())


def test_one_without_a_mailbox_cannot_get_the_rest(domain: MailDomain, hr: Actor, clock: Clock) -> None:
    account = make_account(now=clock())

    with pytest.raises(RuleBroken, match="catch_all_no_mailbox"):
        domains.choose_catch_all(domain.pk, address=account.address, by=hr, now=clock())


def test_an_unused_domain_is_deleted_with_its_keys(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock
) -> None:
    gone = _delete(domain, hr, clock)

    assert (gone.is_on_server, gone.is_wanted) == (False, False)
    assert list(client_of_server.domains()) == []
    assert not MailDomain.objects.present().exists()


def test_one_with_accounts_is_kept_and_they_are_named(thandi: Account, hr: Actor, clock: Clock) -> None:
    with pytest.raises(RuleBroken, match="domain_in_use") as refused:
        _delete(thandi.domain, hr, clock)

    assert thandi.address in explain(refused.value)
    assert MailDomain.objects.get().is_wanted


def test_one_with_second_addresses_is_kept(domain: MailDomain, hr: Actor, clock: Clock) -> None:
    other = MailDomain.objects.create(name="shop.metrosure.app", created_at=clock(), seen_at=clock())
    make_account("thandi@shop.metrosure.app", now=clock(), aliases=["t@metrosure.app"])

    with pytest.raises(RuleBroken, match="domain_in_use") as refused:
        _delete(domain, hr, clock)

    assert refused.value.values["used_by"] == ["t@metrosure.app"]
    assert other.is_wanted


def test_what_only_the_server_knows_keeps_it_too(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock
) -> None:
    client_of_server.lists.create("all@metrosure.app", members=["x@example.org"])

    with pytest.raises(RuleBroken, match="domain_in_use_there") as refused:
        _delete(domain, hr, clock)

    assert "all@metrosure.app" in explain(refused.value)
    assert MailDomain.objects.get().is_wanted
    assert AuditEvent.objects.filter(action=Action.DOMAIN_KEPT).exists()


def test_a_server_that_is_away_deletes_it_later(
    domain: MailDomain, server: Simulator, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    server.go_down()
    going = _delete(domain, hr, clock)
    assert going.is_on_server
    with pytest.raises(RuleBroken, match="domain_being_deleted"):
        domains.create_domain("metrosure.app", by=hr, now=clock(), clock=clock)
    server.come_up()

    clock.pass_(seconds=60)
    run()

    assert list(client_of_server.domains()) == []


def test_no_account_is_opened_in_a_domain_that_goes(
    domain: MailDomain, server: Simulator, hr: Actor, clock: Clock
) -> None:
    server.go_down()
    _delete(domain, hr, clock)

    with pytest.raises(Exception, match="domain_unknown"):
        make_account(now=clock())


def test_an_account_that_slipped_in_keeps_it(
    domain: MailDomain, server: Simulator, hr: Actor, clock: Clock, run: Run
) -> None:
    server.go_down()
    _delete(domain, hr, clock)
    MailDomain.objects.update(is_wanted=True)
    make_account(now=clock())
    MailDomain.objects.update(is_wanted=False)
    server.come_up()

    clock.pass_(seconds=60)
    run()

    domain.refresh_from_db()
    assert (domain.is_wanted, domain.is_on_server) == (True, True)


def test_a_domain_can_come_back(
    thandi: Account, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    lifecycle.end_account(thandi.pk, by=hr, now=clock())
    clock.pass_(days=365)
    lifecycle.purge_account(thandi.pk, reason="Over", by=hr, now=clock())
    run()
    _delete(thandi.domain, hr, clock)

    again = domains.create_domain("metrosure.app", by=hr, now=clock(), clock=clock)

    assert (again.pk, again.is_wanted, again.is_on_server) == (thandi.domain_id, True, True)


def test_one_made_anew_outside_is_taken_over_again(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock
) -> None:
    _delete(domain, hr, clock)
    client_of_server.create_domain("metrosure.app")

    outbox.refresh_domains(clock.pass_(seconds=60))
    soon = MailDomain.objects.get().is_wanted
    outbox.refresh_domains(clock.pass_(seconds=900))

    assert (soon, MailDomain.objects.get().is_wanted) == (False, True)


@pytest.mark.parametrize("server", ["0.16"], indirect=True)
def test_the_server_changes_keys_by_itself_as_chosen(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run
) -> None:
    outbox.look_at_server(clock())
    days = {"rotate_days": 60, "retire_days": 5, "delete_days": 20}

    domains.choose_key_policy(domain.pk, algorithms=["rsa"], by=hr, now=clock(), **days)
    run()
    chosen = client_of_server.dkim.rotation(domain.name)
    domains.choose_key_policy(domain.pk, algorithms=[], by=hr, now=clock(), **days)
    run()

    assert chosen is not None
    assert (sorted(chosen.algorithms), chosen.rotate_after.days) == (["rsa"], 60)
    assert client_of_server.dkim.rotation(domain.name) is None


@pytest.mark.parametrize("server", ["0.15"], indirect=True)
def test_a_server_that_never_does_is_not_asked(domain: MailDomain, hr: Actor, clock: Clock) -> None:
    outbox.look_at_server(clock())

    with pytest.raises(RuleBroken, match="server_changes_no_keys"):
        domains.choose_key_policy(
            domain.pk, algorithms=["rsa"], rotate_days=60, retire_days=5, delete_days=20, by=hr, now=clock()
        )


@pytest.mark.parametrize("server", ["0.16"], indirect=True)
def test_another_name_of_a_domain_is_taken(
    domain: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock
) -> None:
    client_of_server.set_domain_aliases("metrosure.app", ["metrosure.co.za"])

    with pytest.raises(RuleBroken, match="domain_taken_there"):
        domains.create_domain("metrosure.co.za", by=hr, now=clock(), clock=clock)

    assert MailDomain.objects.count() == 1
