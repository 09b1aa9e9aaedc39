"""What the driver for 0.15 sends, and how it reads what comes back."""

from __future__ import annotations

import threading
import time
from collections import Counter

import httpx
import pytest

from stalwart_client import (
    AlreadyExists,
    Busy,
    Change,
    Create,
    Denial,
    Destroy,
    Invalid,
    Mailbox,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unreachable,
    Unsupported,
    Update,
    Wanted,
    WrongCredentials,
)
from stalwart_client._rest import RestDriver
from stalwart_client._rest_facts import ASKING_WHO_WE_ARE
from tests.stalwart_client.answers import HASH, OTHER_HASH, Player, data, problem, recorded

ANA, BEN = "ana@example.org", "ben@example.org"
REST = "rest-0.15.5"
LOST = httpx.RemoteProtocolError("gone")
MISSING = httpx.Response(200, json={"error": "notFound", "item": ANA})
RELOADED = data({"warnings": {}, "errors": {}})


def individual(**fields: object) -> httpx.Response:
    return data({"id": 5, "type": "individual", "name": ANA, "emails": [ANA], "roles": ["user"], **fields})


def created(address: str = ANA, secret: str | None = HASH) -> Create:
    return Create(wanted=Wanted(address=address), secret=secret)


@pytest.mark.parametrize(
    ("name", "error", "subject"),
    [
        ("create individual same name", AlreadyExists, "thandi.nkosi@metrosure.app"),
        ("create individual same email", AlreadyExists, "thandi.nkosi@metrosure.app"),
        ("create individual unknown domain", NotFound, "elsewhere.test"),
        ("create individual unknown role", NotFound, "nosuchrole"),
        ("create individual no name", Invalid, "name"),
        ("create negative quota", Invalid, ""),
        ("patch unknown permission", Invalid, ""),
        ("patch wrong value type", Invalid, ""),
        ("dkim ed25519 again", AlreadyExists, ""),
        ("principal wrong password", WrongCredentials, ""),
        ("unknown api path", Unexpected, ""),
    ],
)
def test_recorded_refusals_have_a_name(name: str, error: type[StalwartError], subject: str) -> None:
    with Player(recorded(REST, name)).sender() as sender:
        (outcome,) = RestDriver(sender).apply([Update(address=ANA, quota=1)])

    assert type(outcome.error) is error
    assert outcome.error.subject == subject


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": "other", "details": "Invalid role", "reason": "Your account cannot grant …"}, NotPermitted),
        ({"error": "other", "details": "Invalid permission", "reason": "…"}, NotPermitted),
        ({"error": "unsupported", "details": "LDAP directory cannot be managed."}, Unsupported),
    ],
)
def test_other_refusals_have_a_name(body: dict[str, str], error: type[StalwartError]) -> None:
    with Player(httpx.Response(200, json=body)).sender() as sender:
        (outcome,) = RestDriver(sender).apply([Update(address=ANA, quota=1)])

    assert isinstance(outcome.error, error)


def test_names_are_lower_case_and_quoted() -> None:
    player = Player(individual())

    with player.sender() as sender:
        RestDriver(sender).mailboxes_at(["Zoë+X/%@Example.org"])

    assert player.lines == ["GET /api/principal/zo%C3%AB%2Bx%2F%25%40example.org"]


def test_only_people_have_mailboxes() -> None:
    group = data({"id": 7, "type": "group", "name": ANA, "members": []})
    player = Player(group)

    with player.sender() as sender:
        driver = RestDriver(sender)
        assert driver.mailboxes_at([ANA, "panel-role", ""]) == {}
        assert driver.apply([Destroy(address=ANA)])[0].error is None

    # A role, or all principals at once, are never asked for; and the group is still there.
    assert {line.split()[0] for line in player.lines} == {"GET"}
    assert set(player.lines) == {"GET /api/principal/ana%40example.org", "GET /api/reload"}


@pytest.mark.parametrize("change", [created(""), Update(address="role"), Destroy(address="")])
def test_what_is_no_address_is_refused_here(change: Change) -> None:
    player = Player(data(None))

    with player.sender() as sender:
        (outcome,) = RestDriver(sender).apply([change])

    assert isinstance(outcome.error, Invalid)
    assert player.requests == []


def test_a_batch_reloads_once_at_its_end() -> None:
    player = Player(data(5))

    with player.sender() as sender:
        RestDriver(sender).apply([created(ANA), created(BEN)])

    assert player.lines == ["POST /api/principal", "POST /api/principal", "GET /api/reload"]


def test_updates_and_failures_need_no_reload() -> None:
    player = Player(data(None), recorded(REST, "create individual same name"))

    with player.sender() as sender:
        RestDriver(sender).apply([Update(address=ANA, quota=1)])
        RestDriver(sender).apply([created()])

    assert "GET /api/reload" not in player.lines


