"""What 0.16 makes of odd ids, odd calls and odd values, as the live server was seen to take them (jmap.md 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.callers import USING, Jmap, add_user, jmap_server


@pytest.fixture
def admin() -> Jmap:
    server = jmap_server()
    add_user(server, "ana")
    return Jmap(server)


@pytest.mark.parametrize(("asked", "missing"), [("B", ["B"]), ("bB", ["bB"]), ("Z", ["z"]), ("ab", []), ("zz", ["zz"])])
def test_capitals_count_from_k_on(admin: Jmap, asked: str, missing: list[str]) -> None:
    assert admin("x:Account/get", {"ids": [asked]})["notFound"] == missing
    assert list(admin("x:Account/set", {"update": {asked: {}}}).get("notUpdated", {})) == [
        one for one in missing if "B" not in one
    ]


def test_the_largest_id_is_no_account(admin: Jmap) -> None:
    assert admin("x:Account/get", {"accountId": "p333333333333", "ids": []})["accountId"] == "d333333"


@pytest.mark.parametrize("created", [{"a": 5}, {"a": None}, {"a": "B"}, {"a": "not an id"}, [], 5])
def test_created_ids_are_ids(admin: Jmap, created: Any) -> None:
    answer = admin.post({"using": USING, "methodCalls": [], "createdIds": created})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ietf:params:jmap:error:notRequest")


@pytest.mark.parametrize("method", ["x:Nothing/get", "x:Authentication/query", "x:Account/changes", "Nothing/get"])
@pytest.mark.parametrize("arguments", [None, [], 5, {"ids": 5, "sort": {}}, {"ids": ["#a"]}])
def test_of_an_unknown_method_nothing_else_is_read(admin: Jmap, method: str, arguments: Any) -> None:
    answer = admin.post({"using": USING, "methodCalls": [[method, arguments, "0"]]})

    assert answer.json()["methodResponses"] == [["error", {"type": "unknownMethod", "description": method}, "0"]]


@pytest.mark.parametrize(
    ("arguments", "description"),
    [
        ({"position": 2**31}, "invalid value: integer `2147483648`, expected i32"),
        ({"position": 2**64}, "invalid type: floating point `1.8446744073709552e+19`, expected i32"),
        ({"limit": 2**64}, "invalid type: floating point `1.8446744073709552e+19`, expected usize"),
        ({"anchor": 'a"b'}, 'invalid type: string "a\\"b", expected a borrowed string'),
        ({"sort": [{"property": 5}]}, "invalid type: integer `5`, expected a string"),
    ],
)
def test_what_the_parser_says(admin: Jmap, arguments: dict[str, Any], description: str) -> None:
    answer = admin.all(("x:Account/query", arguments))[0][1]

    assert answer == {"type": "invalidArguments", "description": f"{description} at line 1 column 1"}


def test_maps_are_valid_maps(admin: Jmap) -> None:
    answer = admin.all(("x:Account/set", {"create": "é"}))[0][1]

    assert answer["description"] == 'invalid type: string "é", expected a valid map at line 1 column 1'


def test_conditions_without_an_operator_hold_together(admin: Jmap) -> None:
    assert admin("x:Account/query", {"filter": {"conditions": []}})["ids"] == ["b"]
    assert admin("x:Account/query", {"filter": {"conditions": [{"name": "ana"}, {"name": "ben"}]}})["ids"] == []


def test_who_may_update_a_singleton_may_create_it_anew(admin: Jmap) -> None:
    def most_keys() -> Any:
        return admin("x:Authentication/get", {"ids": ["singleton"]})["list"][0]["maxApiKeys"]

    admin("x:Authentication/set", {"update": {"singleton": {"maxApiKeys": 7}}})
    assert most_keys() == 7

    assert admin("x:Authentication/set", {"create": {"a": {}}})["created"] == {"a": {"id": "singleton"}}
    assert most_keys() == 5
    assert admin("x:Authentication/set", {"destroy": ["singleton"]})["notDestroyed"]["singleton"]["type"] == "singleton"


@pytest.mark.parametrize("arguments", [[], {"#ids": 5}, {"ids": ["#nothing"]}])
def test_an_echo_may_have_any_arguments(admin: Jmap, arguments: Any) -> None:
    answer = admin.post({"using": USING, "methodCalls": [["Core/echo", arguments, "0"]]})

    assert answer.json()["methodResponses"] == [["Core/echo", arguments, "0"]]
