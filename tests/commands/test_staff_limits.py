"""`staff limit`, and limits at `staff create`: what an operator looks after."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import Staff
from tests.commands.conftest import Call
from tests.reach import places

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def there(now: datetime) -> None:
    places(now)


def test_an_operator_is_limited_and_let_go_again(call: Call) -> None:
    call("staff", "create", "lerato", "--role", "operator", "--domain", "near.metrosure.app", "--json")
    (first,) = call("staff", "list", "--json").json["staff"]
    second = call("staff", "limit", "lerato", "--campaign", "Nearby audit", "--campaign", "Faraway audit", "--json")
    third = call("staff", "limit", "lerato", "--none", "--json")

    assert (first["domains"], first["campaigns"]) == (["near.metrosure.app"], [])
    assert second.json == {
        "name": "lerato",
        "role": "operator",
        "domains": [],
        "campaigns": ["Faraway audit", "Nearby audit"],
    }
    assert (third.json["domains"], third.json["campaigns"], third.code) == ([], [], 0)
    assert Staff.objects.get().reach.is_everything


def test_both_are_said_in_words(call: Call) -> None:
    call("staff", "create", "lerato", "--role", "operator")

    said = call("staff", "limit", "lerato", "--domain", "near.metrosure.app", "--campaign", "Nearby audit")

    assert said.out.strip() == "lerato looks after near.metrosure.app, Nearby audit only."
    assert "near.metrosure.app, Nearby audit" in call("staff", "list").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("lerato",), 2, "Name mail domains or campaigns"),
        (("lerato", "--none", "--domain", "near.metrosure.app"), 2, "Name mail domains or campaigns"),
        (("lerato", "--domain", "unknown.example"), 1, "unknown.example is not one of your mail domains"),
        (("lerato", "--campaign", "Unknown"), 1, "There is no campaign “Unknown”."),
        (("palesa", "--domain", "near.metrosure.app"), 1, "Only operators can be limited"),
        (("nobody", "--none"), 1, "Nobody signs in as “nobody”."),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], code: int, said: str, call: Call) -> None:
    call("staff", "create", "lerato", "--role", "operator")
    call("staff", "create", "palesa", "--role", "admin")

    answer = call("staff", "limit", *words, "--json")

    assert answer.code == code
    assert said in answer.json["error"]["message"]
    assert not Staff.objects.exclude(limits={}).exists()
