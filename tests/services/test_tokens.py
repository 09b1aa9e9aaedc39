"""Making, using and ending API tokens: what they open is what their owner may at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Role
from accounts.domain.tokens import MOST_AT_ONCE, Scope
from accounts.models import ApiToken, AuditEvent, OidcIdentity, Staff
from accounts.services import staff as people
from accounts.services import tokens
from accounts.services.tokens import Caller
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
BOTH = ["accounts:read", "accounts:write"]


@pytest.fixture
def riaan(hr: Actor, now: datetime) -> Staff:
    """An operator; somebody else is administrator."""
    people.create_staff("palesa", role="admin", by=hr, now=now)
    return people.create_staff("riaan", role="operator", by=hr, now=now)[0]


@pytest.fixture
def make(riaan: Staff, hr: Actor, now: datetime) -> Callable[..., str]:
    """Make a token of riaan's; returns what is shown once."""

    def made(*scopes: str, days: int = 90) -> str:
        wanted = list(scopes or BOTH)
        return tokens.create_token("riaan", label="Payroll", scopes=wanted, days=days, by=hr, now=now)[1]

    return made


def _use(token: str, clock: Clock, address: str = "10.1.1.1") -> Caller | None:
    return tokens.caller_by(token, address=address, request_id="req-9", now=clock())


def _scopes(token: str, clock: Clock) -> set[str]:
    caller = _use(token, clock)
    return set(caller.scopes) if caller else set()


def _refused(code: str, field: str, call: Callable[[], object]) -> None:
    with pytest.raises(RuleBroken) as broken:
        call()
    assert (broken.value.code, broken.value.field) == (code, field)


def test_a_token_opens_what_it_was_given(make: Callable[..., str], riaan: Staff, clock: Clock) -> None:
    caller = _use(make("queue:read", "accounts:read"), clock)

    assert caller
    assert (caller.staff, caller.label) == (riaan, "Payroll")
    assert caller.scopes == {Scope.ACCOUNTS_READ, Scope.QUEUE_READ}
    assert caller.actor(address="10.1.1.1", request_id="r").name == f"riaan ({caller.prefix})"


def test_nothing_that_opens_is_kept(make: Callable[..., str]) -> None:
    token = make()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        row = " ".join(map(str, cursor.fetchone()))
        cursor.execute("SELECT * FROM accounts_auditdetail")
        log = " ".join(map(str, cursor.fetchall()))

    assert token[:12] in row
    assert token[:12] in log
    assert token[13:] not in row + log


def test_the_log_says_who_made_and_who_revoked_it(make: Callable[..., str], hr: Actor, now: datetime) -> None:
    token = make()
    tokens.revoke_token(token[:12], by=hr, now=now)
    made, revoked = AuditEvent.objects.filter(action__startswith="token").order_by("pk")

    assert (made.action, made.detail.actor, made.detail.subject) == (Action.TOKEN_CREATED, "lerato", "riaan")
    assert (made.detail.after or {})["scopes"] == BOTH
    assert (revoked.action, revoked.detail.after) == (
        Action.TOKEN_REVOKED,
        {"label": "Payroll", "prefix": token[:12]},
    )


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"username": "nobody"}, "no_such_staff", "user"),
        ({"label": " "}, "required", "label"),
        ({"scopes": []}, "scopes_missing", "scopes"),
        ({"scopes": ["accounts:read", "accounts:purge"]}, "scope_not_allowed", "scopes"),
        ({"days": 400}, "token_days", "days"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field(
    change: dict[str, object], code: str, field: str, riaan: Staff, hr: Actor, now: datetime
) -> None:
    given = {"username": "riaan", "label": "Payroll", "scopes": BOTH, "days": 90, **change}
    username = str(given.pop("username"))

    _refused(code, field, lambda: tokens.create_token(username, **given, by=hr, now=now))  # type: ignore[arg-type]
    assert not ApiToken.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.TOKEN_CREATED).exists()


def test_whoever_is_shut_out_gets_none(riaan: Staff, hr: Actor, now: datetime) -> None:
    people.deactivate("riaan", reason="Left", by=hr, now=now)

    _refused(
        "staff_shut_out",
        "user",
        lambda: tokens.create_token("riaan", label="x", scopes=BOTH, days=1, by=hr, now=now),
    )


def test_nobody_hoards_them(make: Callable[..., str], clock: Clock) -> None:
    for _ in range(MOST_AT_ONCE):
        make(days=1)

    _refused("too_many_tokens", "user", make)
    ApiToken.objects.update(expires_at=clock())
    assert make()


def test_it_ends_by_itself(make: Callable[..., str], clock: Clock) -> None:
    token = make(days=1)

    clock.pass_(days=1, seconds=-1)
    assert _use(token, clock)
    clock.pass_(seconds=1)
    assert _use(token, clock) is None


def test_a_revoked_one_opens_nothing_from_that_moment(make: Callable[..., str], hr: Actor, clock: Clock) -> None:
    token = make()
    tokens.revoke_token(token, by=hr, now=clock())

    assert _use(token, clock) is None
    _refused("token_revoked", "prefix", lambda: tokens.revoke_token(token[:12], by=hr, now=clock()))


