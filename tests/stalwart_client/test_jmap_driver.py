"""What the driver for 0.16 sends, and how it reads what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stalwart_client import (
    AlreadyExists,
    Busy,
    Change,
    Create,
    Denial,
    Destroy,
    InUse,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unreachable,
    Update,
    Wanted,
)
from stalwart_client._jmap import JmapDriver
from stalwart_client._jmap_call import Jmap, is_id
from tests.stalwart_client.answers import HASH, Player, methods, problem, recorded

JMAP = "jmap-0.16.18"
ANA, BEN = "ana@example.org", "ben@example.org"
LIMITS = {"maxCallsInRequest": 16, "maxObjectsInGet": 500, "maxObjectsInSet": 500, "maxSizeRequest": 10_000_000}

Method = Callable[[dict[str, Any]], dict[str, Any]]


class Server:
    """The least of a 0.16 that answers: one domain, accounts by id, and what a test puts over it."""

    def __init__(self, *accounts: str, **over: Method) -> None:
        self.accounts = {f"{chr(ord('c') + n)}": address for n, address in enumerate(accounts)}
        self.domains = {"b": "example.org"}
        self.limits = dict(LIMITS)
        self.over = over
        self.player = Player(self._answer)

    @property
    def calls(self) -> list[list[str]]:
        """The names of the methods of each request."""
        return [[name for name, *_ in body["methodCalls"]] for body in self.player.bodies if body]

    def arguments(self, method: str) -> list[dict[str, Any]]:
        calls = [call for body in self.player.bodies if body for call in body["methodCalls"]]
        return [arguments for name, arguments, _ in calls if name == method]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"capabilities": {"urn:ietf:params:jmap:core": self.limits}})
        responses: list[list[Any]] = []
        for name, arguments, number in json.loads(request.content)["methodCalls"]:
            if "#ids" in arguments:
                arguments["ids"] = responses[int(arguments["#ids"]["resultOf"])][1].get("ids", [])
            result = self._method(name, arguments)
            responses.append(["error" if "type" in result else name, result, number])
        return methods(*responses)

    def _method(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        kind, _, verb = name.removeprefix("x:").partition("/")
        if f"{kind}_{verb}" in self.over:
            return self.over[f"{kind}_{verb}"](arguments)
        if verb == "query":
            return {"ids": self._find(kind, arguments)}
        if verb == "get":
            found = [self._show(kind, each) for each in arguments["ids"] if each in self._objects(kind)]
            return {"list": found, "notFound": [e for e in arguments["ids"] if e not in self._objects(kind)]}
        made = {key: {"id": "z"} for key in arguments.get("create", {})}
        return {
            "created": made,
            "updated": dict.fromkeys(arguments.get("update", {})),
            "destroyed": arguments.get("destroy", []),
        }

    def _objects(self, kind: str) -> dict[str, str]:
        return self.domains if kind == "Domain" else self.accounts

    def _find(self, kind: str, arguments: dict[str, Any]) -> list[str]:
        if kind == "MailingList" or "@type" in arguments.get("filter", {}):
            return []
        if "filter" in arguments:
            wanted = f"{arguments['filter']['name']}@{self.domains[arguments['filter']['domainId']]}"
            return [each for each, address in self.accounts.items() if address == wanted]
        later = [each for each in self._objects(kind) if each > arguments.get("anchor", "")]
        return later[: arguments["limit"]]

    def _show(self, kind: str, ident: str) -> dict[str, Any]:
        if kind == "Domain":
            about: dict[str, Any] = {"description": None, "aliases": {}, "catchAllAddress": None}
            return {"id": ident, "name": self.domains[ident], **about}
        return {
            "@type": "User",
            "id": ident,
            "emailAddress": self.accounts[ident],
            "description": None,
            "aliases": {},
            "credentials": {},
            "permissions": {"@type": "Inherit"},
            "quotas": {},
            "usedDiskQuota": 0,
            "memberGroupIds": {},
            "locale": "en_US",
        }


def refusing(error: dict[str, Any]) -> Server:
    """Return a server that refuses all changes with this error."""

    def refuse(arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            "notCreated": dict.fromkeys(arguments.get("create", {}), error),
            "notUpdated": dict.fromkeys(arguments.get("update", {}), error),
            "notDestroyed": dict.fromkeys(arguments.get("destroy", []), error),
        }

    return Server(ANA, Account_set=refuse)


def created(address: str, *aliases: str) -> Create:
    return Create(wanted=Wanted(address=address, aliases=aliases), secret=HASH)


def recorded_set_error(name: str) -> dict[str, Any]:
    ((_, result, _),) = recorded(JMAP, name).json()["methodResponses"]
    (failures,) = (result[key] for key in ("notCreated", "notUpdated", "notDestroyed") if key in result)
    error: dict[str, Any] = next(iter(failures.values()))
    return error


@pytest.mark.parametrize(
    ("name", "error", "subject"),
    [
        ("create account with at sign", Invalid, "name"),
        ("create account no name", Invalid, "name"),
        ("create account unknown property", Invalid, ""),
        ("create account weak password", Invalid, "secret"),
        ("create account two passwords", Invalid, "secret"),
        ("create account negative quota", Invalid, "quota"),
        ("add alias taken", AlreadyExists, ANA),
        ("suspend by pointer on inherit", Invalid, "permissions"),
        ("update missing account", NotFound, ANA),
        ("api key cannot make an admin", NotPermitted, ""),
        ("destroy group with members", InUse, ANA),
        ("create account unknown domain", Busy, "domain"),
    ],
)
def test_recorded_refusals_have_a_name(name: str, error: type[StalwartError], subject: str) -> None:
    with refusing(recorded_set_error(name)).player.sender() as sender:
        (outcome,) = JmapDriver(sender).apply([Update(address=ANA, quota=1)])

    assert type(outcome.error) is error
    assert outcome.error.subject == subject


def test_who_stands_in_the_way_may_stay_unknown_and_spoils_nothing_else() -> None:
    def destroy_others(arguments: dict[str, Any]) -> dict[str, Any]:
        linked, *others = arguments["destroy"]
        error = {"type": "objectIsLinked", "linkedObjects": [{"object": "MailingList", "id": "q"}]}
        return {"destroyed": others, "notDestroyed": {linked: error}}

    server = Server(
        ANA,
        BEN,
        Account_set=destroy_others,
        MailingList_query=lambda _: {"type": "forbidden"},
        MailingList_get=lambda _: {"type": "forbidden"},
    )

    with server.player.sender() as sender:
        of_ana, of_ben = JmapDriver(sender).apply([Destroy(address=ANA), Destroy(address=BEN)])

    assert isinstance(of_ana.error, InUse)
    assert (of_ana.error.used_by, of_ben.error) == ((), None)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("unknown method", Unexpected),
        ("query by email unsupported", Unexpected),
        ("destroy many ids over the limit", Unexpected),
        ("holder lists accounts", NotPermitted),
        ("create account unknown role", Busy),
    ],
)
def test_recorded_method_errors_have_a_name(name: str, error: type[StalwartError]) -> None:
    with Player(recorded(JMAP, name)).sender() as sender, pytest.raises(error):
        Jmap(sender).call([("x:Account/query", {})])


def test_a_new_mailbox_that_is_there_already_is_told_by_its_address() -> None:
    server = refusing(recorded_set_error("create account same name"))

    with server.player.sender() as sender:
        plain, with_alias = JmapDriver(sender).apply([created(ANA), created(BEN, "b@example.org")])

    assert isinstance(plain.error, AlreadyExists)
    assert plain.error.subject == ANA
    assert isinstance(with_alias.error, AlreadyExists)
    assert with_alias.error.subject == ""


def test_one_request_carries_creates_updates_and_destroys() -> None:
    server = Server(ANA, BEN)
    changes: list[Change] = [
        created("new@example.org"),
        Update(address=ANA, id="c", quota=5),
        Destroy(address=BEN, id="d"),
        Destroy(address="nobody@example.org"),
    ]

    with server.player.sender() as sender:
        outcomes = JmapDriver(sender).apply(changes)

    (sent,) = server.arguments("x:Account/set")
    assert [outcome.error for outcome in outcomes] == [None] * 4
    assert outcomes[0].id == "z"
    assert sent["create"]["c0"]["name"] == "new"
    assert sent["update"] == {"c": {"quotas/maxDiskQuota": 5}}
    assert sent["destroy"] == ["d"]


def test_changes_of_one_address_keep_their_order() -> None:
    server = Server(ANA)
    changes = [Update(address=ANA, quota=1), Update(address=BEN, quota=2), Update(address=ANA.upper(), quota=3)]

    with server.player.sender() as sender:
        outcomes = JmapDriver(sender).apply(changes)

    updates = [each["update"] for each in server.arguments("x:Account/set")]
    assert updates == [{"c": {"quotas/maxDiskQuota": 1}}, {"c": {"quotas/maxDiskQuota": 3}}]
    assert [outcome.change for outcome in outcomes] == changes
    assert isinstance(outcomes[1].error, NotFound)


def test_accounts_are_read_just_before_they_are_patched() -> None:
    server = Server(ANA)

    with server.player.sender() as sender:
        JmapDriver(sender).apply([Update(address=ANA, id="c", deny=frozenset({Denial.SIGN_IN}))])

    assert server.calls == [["x:Account/get"], ["x:Account/set"]]


def test_what_needs_no_change_is_not_sent() -> None:
    server = Server(ANA)

    with server.player.sender() as sender:
        (outcome,) = JmapDriver(sender).apply([Update(address=ANA, allow=frozenset({Denial.SIGN_IN}))])

    assert outcome.error is None
    assert server.arguments("x:Account/set") == []


def test_batches_keep_to_the_limits_of_the_server() -> None:
    server = Server()
    server.limits |= {"maxObjectsInSet": 40, "maxCallsInRequest": 5, "maxObjectsInGet": 7}

    with server.player.sender() as sender:
        driver = JmapDriver(sender)
        outcomes = driver.apply([created(f"user{n}@example.org") for n in range(130)])
        driver.mailboxes_at([f"user{n}@example.org" for n in range(12)])

    assert not [outcome for outcome in outcomes if outcome.error]
    assert [len(each["create"]) for each in server.arguments("x:Account/set")] == [40, 40, 20, 30]
    assert [len(names) for names in server.calls if names[0] == "x:Account/query"] == [5, 5, 2]


def test_a_request_stays_below_the_largest_size() -> None:
    server = Server()
    server.limits["maxSizeRequest"] = 4000

    with server.player.sender() as sender:
        JmapDriver(sender).apply([created(f"user{n}@example.org") for n in range(50)])

    sizes = [len(request.content) for request in server.player.requests]
    assert max(sizes) <= 4000
    assert sum(len(each["create"]) for each in server.arguments("x:Account/set")) == 50


@pytest.mark.parametrize("hint", ["", "c", "d", "zz", "8888", "B", "c" * 14])
def test_a_wrong_hint_costs_a_look_up_and_never_a_wrong_answer(hint: str) -> None:
    server = Server(ANA, BEN)

    with server.player.sender() as sender:
        found = JmapDriver(sender).mailboxes_at({ANA: hint})

    assert found[ANA].id == "c"
    look_ups = [each for each in server.arguments("x:Account/query") if "name" in each.get("filter", {})]
    assert bool(look_ups) == (hint != "c")
    # The server passes over ids that it cannot read, so they are not sent.
    assert not [
        each for arguments in server.arguments("x:Account/get") for each in arguments.get("ids", ()) if not is_id(each)
    ]


def test_a_domain_that_is_not_known_yet_is_looked_up_again() -> None:
    server = Server("eve@later.test")

    with server.player.sender() as sender:
        driver = JmapDriver(sender)
        before = driver.mailboxes_at(["eve@later.test"])
        server.domains["e"] = "later.test"
        after = driver.mailboxes_at(["eve@later.test"])

    assert (before, list(after)) == ({}, ["eve@later.test"])


def test_a_domain_that_was_replaced_is_looked_up_again() -> None:
    server = refusing(recorded_set_error("create account unknown domain"))

    with server.player.sender() as sender:
        driver = JmapDriver(sender)
        (first,) = driver.apply([created(ANA)])
        server.over.clear()
        server.domains = {"f": "example.org"}
        (second,) = driver.apply([created(ANA)])

    assert isinstance(first.error, Busy)
    assert second.error is None
    assert server.arguments("x:Account/set")[-1]["create"]["c0"]["domainId"] == "f"


def test_an_id_that_has_become_another_domain_s_is_not_used() -> None:
    server = Server()

    with server.player.sender() as sender:
        driver = JmapDriver(sender)
        driver.apply([created(ANA)])
        server.domains = {"b": "example.net", "c": "example.org"}
        (outcome,) = driver.apply([created(BEN)])

    assert outcome.error is None
    assert [each["create"]["c0"]["domainId"] for each in server.arguments("x:Account/set")] == ["b", "c"]


def test_a_change_at_an_unknown_domain_fails_alone() -> None:
    server = Server()

    with server.player.sender() as sender:
        lost, fine = JmapDriver(sender).apply([created("ana@elsewhere.test"), created(ANA)])

    assert isinstance(lost.error, NotFound)
    assert lost.error.subject == "elsewhere.test"
    assert fine.error is None


def test_what_the_server_passes_over_is_unexpected() -> None:
    server = Server(ANA, Account_set=lambda _: {})

    with server.player.sender() as sender:
        outcomes = JmapDriver(sender).apply([Update(address=ANA, quota=1), created(BEN)])

    assert all(isinstance(outcome.error, Unexpected) for outcome in outcomes)


def test_a_group_is_no_mailbox() -> None:
    def show(arguments: dict[str, Any]) -> dict[str, Any]:
        groups = [{"@type": "Group", "id": each, "emailAddress": ANA} for each in arguments["ids"]]
        return {"list": groups, "notFound": []}

    server = Server(ANA, Account_get=show)

    with server.player.sender() as sender:
        driver = JmapDriver(sender)
        assert driver.mailboxes_at({ANA: "c"}) == {}
        assert list(driver.walk()) == []
        assert driver.apply([Destroy(address=ANA, id="c")])[0].error is None

    assert server.arguments("x:Account/set") == []


def test_a_change_is_sent_once_whatever_happens() -> None:
    server = Server(ANA)
    lost = Player(server._answer, server._answer, httpx.RemoteProtocolError("gone"))

    with lost.sender() as sender:
        outcomes = JmapDriver(sender).apply([created(BEN)])

    assert isinstance(outcomes[0].error, Unreachable)


def test_a_server_that_is_down_is_the_outcome_of_all_changes() -> None:
    player = Player(httpx.ConnectError("no"))
    changes = [Destroy(address=f"user{n}@example.org") for n in range(500)]

    with player.sender() as sender:
        outcomes = JmapDriver(sender).apply(changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert all(isinstance(outcome.error, Unreachable) for outcome in outcomes)
    assert len(player.requests) == 3


def test_a_batch_that_meets_a_conflict_does_not_end_the_next() -> None:
    answers = iter([{"type": "serverUnavailable"}])

    def refuse_once(arguments: dict[str, Any]) -> dict[str, Any]:
        return next(answers, {"created": {key: {"id": "z"} for key in arguments["create"]}})

    server = Server(Account_set=refuse_once)

    with server.player.sender() as sender:
        outcomes = JmapDriver(sender).apply([created(f"user{n}@example.org") for n in range(150)])

    assert [type(outcome.error) for outcome in outcomes] == [Busy] * 100 + [type(None)] * 50


def test_requests_go_to_our_base_and_name_the_capability() -> None:
    server = Server()

    with server.player.sender(base_url="http://mail.test/inner/") as sender:
        list(JmapDriver(sender).domains())

    posts = [request for request in server.player.requests if request.method == "POST"]
    assert {str(request.url) for request in posts} == {"http://mail.test/inner/jmap"}
    assert {request.headers["content-type"] for request in posts} == {"application/json"}
    assert server.player.bodies[-1]["using"] == ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"]


def test_a_walk_pages_by_the_last_id() -> None:
    server = Server(ANA, BEN, "eve@example.org")
    server.limits["maxObjectsInGet"] = 2

    with server.player.sender() as sender:
        walked = [mailbox.address for mailbox in JmapDriver(sender).walk()]

    pages = [each for each in server.arguments("x:Account/query") if "filter" not in each]
    assert walked == [ANA, BEN, "eve@example.org"]
    assert pages == [first := {"sort": [{"property": "id", "isAscending": True}], "limit": 2}, {**first, "anchor": "d"}]


def test_a_walk_that_goes_in_circles_ends() -> None:
    server = Server(ANA, Account_query=lambda asked: {"ids": [] if "filter" in asked else ["c"]})
    server.limits["maxObjectsInGet"] = 1

    with server.player.sender() as sender, pytest.raises(Unexpected):
        list(JmapDriver(sender).walk())


def test_facts_tell_what_is_missing() -> None:
    account = {"permissions": ["sysAccountGet", "authenticate"], "edition": "community", "locale": "en_US"}
    server = Server(Authentication_get=lambda _: {"type": "forbidden"})
    player = Player(httpx.Response(200, json=account), server._answer)

    with player.sender() as sender:
        facts = JmapDriver(sender).facts()

    assert (facts.version, facts.edition) == (None, "community")
    assert "sysAccountGet" not in facts.missing
    assert "sysAccountCreate" in facts.missing
    assert facts.capabilities.deadlines
    assert facts.capabilities.batch == 100
    assert not facts.external_directory


@pytest.mark.parametrize(
    ("default", "directories", "external"),
    [
        pytest.param(None, [None], False, id="all is internal"),
        pytest.param("d", [None], True, id="external by default"),
        pytest.param(None, ["d", "d"], True, id="every domain is external"),
        pytest.param(None, ["d", None], False, id="one domain is external"),
        pytest.param(None, [], False, id="no domain"),
    ],
)
def test_an_external_directory_is_recognised(
    default: str | None, directories: list[str | None], external: bool
) -> None:
    ids = [chr(ord("b") + n) for n in range(len(directories))]
    shown = [{"id": each, "directoryId": found} for each, found in zip(ids, directories, strict=True)]
    server = Server(
        Authentication_get=lambda _: {"list": [{"id": "singleton", "directoryId": default}], "notFound": []},
        Domain_query=lambda arguments: {"ids": [] if "anchor" in arguments else ids},
        Domain_get=lambda arguments: {"list": shown if arguments["ids"] else [], "notFound": []},
    )
    player = Player(httpx.Response(200, json={"permissions": [], "edition": "oss"}), server._answer)

    with player.sender() as sender:
        facts = JmapDriver(sender).facts()

    assert facts.external_directory is external
    assert facts.capabilities.mailboxes is not external


@pytest.mark.parametrize(
    ("name", "error"), [("create domain twice", AlreadyExists), ("create domain invalid", Invalid)]
)
def test_a_domain_that_exists_or_is_none_is_refused(name: str, error: type[StalwartError]) -> None:
    with Player(recorded(JMAP, name)).sender() as sender:
        results = Jmap(sender).set("x:Domain", {"create": {"d": {}}})

    assert isinstance(results["create", "d"], error)


def test_a_rate_limit_with_a_long_wait_is_told_to_the_caller() -> None:
    limited = problem(429)
    limited.headers["retry-after"] = "37"

    with Player(limited).sender() as sender:
        (outcome,) = JmapDriver(sender).apply([created(ANA)])

    assert isinstance(outcome.error, Busy)
    assert outcome.error.retry_after == 37.0
