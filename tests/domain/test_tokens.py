"""What a token can hold, who may hold it, and how one is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain import tokens
from accounts.domain.errors import RuleBroken
from accounts.domain.people import MAY, Role
from accounts.domain.tokens import NEEDS, Scope

PUBLIC = (
    "accounts:read accounts:write accounts:purge campaigns:read campaigns:write imports:write "
    "domains:read domains:write queue:read queue:write audit:read"
)


def test_the_list_of_scopes_is_the_public_one() -> None:
    assert " ".join(Scope) == PUBLIC
    assert set(NEEDS) == set(Scope)


@pytest.mark.parametrize(
    ("role", "held"),
    [
        (Role.AUDITOR, {"accounts:read", "campaigns:read", "domains:read", "queue:read", "audit:read"}),
        (Role.OPERATOR, set(PUBLIC.split()) - {"accounts:purge", "domains:write", "queue:write"}),
        (Role.ADMIN, set(PUBLIC.split())),
    ],
)
def test_who_may_hold_what(role: Role, held: set[str]) -> None:
    assert {scope for scope in Scope if tokens.may_hold(role, scope)} == held


@pytest.mark.parametrize("scope", Scope)
def test_nobody_holds_what_they_may_not_do(scope: Scope) -> None:
    assert {role for role in Role if tokens.may_hold(role, scope)} == {
        role for role in Role if NEEDS[scope] in MAY[role]
    }


def test_a_token_is_long_has_its_own_beginning_and_is_never_the_same() -> None:
    made = {tokens.generate() for _ in range(50)}

    assert len(made) == len({tokens.prefix_of(token) for token in made}) == 50
    assert {(len(token), token[:4]) for token in made} == {(56, "mpt_")}


def test_the_digest_is_of_the_whole_token() -> None:
    token = tokens.generate()
    other = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert tokens.prefix_of(other) == tokens.prefix_of(token)
    assert tokens.digest(other) != tokens.digest(token)
    assert token not in tokens.digest(token)


def test_a_pasted_token_names_itself_by_its_beginning() -> None:
    token = tokens.generate()

    assert tokens.named(token) == tokens.named(token[:12]) == token[:12]


@given(st.text())
def test_anything_else_is_no_token(text: str) -> None:
    assert tokens.prefix_of(text) == tokens.named(text) == ""


@pytest.mark.parametrize(
    "text", ["mpt_", "mpt_ABCDEFGH", "mpt_abcdefgh_" + "é" * 43, "mpt_abcdefgh_" + "a" * 43 + "\n"]
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert tokens.prefix_of(text) == ""


def test_scopes_are_read_each_once_in_the_order_of_the_list() -> None:
    assert tokens.read_scopes([" queue:read", "accounts:read", "queue:read", ""]) == [
        Scope.ACCOUNTS_READ,
        Scope.QUEUE_READ,
    ]


@pytest.mark.parametrize(
    ("given", "code"), [([], "scopes_missing"), ([" "], "scopes_missing"), (["accounts:fly"], "scope_unknown")]
)
def test_scopes_that_are_none_are_refused(given: list[str], code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        tokens.read_scopes(given)

    assert (broken.value.code, broken.value.field) == (code, "scopes")


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_token_always_ends_within_a_year(days: int) -> None:
    with pytest.raises(RuleBroken) as broken:
        tokens.check_days(days)

    assert broken.value.field == "days"


@pytest.mark.parametrize(("text", "code"), [("  ", "required"), ("x" * 81, "too_long"), ("a\x00b", "not_printable")])
def test_a_name_that_is_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        tokens.check_label(text)

    assert (broken.value.code, broken.value.field) == (code, "label")


def test_a_name_is_tidied() -> None:
    assert tokens.check_label("  Payroll \n export ") == "Payroll export"
