"""References to earlier answers, as the live server was seen to follow them (jmap.md 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.callers import USING, Jmap, add_user, jmap_server

QUERY = ("x:Account/query", {"sort": [{"property": "id"}]})
GET = ("x:Account/get", {"ids": ["b", "c"], "properties": ["domainId", "name", "memberGroupIds"]})


@pytest.fixture
def admin() -> Jmap:
    server = jmap_server()
    for name in ("ana", "ben"):
        add_user(server, name)
    return Jmap(server)


def reference(path: Any, name: str = "x:Account/query") -> dict[str, Any]:
    return {"resultOf": "0", "name": name, "path": path}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/ids", ["b", "c"]),
        ("ids", ["b", "c"]),
        ("/ids/*", ["b", "c"]),
        ("/ids/1", ["c"]),
        ("/ids/9", []),
        ("/ids/01", []),
        ("/ids/", []),
        ("/ids/*/x", ["b", "c"]),
    ],
)
def test_into_a_query(admin: Jmap, path: str, found: list[str]) -> None:
    answers = admin.all(QUERY, ("x:Account/get", {"#ids": reference(path), "properties": ["id"]}))

    assert answers[1][1]["list"] == [{"id": number} for number in found]


@pytest.mark.parametrize("path", ["", "/", "//ids", "*", "/total", "/accountId", "/nothing"])
def test_nothing_else_of_a_query_can_be_taken(admin: Jmap, path: str) -> None:
    answers = admin.all(QUERY, ("x:Account/get", {"#ids": reference(path)}))

    words = "Result reference to 0#x:Account/query not found."
    assert answers[1][1] == {"type": "invalidResultReference", "description": words}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/list/*/id", ["b", "c"]),
        ("/list/0/domainId", ["b"]),
        ("/list/*/name", []),
        ("/list/*/id/x", []),
        ("/list", []),
        ("/list/*/memberGroupIds", []),
    ],
)
def test_only_ids_come_out_of_objects(admin: Jmap, path: str, found: list[str]) -> None:
    answers = admin.all(GET, ("x:BlockedIp/get", {"#ids": reference(path, "x:Account/get")}))

    assert answers[1][1]["notFound"] == found


def test_ids_are_no_properties(admin: Jmap) -> None:
    answers = admin.all(QUERY, ("x:Account/get", {"ids": ["b"], "#properties": reference("/ids")}))

    place = "{ resultOf: 0, name: x:Account/query, path: ids }"
    words = f"Failed to evaluate {place} result reference: Invalid property."
    assert answers[1][1] == {"type": "invalidResultReference", "description": words}


@pytest.mark.parametrize(
    ("broken", "description"),
    [
        ({"resultOf": "0", "path": "/ids", "name": "nöthing"}, 'Invalid method name: "nöthing"'),
        ({"resultOf": "0", "path": "/ids"}, "missing field `name`"),
        ({"path": "/ids", "name": "x:Account/query"}, "missing field `resultOf`"),
        ({"resultOf": "0", "name": "x:Account/query", "path": None}, "invalid type: null, expected a string"),
    ],
)
def test_a_broken_reference_is_refused(admin: Jmap, broken: dict[str, Any], description: str) -> None:
    answers = admin.all(QUERY, ("x:Account/get", {"#ids": broken}))

    assert answers[1][1] == {"type": "invalidArguments", "description": f"{description} at line 1 column 1"}


@pytest.mark.parametrize("name", ["nothing", "x:Account/changes", "Account/query", "error"])
def test_an_unknown_method_before_the_path_spoils_the_request(admin: Jmap, name: str) -> None:
    calls = [["x:Account/get", {"#ids": reference("/ids", name)}, "0"]]

    answer = admin.post({"using": USING, "methodCalls": calls})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ietf:params:jmap:error:notRequest")


def test_the_later_of_a_value_and_a_reference_counts(admin: Jmap) -> None:
    both = {"#ids": reference("/ids"), "ids": ["c"], "properties": ["id"]}

    assert admin.all(QUERY, ("x:Account/get", both))[1][1]["list"] == [{"id": "c"}]
    assert admin.all(QUERY, ("x:Account/get", dict(reversed(both.items()))))[1][1]["list"] == [{"id": "b"}, {"id": "c"}]


def test_other_arguments_are_never_references(admin: Jmap) -> None:
    answers = admin.all(QUERY, ("x:Account/query", {"#filter": reference("/ids"), "#limit": 5}))

    assert answers[1][1] == answers[0][1] | {"ids": ["c", "b"]}


def test_a_name_without_letters_is_no_reference(admin: Jmap) -> None:
    assert admin("x:Account/get", {"ids": ["#"]})["notFound"] == ["#"]