@pytest.mark.parametrize("answer", [problem(403), problem(500), LOST])
def test_a_reload_that_fails_spoils_nothing(answer: httpx.Response | Exception) -> None:
    with Player(data(5), answer).sender() as sender:
        (outcome,) = RestDriver(sender).apply([created()])

    assert outcome.error is None


@pytest.mark.parametrize("failure", [LOST, problem(500), httpx.Response(503)])
def test_a_create_in_doubt_is_looked_up_and_not_repeated(failure: httpx.Response | Exception) -> None:
    player = Player(failure, individual(secrets=[HASH]), RELOADED)

    with player.sender() as sender:
        (outcome,) = RestDriver(sender).apply([created()])

    assert outcome.error is None
    assert player.lines == ["POST /api/principal", "GET /api/principal/ana%40example.org", "GET /api/reload"]


def test_a_create_in_doubt_that_did_not_happen_can_be_tried_later() -> None:
    with Player(LOST, MISSING).sender() as sender:
        (outcome,) = RestDriver(sender).apply([created()])

    assert isinstance(outcome.error, Unreachable)
    assert outcome.error.retryable


@pytest.mark.parametrize("theirs", [{"secrets": [OTHER_HASH]}, {"secrets": [HASH], "quota": 5}, {}])
def test_a_create_in_doubt_does_not_take_somebody_else_s_mailbox(theirs: dict[str, object]) -> None:
    with Player(LOST, individual(**theirs)).sender() as sender:
        (outcome,) = RestDriver(sender).apply([created()])

    assert isinstance(outcome.error, AlreadyExists)


def test_a_destroy_that_meets_nothing_is_done() -> None:
    with Player(individual(), MISSING, RELOADED).sender() as sender:
        (outcome,) = RestDriver(sender).apply([Destroy(address=ANA)])

    assert outcome.error is None


