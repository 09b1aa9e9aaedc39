"""What 0.16 is asked in the comparison with a real server: references to earlier answers, right, odd and broken."""

from __future__ import annotations

from typing import Any, Final

from tests.simulator.differential import Ask, jmap
from tests.simulator.steps_jmap import DOMAIN, create, get, group, patch, user

_QUERY: Final = ("x:Account/query", {"filter": {"domainId": "$dom"}, "sort": [{"property": "id"}]})
_NOBODY: Final = ("x:Account/query", {"filter": {"name": "nobody-has-this-name"}})
_GET: Final = get("Account", "$ana", "$ben", properties=["id", "domainId", "memberGroupIds", "aliases", "name"])
_QUERY_PATHS: Final = [
    "/ids",
    "ids",
    "/ids/*",
    "/ids/0",
    "/ids/1",
    "/ids/99",
    "/ids/-1",
    "/ids/00",
    "/ids/1.5",
    "/ids/x",
    "/ids/",
    "ids/",
    "/ids//",
    "//ids",
    "/ids/*/x",
    "/ids/0/x",
    "/IDS",
    "~0ids",
    "/total",
    "/position",
    "/accountId",
    "/queryState",
    "*",
    "/*",
    "/",
    "",
]
_GET_PATHS: Final = [
    "/list/*/id",
    "list/*/id",
    "/list/0/id",
    "/list/9/id",
    "/list/id",
    "/list",
    "/list/*",
    "/list/*/name",
    "/list/*/domainId",
    "/list/*/memberGroupIds",
    "/list/*/memberGroupIds/*",
    "/list/*/aliases/0/domainId",
    "/list/*/aliases/*/domainId",
    "/list/*/aliases/*/*",
    "/list/*/nothing",
    "/list/*/id/x",
    "/list/*/id/*",
    "/list//id",
    "/notFound",
    "/notFound/*",
    "/accountId",
]
_REFERENCES: Final[list[Any]] = [
    {"path": "/ids", "resultOf": "0", "name": "nothing"},
    {"path": "/ids", "resultOf": "0", "name": "é"},
    {"path": "/ids", "resultOf": "0", "name": None},
    {"path": "/ids", "resultOf": "0", "name": 5},
    {"path": "/ids", "resultOf": "0", "name": []},
    {"name": "nothing", "resultOf": "0", "path": "/ids"},
    {"name": "x:Account/changes", "resultOf": "0", "path": "/ids"},
    {"name": "X:Account/query", "resultOf": "0", "path": "/ids"},
    {"name": "x:Nothing/query", "resultOf": "0", "path": "/ids"},
    {"name": "x:Authentication/query", "resultOf": "0", "path": "/ids"},
    {"name": "x:Metric/get", "resultOf": "0", "path": "/ids"},
    {"name": "error", "resultOf": "0", "path": "/ids"},
    {"name": "Core/echo", "resultOf": "0", "path": "/ids"},
    {"name": "x:Account/query", "path": "/ids"},
    {"name": "x:Account/query", "resultOf": "0"},
    {"resultOf": "0", "path": "/ids"},
    {"name": "x:Account/query"},
    {},
    {"name": "x:Account/query", "resultOf": None, "path": "/ids"},
    {"name": "x:Account/query", "resultOf": 0, "path": "/ids"},
    {"name": "x:Account/query", "resultOf": "0", "path": None},
    {"name": "x:Account/query", "resultOf": "0", "path": ["ids"]},
    {"name": "x:Account/query", "resultOf": "0", "path": "/ids", "more": 1},
    {"name": "x:Account/query", "resultOf": "1", "path": "/ids"},
    None,
    5,
    "0",
]


def _to(path: str, name: str = "x:Account/query") -> dict[str, str]:
    return {"resultOf": "0", "name": name, "path": path}


_NO_PATCHES: Final[list[Any]] = [None, [], 5, "x"]

_LOG_PAGES: Final[list[dict[str, Any]]] = [{"calculateTotal": True}, {"anchorOffset": 1}, {"position": -1}]

_ODD_IDS: Final = ("B", "bB", "A", "ZZ", "", "8", "maxDiskQuota", "zzz")
_NO_METHODS: Final[tuple[str, ...]] = (
    "x:Nothing/get",
    "x:Authentication/query",
    "x:Account/changes",
    "Nothing/get",
    "",
)
_ARGUMENTS: Final[list[Any]] = [None, [], 5, {"ids": 5, "sort": {}}, {"ids": ["#a"]}]
_NUMBERS: Final[list[tuple[str, Any]]] = [
    (name, number)
    for name in ("position", "anchorOffset", "limit")
    for number in (2**31, 2**31 - 1, 2**63, 2**64, -(2**63), 1.5, 1e25)
]

_NO_NAMES: Final[list[Any]] = [5, None, []]
_NO_SETTINGS: Final[list[Any]] = [{"nothing": 1}, None]

