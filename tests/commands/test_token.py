"""API tokens from the command line."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.domain.tokens import Scope
from accounts.models import ApiToken, Staff
from accounts.services import tokens
from tests.commands.conftest import Call
from tests.conftest import Clock


@pytest.fixture
def lerato(db: None, now: datetime) -> Staff:
    return Staff.objects.create(username="lerato", role="operator", password="!", created_at=now)


MAKE = ("token", "create", "--user", "lerato", "--name", "Payroll export", "--scopes", "accounts:read,campaigns:read")


def test_a_token_is_printed_once_and_works(lerato: Staff, call: Call, clock: Clock) -> None:
    said = call(*MAKE, "--days", "30", "--json")

    assert (said.code, set(said.json)) == (0, {"token", "prefix", "expires_at"})
    made = said.json
    assert made["token"].startswith(made["prefix"])
    assert datetime.fromisoformat(made["expires_at"]) == clock() + timedelta(days=30)
    caller = tokens.caller_by(made["token"], address="", request_id="", now=clock())
    assert caller
    assert caller.scopes == {Scope.ACCOUNTS_READ, Scope.CAMPAIGNS_READ}
    assert made["token"] not in call("token", "list", "--json").out


def test_it_lasts_90_days_where_nothing_is_said(lerato: Staff, call: Call, clock: Clock) -> None:
    said = call(*MAKE)

    token = ApiToken.objects.get()
    assert token.expires_at == clock() + timedelta(days=90)
    assert said.out.split()[0].startswith(token.prefix)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        pytest.param(("--user", "nobody"), 1, "user", id="nobody"),
        pytest.param(("--name", " "), 1, "name", id="no name"),
        pytest.param(("--scopes", "accounts:read,accounts:purge"), 1, "scopes", id="beyond the role"),
        pytest.param(("--scopes", "accounts:fly"), 2, "scopes", id="an unknown scope"),
        pytest.param(("--scopes", ","), 2, "scopes", id="no scope"),
        pytest.param(("--days", "0"), 1, "days", id="no day"),
        pytest.param(("--days", "many"), 2, "days", id="no number"),
    ],
)
def test_what_is_wrong_is_named(change: tuple[str, str], code: int, field: str, lerato: Staff, call: Call) -> None:
    said = call(*MAKE, *change, "--json")

    assert (said.code, said.error["field"]) == (code, field)
    assert said.error["message"]
    assert not ApiToken.objects.exists()


def test_an_unknown_scope_is_answered_with_those_that_there_are(lerato: Staff, call: Call) -> None:
    message = call(*MAKE, "--scopes", "accounts:fly", "--json").error["message"]

    assert "“accounts:fly” is no scope." in message
    assert all(scope in message for scope in Scope)


def test_the_list_says_what_works(lerato: Staff, call: Call, clock: Clock) -> None:
    made = call(*MAKE, "--json").json
    tokens.caller_by(made["token"], address="10.1.1.1", request_id="", now=clock())

    (row,) = call("token", "list", "--json").json["tokens"]

    assert (row["prefix"], row["name"], row["user"]) == (made["prefix"], "Payroll export", "lerato")
    assert row["scopes"] == ["accounts:read", "campaigns:read"]
    assert (row["works"], row["last_used_from"], row["revoked_at"]) == (True, "10.1.1.1", None)
    assert "Payroll export" in call("token", "list").out
    assert call("token", "list", "--user", "palesa", "--json").json == {"tokens": []}


def test_a_revoked_token_stays_in_the_list_and_works_no_more(lerato: Staff, call: Call, clock: Clock) -> None:
    made = call(*MAKE, "--json").json

    said = call("token", "revoke", made["prefix"], "--json").json

    assert (said["prefix"], datetime.fromisoformat(said["revoked_at"])) == (made["prefix"], clock())
    (row,) = call("token", "list", "--json").json["tokens"]
    assert (row["works"], row["revoked_at"]) == (False, said["revoked_at"])
    again = call("token", "revoke", made["prefix"], "--json")
    assert (again.code, again.error["field"]) == (1, "prefix")


def test_a_token_that_somebody_found_is_revoked_as_it_is(lerato: Staff, call: Call) -> None:
    made = call(*MAKE, "--json").json

    said = call("token", "revoke", made["token"])

    assert said.code == 0
    assert made["token"] not in said.out
