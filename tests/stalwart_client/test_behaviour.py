"""What callers may rely on, whichever server is behind: both simulators, and a real one where there is one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stalwart_client import (
    UNSET,
    AlreadyExists,
    Change,
    Create,
    Credentials,
    Denial,
    Destroy,
    Invalid,
    Mailbox,
    MailDomain,
    NotFound,
    NotPermitted,
    StalwartClient,
    Unset,
    Unsupported,
    Update,
    Wanted,
    WrongCredentials,
    difference,
)
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import HASH
from tests.stalwart_client.stage import LOCK, WITH_DEADLINES, WITHOUT_DEADLINES, Stage, hashed

SOON = datetime(2031, 1, 1, tzinfo=UTC)
LATER = datetime(2031, 6, 1, tzinfo=UTC)
FIRST, SECOND = "Correct-Horse-9-battery", "Another-Long-77-phrase"


def done(client: StalwartClient, *changes: Change) -> None:
    """Carry out changes that must all go well."""
    assert [outcome.error for outcome in client.apply(changes)] == [None] * len(changes)


def test_an_administrator_misses_no_permission(server_client: StalwartClient) -> None:
    facts = server_client.facts()

    assert facts.generation == server_client.generation
    assert facts.missing == ()
    assert facts.permissions
    assert facts.capabilities.mailboxes
    assert not facts.external_directory


def test_a_mailbox_is_read_back_as_it_was_wanted(stage: Stage) -> None:
    capabilities = stage.client.facts().capabilities
    wanted = Wanted(
        address=stage.at("ana"),
        name="Ana Müller 🚀",
        aliases=(stage.at("a"), stage.at("ana.m")),
        quota=104_857_600,
        denials=capabilities.denials,
        deadline=SOON if capabilities.deadlines else None,
    )

    done(stage.client, Create(wanted=wanted, secret=HASH))

    found = stage.client.mailbox(wanted.address)
    assert difference(found, wanted) is None
    assert (found.used, found.has_password, found.app_passwords) == (0, True, ())


def test_a_mailbox_needs_nothing_but_its_address(stage: Stage) -> None:
    address = stage.opened("ana")

    found = stage.client.mailbox(address)

    assert found == Mailbox(address=address, id=found.id, has_password=False)
    assert not found.has_doors


def test_the_id_of_a_new_mailbox_is_told_where_it_has_one(stage: Stage) -> None:
    (outcome,) = stage.client.apply([Create(wanted=Wanted(address=stage.at("ana")))])

    assert outcome.id == stage.client.mailbox(stage.at("ana")).id


def test_a_holder_signs_in_with_the_full_address(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST)

    assert stage.sign_in(address, FIRST) == 200
    assert stage.sign_in(address, SECOND) == 401


def test_a_mailbox_made_locked_is_never_open(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST, denials=LOCK)

    assert stage.client.mailbox(address).locked
    assert stage.sign_in(address, FIRST) == 403


def test_an_address_is_taken_once_in_any_case(stage: Stage) -> None:
    address = stage.opened("ana", name="Ana")

    (outcome,) = stage.client.apply([Create(wanted=Wanted(address=address.upper(), name="Ben"))])

    assert isinstance(outcome.error, AlreadyExists)
    assert outcome.error.subject.lower() == address
    assert stage.client.mailbox(address.upper()).name == "Ana"


def test_an_alias_belongs_to_one_mailbox(stage: Stage) -> None:
    ana, ben = stage.opened("ana", aliases=(stage.at("help"),)), stage.opened("ben")

    outcomes = stage.client.apply(
        [
            Update(address=ben, aliases=(stage.at("help"),)),
            Create(wanted=Wanted(address=stage.at("help"))),
            Create(wanted=Wanted(address=stage.at("eve"), aliases=(ana,))),
        ]
    )

    assert all(isinstance(outcome.error, AlreadyExists) for outcome in outcomes)
    assert stage.client.mailbox(ben).aliases == ()


def test_an_unknown_domain_is_named(stage: Stage) -> None:
    ben = stage.opened("ben")

    outcomes = stage.client.apply(
        [
            Create(wanted=Wanted(address="ana@elsewhere.metrosure.app")),
            Update(address=ben, aliases=("b@elsewhere.metrosure.app",)),
        ]
    )

    for outcome in outcomes:
        assert isinstance(outcome.error, NotFound)
        assert outcome.error.subject == "elsewhere.metrosure.app"


def test_a_lock_is_taken_off_without_a_trace(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST)
    before = stage.client.mailbox(address)

    done(stage.client, Update(address=address, deny=LOCK))
    locked = stage.client.mailbox(address).locked, stage.sign_in(address, FIRST)
    done(stage.client, Update(address=address, allow=LOCK))

    assert locked == (True, 403)
    assert stage.client.mailbox(address) == before
    assert stage.sign_in(address, FIRST) == 200


def test_a_lock_reaches_app_passwords(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST)
    app_password = stage.add_app_password(address, "Phone")

    open_before = stage.sign_in(address, app_password)
    done(stage.client, Update(address=address, deny=LOCK))

    assert (open_before, stage.sign_in(address, app_password)) == (200, 403)


def test_locking_and_unlocking_twice_changes_nothing(stage: Stage) -> None:
    address = stage.opened("ana")

    done(stage.client, Update(address=address, deny=LOCK), Update(address=address, deny=LOCK))
    twice_locked = stage.client.mailbox(address).locked
    done(stage.client, Update(address=address, allow=LOCK), Update(address=address, allow=LOCK))

    assert twice_locked
    assert not stage.client.mailbox(address).locked


def test_a_denial_made_by_hand_outlives_lock_and_unlock(stage: Stage) -> None:
    address = stage.opened("ana")
    stage.deny_by_hand(address)

    done(stage.client, Update(address=address, deny=LOCK), Update(address=address, allow=LOCK))

    assert not stage.client.mailbox(address).locked
    assert stage.is_denied_by_hand(address)


def test_each_denial_comes_and_goes_alone(stage: Stage) -> None:
    address = stage.opened("ana")
    denials = stage.client.facts().capabilities.denials

    for denial in sorted(denials):
        done(stage.client, Update(address=address, deny=frozenset({denial})))
        assert stage.client.mailbox(address).denials == {denial}
        done(stage.client, Update(address=address, allow=frozenset({denial})))
    done(stage.client, Update(address=address, deny=denials))
    done(stage.client, Update(address=address, allow=frozenset({Denial.RECEIVE}), deny=LOCK))

    assert stage.client.mailbox(address).denials == denials - {Denial.RECEIVE}


@pytest.mark.parametrize(
    ("change", "now_wanted"),
    [
        ({"name": "Ben"}, {"name": "Ben"}),
        ({"name": ""}, {"name": ""}),
        ({"quota": 5_000_000}, {"quota": 5_000_000}),
        ({"quota": 0}, {"quota": 0}),
        ({"aliases": ()}, {"aliases": ()}),
    ],
    ids=["a name", "no name", "a quota", "no quota", "no aliases"],
)
def test_an_update_changes_what_it_names_and_nothing_else(
    stage: Stage, change: dict[str, object], now_wanted: dict[str, object]
) -> None:
    properties = {"name": "Ana", "quota": 1_000_000, "aliases": (stage.at("a"), stage.at("b")), "denials": LOCK}
    address = stage.opened("ana", password=FIRST, **properties)

    done(stage.client, Update(address=address, **change))  # type: ignore[arg-type]

    wanted = Wanted(address=address, **(properties | now_wanted))  # type: ignore[arg-type]
    assert difference(stage.client.mailbox(address), wanted) is None


def test_aliases_become_what_is_wanted(stage: Stage) -> None:
    address = stage.opened("ana", aliases=tuple(map(stage.at, "abc")))

    done(stage.client, Update(address=address, aliases=(stage.at("d"), stage.at("B"))))

    assert stage.client.mailbox(address).aliases == (stage.at("b"), stage.at("d"))


def test_the_difference_is_all_that_is_needed(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST, name="Ana", aliases=(stage.at("a"),), quota=5, denials=LOCK)
    wanted = Wanted(address=address, name="Ben", aliases=(stage.at("b"),), denials=frozenset({Denial.RECEIVE}))

    update = difference(stage.client.mailbox(address), wanted)
    assert update is not None
    done(stage.client, update)

    assert difference(stage.client.mailbox(address), wanted) is None


def test_a_new_password_replaces_the_old_and_keeps_app_passwords(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST)
    app_password = stage.add_app_password(address, "Phone")

    done(stage.client, Update(address=address, secret=hashed(SECOND)))

    assert [stage.sign_in(address, each) for each in (FIRST, SECOND, app_password)] == [401, 200, 200]
    assert [each.name for each in stage.client.mailbox(address).app_passwords] == ["Phone"]


@pytest.mark.parametrize("secret", [None, SECOND], ids=["alone", "with a new password"])
def test_app_passwords_can_be_ended(stage: Stage, secret: str | None) -> None:
    address = stage.opened("ana", password=FIRST)
    app_password = stage.add_app_password(address, "Phone")
    stage.add_app_password(address, "Tablet")

    done(stage.client, Update(address=address, secret=hashed(secret) if secret else None, end_app_passwords=True))

    assert stage.client.mailbox(address).app_passwords == ()
    assert stage.sign_in(address, app_password) == 401
    assert stage.sign_in(address, secret or FIRST) == 200


def test_a_first_password_can_come_later(stage: Stage) -> None:
    address = stage.opened("ana")

    done(stage.client, Update(address=address, secret=hashed(FIRST)))

    assert stage.client.mailbox(address).has_password
    assert stage.sign_in(address, FIRST) == 200


@pytest.mark.parametrize("stage", WITH_DEADLINES, indirect=True)
def test_a_deadline_reaches_every_door_and_can_be_moved_and_lifted(stage: Stage) -> None:
    if not stage.client.facts().capabilities.deadlines:
        pytest.skip("this real server has no deadlines")
    address = stage.opened("ana", password=FIRST, deadline=SOON)
    stage.add_app_password(address, "Phone")

    half_open = stage.client.mailbox(address)
    done(stage.client, Update(address=address, deadline=LATER))
    moved = stage.client.mailbox(address)
    done(stage.client, Update(address=address, deadline=None))
    lifted = stage.client.mailbox(address)

    assert half_open.deadline is None
    assert (moved.deadline, moved.app_passwords[0].expires_at) == (LATER, LATER)
    assert (lifted.deadline, lifted.app_passwords[0].expires_at) == (None, None)


@pytest.mark.parametrize("stage", WITH_DEADLINES, indirect=True)
def test_a_new_password_keeps_the_deadline(stage: Stage) -> None:
    if not stage.client.facts().capabilities.deadlines:
        pytest.skip("this real server has no deadlines")
    address = stage.opened("ana", password=FIRST, deadline=SOON)

    done(stage.client, Update(address=address, secret=hashed(SECOND)))

    assert stage.client.mailbox(address).deadline == SOON


@pytest.mark.parametrize("deadline", [UNSET, None])
def test_no_deadline_can_be_asked_for_everywhere(stage: Stage, deadline: Unset | None) -> None:
    address = stage.opened("ana", password=FIRST)

    done(stage.client, Update(address=address, deadline=deadline))

    assert stage.client.mailbox(address).deadline is None


@pytest.mark.parametrize("stage", WITHOUT_DEADLINES, indirect=True)
def test_a_deadline_that_cannot_be_kept_is_refused(stage: Stage) -> None:
    if stage.client.facts().capabilities.deadlines:
        pytest.skip("this real server keeps deadlines")
    address = stage.opened("ana", password=FIRST)

    outcomes = stage.client.apply(
        [
            Update(address=address, deadline=SOON, deny=LOCK),
            Create(wanted=Wanted(address=stage.at("ben"), deadline=SOON)),
        ]
    )

    assert all(isinstance(outcome.error, Unsupported) for outcome in outcomes)
    assert not stage.client.mailbox(address).locked


def test_a_destroyed_mailbox_is_gone_and_its_address_free(stage: Stage) -> None:
    address = stage.opened("ana", name="Ana")

    done(stage.client, Destroy(address=address), Destroy(address=address))
    gone = stage.client.mailboxes_at([address])
    stage.opened("ana", name="Another Ana")

    assert gone == {}
    assert stage.client.mailbox(address).name == "Another Ana"


def test_what_is_not_there_cannot_be_changed(stage: Stage) -> None:
    (outcome,) = stage.client.apply([Update(address=stage.at("nobody"), name="x")])

    assert isinstance(outcome.error, NotFound)
    assert outcome.error.subject == stage.at("nobody")
    with pytest.raises(NotFound):
        stage.client.mailbox(stage.at("nobody"))


@pytest.mark.parametrize("address", ["", "ana", "@"])
def test_what_is_no_address_has_no_mailbox(stage: Stage, address: str) -> None:
    outcomes = stage.client.apply(
        [Create(wanted=Wanted(address=address)), Update(address=address, name="x"), Destroy(address=address)]
    )

    assert stage.client.mailboxes_at([address]) == {}
    assert any(outcome.error for outcome in outcomes)


@pytest.mark.parametrize("local", ["zoë", "o'brien", "50%off", "a#b?c", "under_score", "a.b-c"])
def test_odd_names_are_told_apart(stage: Stage, local: str) -> None:
    address = stage.opened(local, name=local)

    done(stage.client, Update(address=address, quota=5))

    assert stage.client.mailbox(address).quota == 5
    done(stage.client, Destroy(address=address))
    assert stage.client.mailboxes_at([address]) == {}


def test_many_changes_are_answered_in_their_order(stage: Stage) -> None:
    taken = stage.opened("user150")
    creates = [Create(wanted=Wanted(address=stage.at(f"user{n}"), name=f"User {n}")) for n in range(250)]

    outcomes = stage.client.apply(creates)

    failed = [outcome.change.address for outcome in outcomes if outcome.error]
    assert [outcome.change for outcome in outcomes] == creates
    assert failed == [taken]
    assert len(stage.client.mailboxes_at([each.address for each in creates])) == 250


def test_changes_of_one_address_are_carried_out_in_order(stage: Stage) -> None:
    ana, ben = stage.at("ana"), stage.at("ben")

    done(
        stage.client,
        Create(wanted=Wanted(address=ana)),
        Create(wanted=Wanted(address=ben)),
        Update(address=ana, name="first"),
        Destroy(address=ben),
        Update(address=ana, name="second"),
        Create(wanted=Wanted(address=ben, name="again")),
    )

    found = stage.client.mailboxes_at([ana, ben])
    assert (found[ana].name, found[ben].name) == ("second", "again")


def test_nothing_to_do_needs_no_server() -> None:
    client = StalwartClient("http://127.0.0.1:1", Credentials())

    assert client.apply([]) == []
    assert client.mailboxes_at([]) == {}


def test_hints_are_only_hints(stage: Stage) -> None:
    ana, ben, eve = stage.opened("ana"), stage.opened("ben"), stage.opened("eve")
    ids = {address: found.id for address, found in stage.client.mailboxes_at([ana, ben, eve]).items()}

    found = stage.client.mailboxes_at({ana: ids[ana], ben: ids[eve], eve: "8888", stage.at("nobody"): ids[ana]})
    done(stage.client, Update(address=ana, id=ids[ben], name="Ana"), Destroy(address=eve, id=ids[ben]))

    assert {address: each.id for address, each in found.items()} == ids
    assert stage.client.mailbox(ana).name == "Ana"
    assert sorted(stage.client.mailboxes_at([ana, ben, eve])) == [ana, ben]


def test_a_walk_meets_everybody_once(stage: Stage) -> None:
    addresses = [stage.at(f"user{n}") for n in range(1100)]
    done(stage.client, *(Create(wanted=Wanted(address=address)) for address in addresses))

    walked = [each.address for each in stage.client.walk() if each.address.endswith(f"@{stage.domain}")]

    assert sorted(walked) == sorted(addresses)


def test_a_walk_sees_what_a_look_up_sees(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST, name="Ana", aliases=(stage.at("a"),), quota=5, denials=LOCK)
    stage.add_app_password(address, "Phone")

    (walked,) = (each for each in stage.client.walk() if each.address == address)

    assert walked == stage.client.mailbox(address)


def test_a_group_is_no_mailbox(stage: Stage) -> None:
    stage.add_group("staff")

    found = stage.client.mailboxes_at([stage.at("staff")])
    walked = [each.address for each in stage.client.walk()]
    done(stage.client, Destroy(address=stage.at("staff")))
    (outcome,) = stage.client.apply([Create(wanted=Wanted(address=stage.at("staff")))])

    assert found == {}
    assert stage.at("staff") not in walked
    assert isinstance(outcome.error, AlreadyExists)


def test_domains_are_listed_and_made_once(stage: Stage) -> None:
    shouted = f" {stage.domain.upper()}. "

    ensured = stage.client.ensure_domain(shouted)

    assert [each for each in stage.client.domains() if each.name == stage.domain] == [ensured]
    assert ensured == MailDomain(name=stage.domain, id=ensured.id)
    with pytest.raises(AlreadyExists):
        stage.client.create_domain(stage.domain)


@pytest.mark.parametrize("name", ["not a domain", "", "x" * 64 + ".metrosure.app"])
def test_what_is_no_domain_is_refused(server_client: StalwartClient, name: str) -> None:
    with pytest.raises(Invalid):
        server_client.create_domain(name)


def test_a_mailbox_works_at_once_in_a_new_domain(stage: Stage) -> None:
    address = stage.opened("ana", password=FIRST)

    assert stage.sign_in(address, FIRST) == 200


def test_a_wrong_password_is_not_a_missing_permission(simulated: Stage, simulator: Simulator) -> None:
    stranger = StalwartClient(
        "http://mail.test",
        Credentials(user="admin", secret="wrong"),
        transport=simulator.transport(),
    )

    assert stranger.generation == simulated.client.generation
    with pytest.raises(WrongCredentials):
        stranger.facts()
    with pytest.raises(WrongCredentials):
        stranger.mailboxes_at([simulated.at("ana")])
    assert isinstance(stranger.apply([Destroy(address=simulated.at("ana"))])[0].error, WrongCredentials)
    stranger.close()


def test_a_panel_s_own_key_can_do_the_work_and_no_more(simulated: Stage, simulator: Simulator) -> None:
    token = simulated.add_panel_key(["individual", "domain"])
    panel = StalwartClient("http://mail.test", Credentials(token=token), transport=simulator.transport())
    address = simulated.at("ana")
    denials = panel.facts().capabilities.denials

    done(panel, Create(wanted=Wanted(address=address, denials=denials), secret=HASH))
    done(panel, Update(address=address, allow=denials), Update(address=address, deny=LOCK), Destroy(address=address))

    assert panel.facts().missing == ()
    panel.close()


def test_what_a_key_may_not_do_is_told(simulated: Stage, simulator: Simulator) -> None:
    token = simulated.add_panel_key(["individual"])
    panel = StalwartClient("http://mail.test", Credentials(token=token), transport=simulator.transport())

    missing = panel.facts().missing

    assert missing
    assert all("domain" in name.lower() for name in missing)
    with pytest.raises(NotPermitted):
        list(panel.domains())
    panel.close()