@pytest.mark.parametrize("text", ["", "mpt_00000000", "nonsense", "mpt_\x00"])
def test_only_a_token_that_is_there_can_be_revoked(
    text: str, make: Callable[..., str], hr: Actor, now: datetime
) -> None:
    make()

    _refused("no_such_token", "prefix", lambda: tokens.revoke_token(text, by=hr, now=now))


def test_nobody_revokes_anothers_by_its_name(make: Callable[..., str], hr: Actor, now: datetime) -> None:
    token, other = make(), Staff.objects.get(username="palesa")

    _refused("no_such_token", "prefix", lambda: tokens.revoke_token(token[:12], by=hr, now=now, owner=other))


def test_a_lower_role_takes_from_every_token_at_once(make: Callable[..., str], hr: Actor, clock: Clock) -> None:
    reads_and_writes, writes = make(), make("accounts:write")

    people.change_role("riaan", role="auditor", by=hr, now=clock())
    assert _scopes(reads_and_writes, clock) == {"accounts:read"}
    assert _use(writes, clock) is None
    people.change_role("riaan", role="admin", by=hr, now=clock())
    assert _scopes(reads_and_writes, clock) == set(BOTH)


def test_a_person_shut_out_has_no_working_token(make: Callable[..., str], hr: Actor, clock: Clock) -> None:
    token = make()

    people.deactivate("riaan", reason="Left", by=hr, now=clock())

    assert _use(token, clock) is None


def test_so_has_somebody_whom_the_company_gives_no_role(make: Callable[..., str], riaan: Staff, clock: Clock) -> None:
    token = make()

    Staff.objects.filter(pk=riaan.pk).update(no_role_since=clock())

    assert _use(token, clock) is None


def test_tokens_of_somebody_who_never_comes_fall_asleep(
    make: Callable[..., str], riaan: Staff, clock: Clock, settings: Settings
) -> None:
    """The company sign-in tells only at a sign-in that somebody left."""
    settings.OIDC_ENABLED = True
    token = make(days=365)
    OidcIdentity.objects.create(staff=riaan, issuer="https://id", subject="1", created_at=clock(), signed_in_at=clock())

    clock.pass_(days=90)
    assert _use(token, clock)
    clock.pass_(seconds=1)
    assert _use(token, clock) is None
    OidcIdentity.objects.update(signed_in_at=clock())
    assert _use(token, clock)


def test_another_secret_under_the_right_name_opens_nothing(make: Callable[..., str], clock: Clock) -> None:
    token = make()
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert _use(forged, clock) is None
    assert not AuditEvent.objects.filter(action=Action.TOKEN_REFUSED).exists()
    assert ApiToken.objects.get().last_used_at is None


@pytest.mark.parametrize("presented", ["", "mpt_", "x" * 9000, "mpt_00000000_" + "a" * 43, "\x00", "é", "mpt_%s"])
def test_what_is_no_token_costs_one_query_and_opens_nothing(
    presented: str, make: Callable[..., str], clock: Clock
) -> None:
    make()
    with CaptureQueriesContext(connection) as asked:
        assert _use(presented, clock) is None

    assert len(asked) == 1


def test_its_use_is_written_down_once_a_minute(make: Callable[..., str], clock: Clock) -> None:
    token = make()
    first = clock()
    _use(token, clock)
    clock.pass_(seconds=59)
    with CaptureQueriesContext(connection) as asked:
        _use(token, clock, address="10.2.2.2")

    used = ApiToken.objects.get()
    assert (used.last_used_at, used.last_used_from, len(asked)) == (first, "10.1.1.1", 1)
    clock.pass_(seconds=1)
    _use(token, clock, address="10.2.2.2")
    used.refresh_from_db()
    assert (used.last_used_at, used.last_used_from) == (first + timedelta(minutes=1), "10.2.2.2")


def test_it_opens_also_where_nothing_can_be_written(make: Callable[..., str], clock: Clock) -> None:
    token = make()

    def full(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith("UPDATE"):
            raise OperationalError("database or disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(full):
        assert _use(token, clock)


def test_a_dead_one_that_is_still_used_is_told_to_the_log_once_an_hour(
    make: Callable[..., str], hr: Actor, clock: Clock
) -> None:
    token = make()
    tokens.revoke_token(token, by=hr, now=clock())
    told = AuditEvent.objects.filter(action=Action.TOKEN_REFUSED)

    for _ in range(3):
        _use(token, clock)
    event = told.get()
    assert (event.detail.subject, event.detail.client, event.request_id) == ("riaan", "10.1.1.1", "req-9")
    clock.pass_(seconds=3600)
    _use(token, clock)
    assert told.count() == 2


def test_every_role_can_have_one(riaan: Staff, hr: Actor, clock: Clock) -> None:
    for role in Role:
        people.create_staff(f"one-{role}", role=role, by=hr, now=clock())
        shown = tokens.create_token(f"one-{role}", label="x", scopes=["accounts:read"], days=1, by=hr, now=clock())[1]
        assert _use(shown, clock)