def test_a_write_conflict_of_an_update_is_tried_again() -> None:
    player = Player(problem(500), data(None))

    with player.sender() as sender:
        (outcome,) = RestDriver(sender).apply([Update(address=ANA, deny=frozenset({Denial.SIGN_IN}))])

    assert outcome.error is None
    assert player.lines == ["PATCH /api/principal/ana%40example.org"] * 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [(httpx.ConnectError("no"), Unreachable), (problem(401), WrongCredentials), (problem(429), Busy)],
)
def test_a_server_in_trouble_ends_the_batch(answer: httpx.Response | Exception, error: type[StalwartError]) -> None:
    player = Player(answer)
    changes = [Update(address=f"user{n}@example.org", quota=n) for n in range(200)]

    with player.sender() as sender:
        outcomes = RestDriver(sender).apply(changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert all(isinstance(outcome.error, error) for outcome in outcomes)
    assert len(player.requests) < 50


def test_one_conflict_after_the_other_does_not_end_the_batch() -> None:
    player = Player(problem(500))

    with player.sender() as sender:
        outcomes = RestDriver(sender).apply([Update(address=f"u{n}@example.org", quota=n) for n in range(9)])

    assert len(outcomes) == 9
    assert len(player.requests) == 18


def test_changes_of_one_address_keep_their_order_and_never_meet() -> None:
    at_work: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        with lock:
            at_work[path] += 1
            at_work["all"] += 1
            most[path] = max(most[path], at_work[path])
            most["all"] = max(most["all"], at_work["all"])
        time.sleep(0)
        with lock:
            at_work[path] -= 1
            at_work["all"] -= 1
        return data(None)

    player = Player(answer)
    changes = [Update(address=f"user{n % 10}@example.org", quota=n) for n in range(100)]

    with player.sender() as sender:
        RestDriver(sender).apply(changes)

    assert max(count for path, count in most.items() if path != "all") == 1
    assert most["all"] <= 4
    for user in range(10):
        path = f"/api/principal/user{user}@example.org"
        pairs = zip(player.requests, player.bodies, strict=True)
        assert [body[0]["value"] for request, body in pairs if request.url.path == path] == [*range(user, 100, 10)]


def test_a_walk_asks_for_people_and_named_fields_only() -> None:
    player = Player(recorded(REST, "list individuals past the end"))

    with player.sender() as sender:
        assert list(RestDriver(sender).walk()) == []

    assert dict(player.requests[0].url.params) == {
        "types": "individual",
        "fields": "name,description,emails,quota,usedQuota,secrets,disabledPermissions,memberOf,lists,locale",
        "page": "1",
        "limit": "250",
    }


class Directory:
    """Lists people by name as 0.15 does; a thousand of them go when the page that begins at `goes_at` is asked for."""

    def __init__(self, people: int, gone: int = 0, goes_at: int = 0) -> None:
        self.names = [f"user{number:05}@example.org" for number in range(people)]
        self.asked: list[tuple[int, int]] = []
        self._gone = gone
        self._goes_at = goes_at
        self._lock = threading.Lock()

    def answer(self, request: httpx.Request) -> httpx.Response:
        number, size = int(request.url.params["page"]), int(request.url.params["limit"])
        start = (number - 1) * size
        with self._lock:
            self.asked.append((start, size))
            if self._gone and start == self._goes_at:
                del self.names[: self._gone]
                self._gone = 0
            some, total = self.names[start : start + size], len(self.names)
        return data({"items": [{"name": name, "emails": [name]} for name in some], "total": total})

    def walked(self) -> list[str]:
        with Player(self.answer).sender() as sender:
            return [mailbox.address for mailbox in RestDriver(sender).walk()]


@pytest.mark.parametrize("people", [0, 1, 249, 250, 251, 499, 500, 501, 1999, 2000, 2001, 16_001])
def test_a_walk_yields_everybody_once(people: int) -> None:
    directory = Directory(people)

    assert directory.walked() == directory.names
    assert len(directory.asked) <= people // 240 + 1


def test_pages_grow_where_many_follow() -> None:
    directory = Directory(16_001)
    directory.walked()

    sizes = [size for _, size in sorted(directory.asked)]
    assert sizes[:5] == [250, 249, 497, 993, 1985]
    assert all(1900 < size < 2000 for size in sizes[5:])
    # What is read twice, so that each page reaches back to the one before it, is next to nothing.
    assert sum(sizes[:-1]) < 16_001 < sum(sizes) < 16_001 * 1.01 + 2000


@pytest.mark.parametrize("gone", [1, 250, 1000, 4999])
@pytest.mark.parametrize("goes_at", [250, 500, 1000, 4000])
def test_a_walk_misses_nobody_when_mailboxes_go_meanwhile(gone: int, goes_at: int) -> None:
    directory = Directory(5000, gone, goes_at)
    everybody = list(directory.names)

    walked = directory.walked()

    assert len(set(walked)) == len(walked)
    assert set(everybody[gone:]) <= set(walked) <= set(everybody)


def test_a_server_that_counts_more_than_it_has_ends_a_walk() -> None:
    page = data({"items": [], "total": 10**9})
    player = Player(lambda _: page)

    with player.sender() as sender:
        assert list(RestDriver(sender).walk()) == []

    assert len(player.requests) <= 4


def test_pages_that_never_fit_together_end_a_walk() -> None:
    def strange(request: httpx.Request) -> httpx.Response:
        name = f"user{request.url.params['page']}@example.org"
        return data({"items": [{"name": name, "emails": [name]}], "total": 1000})

    player = Player(strange)

    with player.sender() as sender, pytest.raises(Busy):
        list(RestDriver(sender).walk())

    assert len(player.requests) <= 20


def test_mailboxes_are_read_from_the_whole_recorded_list() -> None:
    with Player(recorded(REST, "list limit 0")).sender() as sender:
        mailboxes = list(RestDriver(sender).walk())

    assert Mailbox(address="nosecret@metrosure.app", has_password=False) in mailboxes
    assert len(mailboxes) == 8


def test_facts_of_a_key_that_may_ask() -> None:
    player = Player(
        data({"code": "x", "permissions": ["individual-list"], "version": "0.15.5", "isEnterprise": True}),
        recorded(REST, "create individual no name"),
    )

    with player.sender() as sender:
        facts = RestDriver(sender).facts()

    assert (facts.version, facts.edition, facts.permissions) == ("0.15.5", "enterprise", frozenset({"individual-list"}))
    assert "individual-list" not in facts.missing
    assert "individual-create" in facts.missing
    assert facts.capabilities.mailboxes
    assert player.bodies == [{"type": "code", "client_id": "panel"}, {"type": "individual"}]


def test_facts_of_a_key_that_may_not_ask_say_so() -> None:
    with Player(problem(403)).sender() as sender:
        facts = RestDriver(sender).facts()

    assert (facts.version, facts.permissions, facts.missing) == (None, frozenset(), (ASKING_WHO_WE_ARE,))


def test_an_external_directory_is_recognised() -> None:
    refusal = {"error": "unsupported", "details": "LDAP directory cannot be managed. Only internal directories …"}

    with Player(data({"version": "0.15.5"}), httpx.Response(200, json=refusal)).sender() as sender:
        facts = RestDriver(sender).facts()

    assert facts.external_directory
    assert not facts.capabilities.mailboxes


def test_facts_need_the_right_password() -> None:
    with Player(problem(401)).sender() as sender, pytest.raises(WrongCredentials):
        RestDriver(sender).facts()


def test_domains_are_listed_without_counting_their_members() -> None:
    player = Player(recorded(REST, "list domains"))

    with player.sender() as sender:
        domains = list(RestDriver(sender).domains())

    assert ("metrosure.app", "Metrosure agents") in [(each.name, each.description) for each in domains]
    assert player.requests[0].url.params["fields"] == "name,description"


@pytest.mark.parametrize("name", ["", "not a domain", "example", "-x.test", "a" * 64 + ".test", "a..test"])
def test_this_server_would_take_any_name_for_a_domain(name: str) -> None:
    player = Player(data(4))

    with player.sender() as sender, pytest.raises(Invalid):
        RestDriver(sender).create_domain(name)

    assert player.requests == []
