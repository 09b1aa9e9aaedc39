"""Groups and mailing lists: whoever is in them, and what tells of it at a mailbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stalwart_client import (
    UNSET,
    AlreadyExists,
    Busy,
    Create,
    Destroy,
    Group,
    InUse,
    Invalid,
    MailingList,
    NotFound,
    StalwartClient,
    Unset,
    Update,
    Wanted,
    difference,
)
from stalwart_client._http import Sender
from stalwart_client._jmap_call import Jmap, Reading
from tests.stalwart_client.answers import ADMIN
from tests.stalwart_client.stage import Stage, simulated_stage


@pytest.fixture
def client(stage: Stage) -> StalwartClient:
    return stage.client


def test_a_group_is_read_back_as_it_was_made(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben")

    made = client.groups.create(stage.at("Staff"), name="The staff", members=[ben, ana.upper()])

    assert made == Group(address=stage.at("staff"), id=made.id, name="The staff", members=(ana, ben))
    assert client.groups.at(stage.at("STAFF")) == made
    assert [each for each in client.groups.all() if each.address == made.address] == [made]
    assert client.mailbox(ana).groups == (made.address,)


def test_members_come_and_go(stage: Stage, client: StalwartClient) -> None:
    ana, ben, eve = stage.opened("ana"), stage.opened("ben"), stage.opened("eve")
    group = client.groups.create(stage.at("staff"), members=[ana, ben]).address

    client.groups.change(group, name="Others", add=[eve, ben], remove=[ana, stage.at("stranger")])

    assert client.groups.at(group).members == (ben, eve)
    assert client.groups.at(group).name == "Others"
    assert client.mailbox(ana).groups == ()


def test_a_group_with_members_is_not_deleted_and_says_who(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben")
    group = client.groups.create(stage.at("staff"), members=[ana, ben]).address

    with pytest.raises(InUse) as caught:
        client.groups.delete(group)
    client.groups.change(group, remove=[ana, ben])
    client.groups.delete(group)
    client.groups.delete(group)

    assert (caught.value.used_by, caught.value.subject) == ((ana, ben), group)
    with pytest.raises(NotFound):
        client.groups.at(group)


def test_a_group_needs_a_free_address_and_members_that_exist(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")

    with pytest.raises(AlreadyExists) as taken:
        client.groups.create(ana)
    with pytest.raises(NotFound) as nobody:
        client.groups.create(stage.at("staff"), members=[stage.at("nobody")])
    with pytest.raises(NotFound) as nowhere:
        client.groups.create("staff@elsewhere.metrosure.app")

    assert taken.value.subject == ana
    assert nobody.value.subject == stage.at("nobody")
    assert nowhere.value.subject == "elsewhere.metrosure.app"
    assert [each for each in client.groups.all() if each.address.endswith(stage.domain)] == []


def test_a_mailbox_is_no_group_and_no_list(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")

    with pytest.raises(NotFound):
        client.groups.at(ana)
    with pytest.raises(NotFound):
        client.lists.at(ana)
    client.groups.delete(ana)
    client.lists.delete(ana)

    assert client.mailbox(ana).address == ana


def test_a_list_has_members_from_anywhere(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")

    made = client.lists.create(stage.at("all"), name="Everybody", members=[ana, "Boss@Example.org"])

    members = tuple(sorted([ana, "boss@example.org"]))
    assert made == MailingList(address=stage.at("all"), id=made.id, name="Everybody", members=members)
    assert client.lists.at(stage.at("ALL")) == made
    assert [each for each in client.lists.all() if each.address == made.address] == [made]
    assert client.mailbox(ana).lists == (made.address,)


def test_members_of_a_list_come_and_go(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben")
    address = client.lists.create(stage.at("all"), members=[ana, "boss@example.org"]).address

    client.lists.change(address, name="Some", add=[ben, "new@example.com"], remove=[ana, "BOSS@example.org", "x@y.org"])

    found = client.lists.at(address)
    assert (found.name, found.members) == ("Some", tuple(sorted([ben, "new@example.com"])))
    client.lists.delete(address)
    client.lists.delete(address)
    with pytest.raises(NotFound):
        client.lists.at(address)


@pytest.mark.parametrize("member", ["nonsense", "a@b", "a b@example.org", "@example.org", ""])
def test_what_is_no_address_is_no_member(stage: Stage, client: StalwartClient, member: str) -> None:
    address = client.lists.create(stage.at("all")).address

    with pytest.raises(Invalid) as made:
        client.lists.create(stage.at("others"), members=[member])
    with pytest.raises(Invalid) as changed:
        client.lists.change(address, add=[member])

    assert made.value.subject == changed.value.subject == member


def test_a_list_needs_a_free_address(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")

    with pytest.raises(AlreadyExists) as caught:
        client.lists.create(ana)
    with pytest.raises(NotFound):
        client.lists.change(stage.at("nothing"), add=[ana])

    assert caught.value.subject == ana


def test_a_mailbox_can_want_groups_lists_catch_all_and_a_locale(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")
    group = client.groups.create(stage.at("staff")).address
    everybody = client.lists.create(stage.at("all"), members=["boss@example.org"]).address
    wanted = Wanted(address=ana, groups=(group,), lists=(everybody,), catch_all=(stage.domain,), locale="de_DE")

    update = difference(client.mailbox(ana), wanted)
    assert update is not None
    (outcome,) = client.apply([update])

    assert outcome.error is None
    assert difference(client.mailbox(ana), wanted) is None
    assert client.mailbox(ana).aliases == ()
    assert client.lists.at(everybody).members == tuple(sorted([ana, "boss@example.org"]))


def test_what_a_mailbox_wanted_it_can_give_back(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben", aliases=(stage.at("b"),))
    group = client.groups.create(stage.at("staff"), members=[ana, ben]).address
    everybody = client.lists.create(stage.at("all"), members=[ana, ben]).address
    client.apply([Update(address=ben, catch_all=(stage.domain,))])

    outcomes = client.apply([Update(address=ben, groups=(), lists=(), catch_all=(), locale="en_US")])

    found = client.mailbox(ben)
    assert [each.error for each in outcomes] == [None]
    assert (found.groups, found.lists, found.catch_all, found.aliases) == ((), (), (), (stage.at("b"),))
    assert (client.groups.at(group).members, client.lists.at(everybody).members) == ((ana,), (ana,))


def test_a_new_mailbox_can_have_it_all_at_once(stage: Stage, client: StalwartClient) -> None:
    group = client.groups.create(stage.at("staff")).address
    everybody = client.lists.create(stage.at("all")).address
    ben = Wanted(address=stage.at("ben"), groups=(group,), lists=(everybody,))
    ana = replace(ben, address=stage.at("ana"), catch_all=(stage.domain,), locale="fr_FR")
    creates = [Create(wanted=ana), Create(wanted=ben)]

    outcomes = client.apply(creates)

    found = client.mailboxes_at([each.address for each in creates])
    assert [each.error for each in outcomes] == [None, None]
    assert [difference(found[each.address], each.wanted) for each in creates] == [None, None]


def test_what_is_not_wanted_is_left_alone(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")
    client.groups.create(stage.at("staff"), members=[ana])
    client.lists.create(stage.at("all"), members=[ana])
    client.apply([Update(address=ana, catch_all=(stage.domain,), locale="de_DE")])
    before = client.mailbox(ana)

    client.apply([Update(address=ana, aliases=(stage.at("a"),))])

    after = client.mailbox(ana)
    assert difference(before, Wanted(address=ana)) is None
    assert (after.groups, after.lists, after.catch_all, after.locale) == (
        before.groups,
        before.lists,
        before.catch_all,
        before.locale,
    )


def test_a_domain_has_one_catch_all(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben")

    first, second = (client.apply([Update(address=each, catch_all=(stage.domain,))])[0] for each in (ana, ben))

    assert first.error is None
    assert isinstance(second.error, AlreadyExists)
    assert second.error.subject == f"@{stage.domain}"
    assert client.mailbox(ben).catch_all == ()


@pytest.mark.parametrize("stage", ["0.16"], indirect=True)  # on 0.15 a catch-all is no address of its own
def test_a_catch_all_by_an_alias_is_one_too(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana", aliases=(stage.at("a"),))
    stage.jmap("x:Domain/set", update={stage.domain_id(): {"catchAllAddress": stage.at("a")}})

    before = client.mailbox(ana).catch_all
    client.apply([Update(address=ana, catch_all=())])

    assert (before, client.mailbox(ana).catch_all) == ((stage.domain,), ())


def test_a_mailbox_that_goes_leaves_nothing_behind(stage: Stage, client: StalwartClient) -> None:
    ana, ben = stage.opened("ana"), stage.opened("ben")
    group = client.groups.create(stage.at("staff"), members=[ana]).address
    everybody = client.lists.create(stage.at("all"), members=[ana, ben]).address
    client.apply([Update(address=ana, catch_all=(stage.domain,))])

    outcomes = client.apply([Destroy(address=ana), Update(address=ben, catch_all=())])

    assert [outcome.error for outcome in outcomes] == [None, None]
    assert (client.groups.at(group).members, client.lists.at(everybody).members) == ((), (ben,))
    (outcome,) = client.apply([Update(address=ben, catch_all=(stage.domain,))])
    assert outcome.error is None


@pytest.mark.parametrize("field", ["groups", "lists"])
def test_what_is_not_there_cannot_be_joined(stage: Stage, client: StalwartClient, field: str) -> None:
    ana = stage.opened("ana")
    wants: dict[str, tuple[str, ...] | Unset] = {"groups": UNSET, "lists": UNSET, field: (stage.at("nothing"),)}

    updated, created = client.apply(
        [
            Update(address=ana, name="Ana", **wants),  # type: ignore[arg-type]
            Create(wanted=Wanted(address=stage.at("ben"), **wants)),  # type: ignore[arg-type]
        ]
    )

    for outcome in (updated, created):
        assert isinstance(outcome.error, NotFound)
        assert outcome.error.subject == stage.at("nothing")
    assert client.mailbox(ana).name == ""
    assert list(client.mailboxes_at([stage.at("ben")])) == []


def test_all_denied_permissions_are_told(stage: Stage, client: StalwartClient) -> None:
    ana = stage.opened("ana")
    stage.deny_by_hand(ana)

    assert client.mailbox(ana).denied == ({"email-send"} if stage.is_rest else {"emailSend"})


def test_a_listing_with_a_filter_does_not_end_early_where_its_last_object_went() -> None:
    stage = simulated_stage("0.16")
    stage.client.create_domain(stage.domain)
    groups = [stage.client.groups.create(stage.at(f"g{n}")).address for n in range(4)]
    assert stage.simulator is not None

    sender = Sender("http://mail.test", ADMIN, transport=stage.simulator.transport())
    pages = Jmap(sender).pages(Reading("x:Account", ("emailAddress",), {"@type": "Group"}, page=2))
    read = [each["emailAddress"] for each in next(pages)]
    stage.client.groups.delete(groups[1])

    assert read == groups[:2]
    with pytest.raises(Busy):
        next(pages)