JMAP: Final[list[Ask]] = [
    DOMAIN,
    jmap(create("Account", team=group("team"))),
    jmap(
        create(
            "Account",
            ana=user("ana", aliases={"0": {"name": "info", "domainId": "$dom"}}),
            ben=user("ben", memberGroupIds={"$team": True}),
        )
    ),
    *(jmap(_QUERY, ("x:Account/get", {"#ids": _to(path), "properties": ["name"]})) for path in _QUERY_PATHS),
    *(jmap(_QUERY, ("x:Account/get", {"ids": ["$ana"], "#properties": _to(path)})) for path in _QUERY_PATHS),
    # No blocked address has such an id: what a reference brought comes back as not found.
    *(jmap(_GET, ("x:BlockedIp/get", {"#ids": _to(path, "x:Account/get")})) for path in _GET_PATHS),
    *(jmap(_GET, ("x:BlockedIp/set", {"#destroy": _to(path, "x:Account/get")})) for path in _GET_PATHS),
    jmap(_GET, ("x:Account/get", {"#ids": _to("/list/*/id", "x:Account/get"), "properties": ["name"]})),
    jmap(_GET, ("x:Domain/get", {"#ids": _to("list/*/domainId", "x:Account/get"), "properties": ["name"]})),
    *(jmap(_NOBODY, ("x:Account/get", {"properties": ["name"], "#ids": one})) for one in _REFERENCES),
    *(jmap(_NOBODY, ("x:Account/get", {"#ids": one, "properties": ["name"]})) for one in _REFERENCES),
    *(jmap(_NOBODY, ("x:BlockedIp/set", {"#destroy": one})) for one in _REFERENCES),
    jmap(_QUERY, ("x:Account/get", {"ids": ["$ana"], "#ids": _to("/ids"), "properties": ["name"]})),
    jmap(_QUERY, ("x:Account/get", {"#ids": _to("/ids"), "ids": ["$ana"], "properties": ["name"]})),
    jmap(_QUERY, ("x:Account/get", {"#ids": _to("/nothing"), "ids": ["$ana"], "properties": ["name"]})),
    jmap(_QUERY, ("x:Account/query", {"filter": {"domainId": "$dom"}, "#filter": _to("/ids"), "#limit": 1})),
    jmap(_QUERY, ("x:Account/set", {"#create": _to("/ids"), "#update": {"resultOf": "9"}})),
    jmap(_QUERY, _QUERY, ("x:Account/get", {"#ids": {**_to("/ids"), "resultOf": "1"}, "properties": ["name"]})),
    jmap(
        ("x:Account/query", {"sort": [{"property": "nothing"}]}),
        ("x:Account/get", {"#ids": _to("/ids"), "properties": ["name"]}),
        _QUERY,
        ("x:Account/get", {"#ids": {**_to("/ids"), "resultOf": "2"}, "properties": ["name"]}),
    ),
    jmap(
        ("x:Account/set", {"update": {"$ana": {"description": "A"}}}),
        ("x:Account/get", {"#ids": _to("/updated", "x:Account/set")}),
    ),
    jmap(("Core/echo", {"#ids": _to("/ids"), "ids": ["#nothing"]})),
    *(jmap(("x:Account/get", {"ids": ids, "properties": ["name"]})) for ids in (["#"], ["##"], ["$ana", "#zz"])),
    *(jmap(("x:Account/set", {"update": {number: wish}})) for number in ("zzz", "8") for wish in _NO_PATCHES),
    *(jmap(("x:AppPassword/set", {"accountId": "$ana", "update": {"zzz": wish}})) for wish in _NO_PATCHES),
    jmap(("x:Account/set", {"update": {"$ben": None}, "destroy": ["$ben"]})),
    patch("Account", "$ana", "description", "still there"),
    *(jmap(create("Domain", odd={"name": name})) for name in ("a.nowhere", "a.nkosi", "a.b", "x.mail", "a.example")),
    *(patch("Domain", "$dom", "catchAllAddress", f"all@{name}") for name in ("a.nowhere", "a.onion", "a.arpa")),
    *(jmap(("x:Log/query", {"position": 1, **more})) for more in _LOG_PAGES),
    jmap(("x:Log/get", {"ids": []})),
    *(jmap(("x:Account/set", {name: value})) for name in ("create", "update") for value in ("é", 5, True)),
    *(jmap(("x:Account/get", {"ids": value})) for value in ("é", 5, True)),
    *(jmap(("x:Account/get", {"ids": [one], "properties": ["id"]})) for one in _ODD_IDS),
    *(jmap(("x:Account/set", {"update": {one: {}}})) for one in _ODD_IDS),
    *(jmap(("x:Account/set", {"destroy": [one]})) for one in _ODD_IDS),
    *(jmap(("x:Account/get", {"accountId": one, "ids": []})) for one in [*_ODD_IDS, "p333333333333"]),
    *(jmap(create("Account", odd=user("odd", domainId=one))) for one in _ODD_IDS),
    *(jmap(("x:Account/get", {"ids": []}), createdIds={"mine": one}) for one in [*_ODD_IDS, *_NO_NAMES]),
    *(jmap((method, one)) for method in _NO_METHODS for one in _ARGUMENTS),
    *(jmap(("x:Account/query", {"filter": {"domainId": "$dom"}, name: one})) for name, one in _NUMBERS),
    *(jmap(("x:Account/query", {"sort": [{"property": one}], "limit": 1})) for one in _NO_NAMES),
    *(jmap(("x:Account/query", {"limit": 1, "sort": [{"property": one}]})) for one in _NO_NAMES),
    jmap(("x:Account/query", {"filter": {"conditions": [{"domainId": "$dom"}, {"name": "ana"}]}})),
    *(jmap((f"x:{kind}/set", {"destroy": ["singleton", "b"]})) for kind in ("SystemSettings", "Jmap", "Http")),
    *(jmap(create("Authentication", one=wish)) for wish in _NO_SETTINGS),
]
