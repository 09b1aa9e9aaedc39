"""What 0.16 is asked in the comparison with a real server: every property of every type, and what nobody should send.

As for 0.15, everything happens under the trial's own domain `%D`, whose id is `$dom`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from tests.simulator.differential import Ask, jmap

STRONG: Final = "Correct-Horse-9-battery-staple"
HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
MANUAL: Final = {"@type": "Manual"}
ODD: Final[list[Any]] = [
    None,
    "",
    "xxxx",
    " Ab ",
    0,
    7,
    -1,
    1.5,
    True,
    [],
    ["a"],
    {},
    {"a": 1},
    {"a": True},
    {"0": {}},
    "$nothing",
]


def _any(*values: Any) -> list[Any]:
    """Return values of every kind; mypy would look for one that fits them all."""
    return list(values)


def create(kind: str, **objects: Any) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/set", {"create": objects}


def update(kind: str, number: str, **properties: Any) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/set", {"update": {number: properties}}


def patch(kind: str, number: str, path: str, value: Any) -> Ask:
    return jmap((f"x:{kind}/set", {"update": {number: {path: value}}}))


def destroy(kind: str, *numbers: str) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/set", {"destroy": list(numbers)}


def get(kind: str, *numbers: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/get", {"ids": list(numbers), **more}


def query(kind: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/query", arguments


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"@type": "User", "name": name, "domainId": "$dom", **more}


def group(name: str, **more: Any) -> dict[str, Any]:
    return {"@type": "Group", "name": name, "domainId": "$dom", **more}


def password(secret: Any, **more: Any) -> dict[str, Any]:
    return {"0": {"@type": "Password", "secret": secret, **more}}


DOMAIN: Final = jmap(create("Domain", dom={"name": "%D", "dkimManagement": MANUAL}))
END: Final = jmap(destroy("Domain", "$dom"))
_ACCOUNT: Final = [
    "@type",
    "id",
    "name",
    "domainId",
    "emailAddress",
    "description",
    "aliases",
    "credentials",
    "memberGroupIds",
    "memberTenantId",
    "roles",
    "permissions",
    "quotas",
    "usedDiskQuota",
    "locale",
    "timeZone",
    "encryptionAtRest",
    "createdAt",
    "nonsense",
    "selector",
]
_INSIDE: Final[dict[str, list[Any]]] = {
    "aliases": [
        {"0": {"name": "al%s", "domainId": "$dom"}},
        {"5": {"name": "al%s", "domainId": "$dom"}, "2": {"name": "am%s", "domainId": "$dom", "enabled": False}},
        {"0": {"name": "A L%s", "domainId": "$dom", "description": "d"}},
        {"0": {"name": "a@b", "domainId": "$dom"}},
        {"0": {"name": "a%s"}},
        {"0": {"domainId": "$dom"}},
        {"0": {"name": "a%s", "domainId": "zz"}},
        {"0": {"name": "a%s", "domainId": "ZZ"}},
        {"0": {"name": "a%s", "domainId": "$dom", "enabled": "yes"}},
        {"0": {"name": "a%s", "domainId": "$dom", "more": 1}},
        {"0": {"name": "a%s", "domainId": "$dom", "selector": "x"}},
        {"x": {"name": "a%s", "domainId": "$dom"}},
        {"-1": {"name": "a%s", "domainId": "$dom"}},
        {"0": {"name": "c%s", "domainId": "$dom"}, "1": {"name": "c%s", "domainId": "$dom"}},
        {"0": {"name": "o%s", "domainId": "$dom"}},
    ],
    "credentials": [
        password(STRONG),
        password("short"),
        password("password123"),
        password("x" * 129),
        password(HASH),
        password("{PLAIN}correct horse battery"),
        password("$9$abcdefgh1234efgh"),
        password(None),
        password(""),
        password(7),
        {"0": {"@type": "Password"}},
        {"0": {"secret": STRONG}},
        {"0": {"@type": "Nothing", "secret": STRONG}},
        {"0": {"@type": "AppPassword", "description": "x"}},
        {"0": {"@type": "ApiKey", "description": "x"}},
        password(STRONG, expiresAt="2030-01-01T00:00:00Z", allowedIps={"10.0.0.0/8": True}),
        password(STRONG, expiresAt="2030-01-01T02:00:00+02:00"),
        password(STRONG, expiresAt="2030-01-01"),
        password(STRONG, expiresAt="soon"),
        password(STRONG, expiresAt=5),
        password(STRONG, allowedIps={"10.0.0.0/4": True}),
        password(STRONG, allowedIps={"nonsense": True}),
        password(STRONG, allowedIps={"10.0.0.1": False}),
        password(STRONG, credentialId="a"),
        password(STRONG, otpAuth="otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEH"),
        password(STRONG, otpAuth="nonsense"),
        {"0": {"@type": "Password", "secret": STRONG}, "1": {"@type": "Password", "secret": STRONG}},
        {"3": {"@type": "Password", "secret": STRONG}},
    ],
    "memberGroupIds": [{"$grp": True}, {"$grp": False}, {"zz": True}, {"ZZ": True}, {"#nope": True}, {"$ana": True}],
    "memberTenantId": ["#nope"],
    "roles": [
        {"@type": "User"},
        {"@type": "Admin"},
        {"@type": "Default"},
        {"@type": "Custom", "roleIds": {"b": True}},
        {"@type": "Custom", "roleIds": {"zz": True}},
        {"@type": "Custom", "roleIds": {"ZZ": True}},
        {"@type": "Custom"},
        {"@type": "Custom", "roleIds": {}},
        {"@type": "Custom", "roleIds": ["b"]},
        {"roleIds": {"b": True}},
        {"@type": "User", "roleIds": {"b": True}},
    ],
    "permissions": [
        {"@type": "Inherit"},
        {"@type": "Merge"},
        {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}},
        {"@type": "Merge", "enabledPermissions": {"sysAccountGet": True}},
        {"@type": "Merge", "enabledPermissions": {"fly": True}},
        {"@type": "Merge", "enabledPermissions": {"authenticate": False}},
        {"@type": "Merge", "enabledPermissions": {"authenticate": 1}},
        {"@type": "Merge", "disabledPermissions": ["authenticate"]},
        {"@type": "Merge", "nonsense": {}},
        {"@type": "Replace", "enabledPermissions": {"authenticate": True}},
        {"@type": "Inherit", "disabledPermissions": {"authenticate": True}},
        {"@type": "Disable", "permissions": {"authenticate": True}},
    ],
    "quotas": [
        {"maxDiskQuota": 5},
        {"maxDiskQuota": 0, "maxAppPasswords": 1},
        {"maxDiskQuota": -5},
        {"maxDiskQuota": "5"},
        {"maxDiskQuota": None},
        {"maxNonsense": 5},
        {"maxDiskQuota": 1.5},
        {"maxDiskQuota": 2**64},
    ],
    "locale": ["de_DE", "en_us", "xx_YY", "POSIX", "en_ZA", "en-ZA"],
    "timeZone": ["Europe/Berlin", "europe/berlin", "Africa/Johannesburg", "Mars/Base", "UTC", "Etc/UTC"],
    "encryptionAtRest": [
        {"@type": "Disabled"},
        {"@type": "Aes256", "publicKey": "zz"},
        {"@type": "Aes256"},
        {"@type": "Aes999"},
    ],
    "name": [
        "$ANA",
        "ana",
        "ANA",
        "a b",
        "a@b",
        "a..b",
        ".a",
        "a.",
        "ünï",
        "a+b",
        "a/b",
        "a'b",
        'a"b',
        "x" * 300,
        "*",
        "postmaster",
    ],
    "domainId": ["zz", "ZZ", "#nope", "a"],
    "description": ["Ana", "  Ana  ", "x" * 3000, "ünï\n☃", "#nope"],
}


def _marked(values: list[Any], mark: str) -> list[Any]:
    """Return values in which every `%s` is a mark of its own, so that none takes another's name."""
    return [json.loads(json.dumps(value).replace("%s", f"{mark}v{place}")) for place, value in enumerate(values)]


def _values(field: str, mark: str) -> list[Any]:
    return [*ODD, *_marked(_INSIDE.get(field, []), mark)]


ACCOUNT_CREATES: Final = [
    DOMAIN,
    jmap(create("Account", ana=user("ana"), grp=group("grp"))),
    *(
        jmap(
            create("Account", **{f"c{place}x{at}": user(f"c{place}x{at}") | {field: value}}),
            get("Account", f"#c{place}x{at}"),
        )
        for place, field in enumerate(_ACCOUNT)
        for at, value in enumerate(_values(field, f"{place}c"))
    ),
    *(
        jmap(
            create("Account", **{f"g{place}x{at}": group(f"g{place}x{at}") | {field: value}}),
            get("Account", f"#g{place}x{at}"),
        )
        for place, field in enumerate(_ACCOUNT)
        for at, value in enumerate(_INSIDE.get(field, ODD[:6]))
        if field != "aliases"
    ),
    jmap(
        create(
            "Account",
            n1={},
            n2={"@type": "User"},
            n3={"@type": "User", "name": "n3"},
            n4={"name": "n4", "domainId": "$dom"},
        )
    ),
    jmap(create("Account", n1=None)),
    jmap(create("Account", n1=5, n2="x", n3=[], n4=True)),
    jmap(("x:Account/set", {"create": None, "update": None, "destroy": None})),
    jmap(("x:Account/set", {})),
    jmap(("x:Account/set", {"create": []})),
    jmap(("x:Account/set", {"update": []})),
    jmap(("x:Account/set", {"destroy": {}})),
    jmap(("x:Account/set", {"destroy": [5]})),
    jmap(("x:Account/set", {"destroy": [None]})),
    jmap(("x:Account/set", {"nonsense": 1})),
    jmap(("x:Account/set", {"ifInState": "n"})),
    jmap(("x:Account/set", {"ifInState": "xyz"})),
    jmap(("x:Account/set", {"accountId": 5})),
    jmap(("x:Account/set", {"accountId": "ZZ"})),
    jmap(("x:Account/set", {"accountId": "zz"})),
    jmap(("x:Account/set", {"accountId": None})),
]

ACCOUNT_UPDATES: Final = [
    DOMAIN,
    jmap(create("Account", grp=group("grp"), ana=user("ana", credentials=password(STRONG)), ben=user("ben"))),
    *(
        patch("Account", "$ben", field, value)
        for place, field in enumerate(_ACCOUNT)
        for value in _values(field, f"{place}")
    ),
    jmap(get("Account", "$ben")),
    *(
        patch("Account", "$grp", field, value)
        for field in _ACCOUNT
        for value in [*ODD[:3], *_INSIDE.get(field, [])[:3]]
    ),
    jmap(get("Account", "$grp")),
    jmap(update("Account", "$ana", aliases={"0": {"name": "al", "domainId": "$dom"}})),
    *(
        patch("Account", "$ana", path, value)
        for path in [
            "aliases/0",
            "aliases/1",
            "aliases/7",
            "aliases/x",
            "aliases/0/name",
            "aliases/0/enabled",
            "aliases/0/description",
            "aliases/0/domainId",
            "aliases/0/nonsense",
            "aliases/0/enabled/deep",
            "aliases/9/name",
            "credentials/0",
            "credentials/0/secret",
            "credentials/0/expiresAt",
            "credentials/0/otpAuth",
            "credentials/0/allowedIps",
            "credentials/0/allowedIps/10.0.0.1",
            "credentials/0/allowedIps/10.0.0.0~18",
            "credentials/0/credentialId",
            "credentials/0/description",
            "credentials/1",
            "credentials/9/secret",
            "memberGroupIds/$grp",
            "memberGroupIds/zz",
            "memberGroupIds/ZZ",
            "memberGroupIds/$ben",
            "memberGroupIds/$grp/x",
            "quotas/maxDiskQuota",
            "quotas/maxNonsense",
            "quotas/maxDiskQuota/x",
            "permissions/disabledPermissions/authenticate",
            "permissions/@type",
            "permissions/enabledPermissions",
            "roles/roleIds",
            "roles/roleIds/b",
            "description/x",
            "name/x",
            "/description",
            "",
            "nonsense/x",
            "encryptionAtRest/publicKey",
            "id/x",
        ]
        for value in [
            None,
            True,
            False,
            5,
            "x",
            {},
            {"@type": "Password", "secret": STRONG},
            {"name": "q", "domainId": "$dom"},
        ]
    ),
    jmap(get("Account", "$ana")),
    jmap(update("Account", "$ana", permissions={"@type": "Merge", "disabledPermissions": {"emailSend": True}})),
    *(
        patch("Account", "$ana", path, value)
        for path in [
            "permissions/disabledPermissions/authenticate",
            "permissions/disabledPermissions/fly",
            "permissions/enabledPermissions/authenticate",
            "permissions/disabledPermissions",
            "permissions/enabledPermissions",
            "permissions/nonsense",
            "permissions",
        ]
        for value in [True, 5, False, {"authenticate": True}, {"fly": True}, {}, "x", None]
    ),
    jmap(get("Account", "$ana")),
    jmap(
        update(
            "Account", "$ana", description="a", **{"aliases/3": {"name": "three", "domainId": "$dom"}, "name": "a b"}
        )
    ),
    jmap(update("Account", "$ana", description="a", name="a@b")),
    jmap(get("Account", "$ana", properties=["description", "name", "aliases", "emailAddress"])),
    jmap(("x:Account/set", {"update": {"$ana": {}, "zz": {}, "ZZ": {}, "singleton": {}, "#ana": {}}})),
    jmap(("x:Account/set", {"destroy": ["$ben", "$ben", "ZZ", "zz", "singleton", "#ana"]})),
    jmap(("x:Account/set", {"update": {"$ana": {"description": "b"}}, "destroy": ["$ana"]})),
    jmap(destroy("Account", "$grp")),
    jmap(destroy("Account", "$ana", "$grp")),
    END,
]

ACCOUNT_READS: Final = [
    DOMAIN,
    jmap(
        create(
            "Account",
            grp=group("team", description="The Team"),
            **{f"u{place}": user(f"u{place}", description=f"User number {place}") for place in range(6)},
        )
    ),
    jmap(
        update(
            "Account", "$u1", aliases={"0": {"name": "Ali.as-x", "domainId": "$dom"}}, **{"memberGroupIds/$grp": True}
        )
    ),
    *(
        jmap(("x:Account/get", arguments))
        for arguments in _any(
            *[
                {"ids": ["$u1", "$u1", "zz", "ZZ", "#nope", "$u2"]},
                {"ids": ["zz", "ZZ", "8888", "", "singleton"]},
                {"ids": []},
                {"ids": ["$u1"], "properties": []},
                {"ids": ["$u1"], "properties": None},
                {"ids": ["$u1"], "properties": ["nonsense"]},
                {"ids": ["$u1"], "properties": ["nonsense", "name"]},
                {"ids": ["$u1"], "properties": ["selector"]},
                {"ids": ["$u1"], "properties": ["selector", "name"]},
                {"ids": ["$u1"], "properties": ["@type", "id"]},
                {"ids": ["$u1"], "properties": ["emailAddress"]},
                {"ids": ["$u1"], "properties": ["aliases/0/name"]},
                {"ids": ["$grp"]},
                {"ids": "$u1"},
                {"ids": [5]},
                {"ids": [None]},
                {"ids": ["$u1"], "properties": "name"},
                {"ids": ["$u1"], "properties": [5]},
                {"ids": ["$u1"], "nonsense": True},
                {"ids": ["$u1"], "accountId": "zz"},
                {"accountId": "$u1", "ids": ["$u2"], "properties": ["name"]},
            ]
        )
    ),
    *(
        jmap(query("Account", **arguments))
        for arguments in _any(
            *[
                {"filter": {"domainId": "$dom"}},
                *(
                    {"filter": {"domainId": "$dom"}, **more}
                    for more in _any(
                        *[
                            {"limit": 3},
                            {"limit": 0},
                            {"limit": -1},
                            {"limit": "3"},
                            {"limit": 3, "position": 0},
                            {"limit": 3, "position": 2},
                            {"limit": 3, "position": 2, "calculateTotal": True},
                            {"limit": 3, "position": -2},
                            {"limit": 3, "position": -20, "calculateTotal": True},
                            {"limit": 3, "position": 20, "calculateTotal": True},
                            {"limit": 3, "position": 20},
                            {"calculateTotal": True},
                            {"calculateTotal": True, "limit": 100},
                            {"calculateTotal": True, "limit": 0},
                            {"calculateTotal": False, "limit": 2},
                            {"limit": 3, "anchor": "$u2"},
                            {"limit": 3, "anchor": "$u2", "sort": [{"property": "id", "isAscending": True}]},
                            {"limit": 3, "anchor": "zzz", "sort": [{"property": "id", "isAscending": True}]},
                            {"limit": 3, "anchor": "$u2", "anchorOffset": 1},
                            {"limit": 3, "anchor": "$u2", "anchorOffset": -1},
                            {
                                "limit": 3,
                                "anchor": "$u2",
                                "anchorOffset": -1,
                                "sort": [{"property": "id", "isAscending": True}],
                            },
                            {"limit": 3, "anchor": "$u2", "calculateTotal": True},
                            {"limit": 3, "anchor": "zzzz", "calculateTotal": True},
                            {"anchor": "ZZ", "limit": 2},
                            {"anchor": "$u2", "position": 1, "limit": 2},
                            {"sort": [{"property": "id"}]},
                            {"sort": [{"property": "id", "isAscending": False}]},
                            {"sort": [{"property": "name"}]},
                            {"sort": [{"property": "name", "isAscending": False}], "limit": 2},
                            {"sort": [{"property": "name"}], "limit": 2, "position": 2, "calculateTotal": True},
                            {"sort": [{"property": "domainId"}]},
                            {"sort": [{"property": "@type"}]},
                            {"sort": [{"property": "memberGroupIds"}]},
                            {"sort": [{"property": "memberTenantId"}]},
                            {"sort": [{"property": "description"}]},
                            {"sort": [{"property": "text"}]},
                            {"sort": [{"property": "createdAt"}]},
                            {"sort": [{"property": "nonsense"}]},
                            {"sort": [{"property": "name"}, {"property": "nonsense"}]},
                            {"sort": []},
                            {"sort": None},
                            {"sort": {"property": "name"}},
                            {"sort": ["name"]},
                            {"sort": [{}]},
                            {"nonsense": 1},
                        ]
                    )
                ),
                *(
                    {"filter": condition}
                    for condition in _any(
                        *[
                            {"domainId": "$dom", "name": "u1"},
                            {"domainId": "$dom", "name": "U1"},
                            {"domainId": "$dom", "name": ""},
                            {"domainId": "$dom", "name": None},
                            {"domainId": "$dom", "name": 5},
                            {"domainId": "$dom", "name": ["u1"]},
                            {"domainId": "$dom", "@type": "Group"},
                            {"domainId": "$dom", "@type": "User"},
                            {"domainId": "$dom", "@type": "group"},
                            {"domainId": "$dom", "memberGroupIds": "$grp"},
                            {"domainId": "$dom", "memberGroupIds": "zz"},
                            {"domainId": "$dom", "memberGroupIds": "ZZ"},
                            {"domainId": "$dom", "memberGroupIds": {"$grp": True}},
                            {"domainId": "$dom", "memberTenantId": "b"},
                            {"domainId": "$dom", "memberTenantId": None},
                            {"domainId": "zz"},
                            {"domainId": "ZZ"},
                            {"domainId": 5},
                            {"domainId": "$dom", "text": "number"},
                            {"domainId": "$dom", "text": "numb"},
                            {"domainId": "$dom", "text": "NUMBER 3"},
                            {"domainId": "$dom", "text": "ali"},
                            {"domainId": "$dom", "text": "ali.as"},
                            {"domainId": "$dom", "text": "x"},
                            {"domainId": "$dom", "text": ""},
                            {"domainId": "$dom", "text": "..."},
                            {"domainId": "$dom", "text": 5},
                            {"domainId": "$dom", "text": "the team"},
                            {"domainId": "$dom", "nameIsGreaterThan": "u3"},
                            {"domainId": "$dom", "nameIsGreaterThanOrEqual": "u3"},
                            {"domainId": "$dom", "nameIsLessThan": "u3"},
                            {"domainId": "$dom", "nameIsLessThanOrEqual": "u3"},
                            {"domainId": "$dom", "nameIsLike": "u3"},
                            {"domainId": "$dom", "emailAddress": "u1@%D"},
                            {"domainId": "$dom", "description": "User number 1"},
                            {"domainId": "$dom", "id": "$u1"},
                            {"domainId": "$dom", "nonsense": 1},
                            {"operator": "AND", "conditions": [{"domainId": "$dom"}, {"name": "u1"}]},
                            {
                                "operator": "AND",
                                "conditions": [
                                    {"domainId": "$dom"},
                                    {"operator": "AND", "conditions": [{"name": "u2"}]},
                                ],
                            },
                            {"operator": "OR", "conditions": [{"domainId": "$dom"}, {"name": "u1"}]},
                            {"operator": "NOT", "conditions": [{"domainId": "$dom"}]},
                            {"operator": "XOR", "conditions": []},
                            {"operator": "AND", "conditions": []},
                            {"operator": "AND"},
                            {"operator": "AND", "conditions": {}},
                        ]
                    )
                    if (condition.get("conditions") != [] and "conditions" in condition) or "operator" not in condition
                ),
                {"filter": []},
                {"filter": "x"},
            ]
        )
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}),
        (
            "x:Account/get",
            {"#ids": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}, "properties": ["name"]},
        ),
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}),
        ("x:Account/get", {"#ids": {"resultOf": "9", "name": "x:Account/query", "path": "/ids"}}),
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}),
        ("x:Account/get", {"#ids": {"resultOf": "0", "name": "x:Account/get", "path": "/ids"}}),
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}),
        ("x:Account/get", {"#ids": {"resultOf": "0", "name": "x:Account/query", "path": "/nothing"}}),
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}),
        ("x:Account/get", {"#ids": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}, "ids": []}),
    ),
    jmap(("x:Account/query", {"filter": {"domainId": "$dom"}, "limit": 2}), ("x:Account/get", {"#ids": 5})),
    jmap(
        get("Account", "$u1", properties=["memberGroupIds", "domainId"]),
        (
            "x:Domain/get",
            {"#ids": {"resultOf": "0", "name": "x:Account/get", "path": "/list/*/domainId"}, "properties": ["name"]},
        ),
    ),
    jmap(
        get("Account", "$u1", "$u2", properties=["domainId"]),
        (
            "x:Domain/get",
            {"#ids": {"resultOf": "0", "name": "x:Account/get", "path": "/list/*/domainId"}, "properties": ["name"]},
        ),
    ),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom", "name": "u5"}}),
        ("x:Account/set", {"#destroy": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}}),
    ),
    jmap(("x:Account/changes", {"sinceState": "n"})),
    jmap(("x:Account/queryChanges", {"sinceQueryState": "n"})),
    jmap(("x:Account/copy", {})),
    jmap(("x:Nothing/get", {})),
    jmap(("x:Account/nothing", {})),
    jmap(("Account/get", {})),
    jmap(("nothing", {})),
    jmap(("", {})),
    jmap(("x:Account/get", {"ids": ["$u1"], "properties": ["name"]}), createdIds={}),
    jmap(("x:Account/get", {"ids": ["#mine"], "properties": ["name"]}), createdIds={"mine": "$u1"}),
    jmap(("x:Account/get", {"ids": ["#mine"], "properties": ["name"]})),
    jmap(
        create("Account", new=user("new")), ("x:Account/get", {"ids": ["#new"], "properties": ["name"]}), createdIds={}
    ),
    jmap(destroy("Account", "$new", "$u0", "$u1", "$u2", "$u3", "$u4", "$grp")),
    END,
]

ENVELOPES: Final = [
    Ask("POST", "/jmap", body, headers={"content-type": kind} if kind else {})
    for body, kind in [
        ("", ""),
        ("{", ""),
        ({}, ""),
        ([], ""),
        ({"using": []}, ""),
        ({"methodCalls": []}, ""),
        ({"using": [], "methodCalls": []}, ""),
        ({"using": ["urn:nothing"], "methodCalls": []}, ""),
        ({"using": [], "methodCalls": [[]]}, ""),
        ({"using": [], "methodCalls": [["Core/echo", {}]]}, ""),
        ({"using": [], "methodCalls": [["Core/echo", {"a": [1]}, "x"]]}, ""),
        ({"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {"a": [1]}, "x"]]}, ""),
        ({"using": [], "methodCalls": [["Core/echo", [], "x"]]}, ""),
        ({"using": [], "methodCalls": [["Core/echo", {}, 5]]}, ""),
        ({"using": [], "methodCalls": [["x:Role/get", {"ids": []}, ""]]}, ""),
        ({"using": [], "methodCalls": [["Mailbox/get", {}, "0"]]}, ""),
        ({"using": [], "methodCalls": [["x:Role/get", {"ids": []}, "0", "more"]]}, ""),
        ({"using": [], "methodCalls": [["x:Role/get", {"ids": []}, "0"]] * 16}, ""),
        ({"using": [], "methodCalls": [["x:Role/get", {"ids": []}, "0"]] * 17}, ""),
        ({"using": [], "methodCalls": [], "createdIds": {}}, ""),
        ({"using": [], "methodCalls": [], "createdIds": []}, ""),
        ({"using": [], "methodCalls": [], "nonsense": 1}, ""),
        ({"using": {}, "methodCalls": []}, ""),
        ({"using": None, "methodCalls": []}, ""),
        ({"using": [5], "methodCalls": []}, ""),
        ({"using": [], "methodCalls": {}}, ""),
        ({"using": [], "methodCalls": []}, "text/plain"),
        ({"using": [], "methodCalls": []}, "application/json; charset=utf-8"),
        ({"using": [], "methodCalls": []}, "application/JSON"),
    ]
]

DOORS: Final = [
    DOMAIN,
    jmap(
        create(
            "Account",
            ana=user(
                "ana",
                credentials=password(STRONG),
                aliases={
                    "0": {"name": "al", "domainId": "$dom"},
                    "1": {"name": "off", "domainId": "$dom", "enabled": False},
                },
            ),
            none=user("none"),
        )
    ),
    jmap(("x:AppPassword/set", {"accountId": "$ana", "create": {"app": {"description": "Phone"}}})),
    jmap(("x:ApiKey/set", {"accountId": "$ana", "create": {"key": {"description": "Key"}}})),
    *(
        Ask("GET", path, None, who)
        for path in ("/api/account", "/jmap/session")
        for who in [
            ("ana@%D", STRONG),
            ("ANA@%D", STRONG),
            ("ana@%D ", STRONG),
            ("ana", STRONG),
            ("al@%D", STRONG),
            ("off@%D", STRONG),
            ("ana@%D", "$app.secret"),
            ("al@%D", "$app.secret"),
            ("ana@%D", "$key.secret"),
            ("$app.secret"),
            ("$key.secret"),
            ("API_nonsense"),
            ("nonsense"),
            None,
        ]
    ),
    Ask("GET", "/api/account", None, None, {"authorization": "Basic !!!"}),
    Ask("GET", "/api/account", None, None, {"authorization": "Basic YWRtaW4="}),
    Ask("GET", "/api/account", None, None, {"authorization": "Basic"}),
    Ask("GET", "/api/account", None, None, {"authorization": "Digest x"}),
    Ask("POST", "/api/account", {}, "admin"),
    Ask("GET", "/api/account/", None, "admin"),
    Ask("GET", "/api/account/x", None, "admin"),
    Ask("GET", "/api", None, None),
    Ask("GET", "/api/", None, "admin"),
    Ask("GET", "/api/nothing", None, "admin"),
    Ask("OPTIONS", "/api/account", None, None),
    Ask("OPTIONS", "/jmap", None, None),
    Ask("GET", "/api/schema", None, None),
    Ask("GET", "/api/token/delivery", None, None),
    Ask("GET", "/api/token/tracing", None, "admin"),
    Ask("GET", "/jmap", None, "admin"),
    Ask("GET", "/jmap/", None, None),
    Ask("POST", "/jmap", {}, None),
    Ask("PUT", "/jmap", {}, None),
    Ask("POST", "/jmap/session", {}, "admin"),
    Ask("GET", "/jmap/session/", None, "admin"),
    Ask("GET", "/.well-known/jmap", None, None),
    Ask("GET", "/.well-known/caldav", None, None),
    Ask("GET", "/healthz/live", None, None),
    Ask("GET", "/healthz/nothing", None, None),
    Ask("GET", "/", None, None),
    Ask("GET", "/nothing", None, None),
    Ask("GET", "/mail/config-v1.1.xml?emailaddress=ana@%D", None, None),
    Ask("GET", "/mail/config-v1.1.xml", None, None),
    Ask("GET", "/api/discover/nobody@nowhere.test", None, None),
    Ask("GET", "/api/discover", None, None),
    jmap(
        ("x:AccountPassword/get", {"ids": None}),
        ("x:AccountSettings/get", {"ids": None}),
        ("x:AppPassword/get", {"ids": None}),
        ("x:ApiKey/get", {"ids": None}),
        who=("ana@%D", STRONG),
    ),
    jmap(
        ("x:Account/get", {"ids": ["$ana"]}),
        ("x:Domain/get", {"ids": None}),
        ("x:Role/get", {"ids": ["b"]}),
        ("x:Action/get", {}),
        ("x:Log/query", {}),
        ("x:QueuedMessage/query", {}),
        who=("ana@%D", STRONG),
    ),
    jmap(
        ("x:Account/set", {"update": {"$ana": {"description": "x"}}}),
        ("x:Account/set", {}),
        ("x:Metric/get", {}),
        ("x:Nothing/get", {}),
        who=("ana@%D", STRONG),
    ),
    jmap(
        ("x:AccountPassword/get", {"accountId": "$none", "ids": None}),
        ("x:AppPassword/set", {"accountId": "$none", "create": {"z": {"description": "z"}}}),
        who=("ana@%D", STRONG),
    ),
    jmap(
        ("x:AccountPassword/set", {"update": {"singleton": {"secret": "Another-Long-Pass-77-phrase"}}}),
        who=("ana@%D", STRONG),
    ),
    jmap(
        ("x:AccountPassword/set", {"update": {"singleton": {"secret": "short", "currentSecret": STRONG}}}),
        who=("ana@%D", STRONG),
    ),
    jmap(("x:AccountPassword/set", {"update": {"singleton": {"currentSecret": STRONG}}}), who=("ana@%D", STRONG)),
    jmap(("x:AccountPassword/set", {"update": {"singleton": {"nonsense": STRONG}}}), who=("ana@%D", STRONG)),
    jmap(
        (
            "x:AccountPassword/set",
            {"update": {"$ana": {"secret": STRONG}}, "create": {"x": {}}, "destroy": ["singleton"]},
        ),
        who=("ana@%D", STRONG),
    ),
    jmap(
        (
            "x:AccountPassword/set",
            {"update": {"singleton": {"secret": "Another-Long-Pass-77-phrase", "currentSecret": STRONG}}},
        ),
        who=("ana@%D", STRONG),
    ),
    Ask("GET", "/api/account", None, ("ana@%D", STRONG)),
    Ask("GET", "/api/account", None, ("ana@%D", "Another-Long-Pass-77-phrase")),
    jmap(
        (
            "x:AccountSettings/set",
            {"update": {"singleton": {"description": "Me", "locale": "de_DE", "timeZone": "Europe/Berlin"}}},
        ),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        ("x:AccountSettings/set", {"update": {"singleton": {"name": "Me"}}}),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        ("x:AccountSettings/set", {"update": {"singleton": {"locale": "xx"}}}),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        ("x:AccountSettings/set", {"create": {"x": {}}, "destroy": ["singleton"]}),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        ("x:AccountSettings/get", {"ids": ["singleton"]}),
        ("x:AccountSettings/get", {"ids": ["$ana"]}),
        ("x:AccountSettings/query", {}),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        ("x:AccountSettings/get", {"ids": None}),
        ("x:AccountPassword/get", {"ids": None}),
        ("x:AppPassword/get", {"ids": None}),
        ("x:AppPassword/query", {}),
    ),
    jmap(("x:AppPassword/set", {"create": {"z": {"description": "z"}}})),
    jmap(
        (
            "x:AppPassword/set",
            {
                "accountId": "$ana",
                "create": {
                    "a1": {"description": "1", "expiresAt": "2030-01-01T00:00:00Z"},
                    "a2": {"description": "2", "allowedIps": {"10.0.0.1": True}},
                },
            },
        )
    ),
    *(
        jmap(("x:AppPassword/set", {"accountId": "$ana", "create": {"bad": content}}))
        for content in [
            {},
            {"description": ""},
            {"description": None},
            {"description": 5},
            {"description": "x", "secret": "y"},
            {"description": "x", "expiresAt": "soon"},
            {"description": "x", "permissions": {"@type": "Nothing"}},
            {"description": "x", "permissions": {"@type": "Replace", "permissions": {"fly": True}}},
            {"description": "x", "nonsense": 5},
            {"description": "x", "allowedIps": {"nonsense": True}},
            {"description": "x", "createdAt": "2030-01-01T00:00:00Z"},
            None,
            5,
        ]
    ),
    jmap(("x:AppPassword/set", {"accountId": "$ana", "create": {"good": {"description": "x"}, "bad": {}}})),
    jmap(("x:AppPassword/get", {"accountId": "$ana", "ids": None})),
    jmap(("x:AppPassword/query", {"accountId": "$ana"})),
    jmap(("x:AppPassword/query", {"accountId": "$ana", "filter": {"expiresAtIsLessThan": "2031-01-01T00:00:00Z"}})),
    jmap(("x:AppPassword/query", {"accountId": "$ana", "filter": {"description": "x"}})),
    jmap(("x:AppPassword/query", {"accountId": "$ana", "sort": [{"property": "expiresAt"}]})),
    jmap(("x:AppPassword/query", {"accountId": "$ana", "sort": [{"property": "description"}]})),
    jmap(("x:AppPassword/query", {"accountId": "$ana", "limit": 1, "calculateTotal": True})),
    jmap(("x:ApiKey/get", {"accountId": "$ana", "ids": None}), ("x:ApiKey/query", {"accountId": "$ana"})),
    jmap(
        (
            "x:AppPassword/set",
            {
                "accountId": "$ana",
                "update": {"$a1": {"description": "one", "expiresAt": None}, "zz": {"description": "x"}, "ZZ": {}},
            },
        )
    ),
    jmap(("x:AppPassword/set", {"accountId": "$ana", "update": {"$a1": {"secret": "x"}}})),
    jmap(
        (
            "x:AppPassword/set",
            {
                "accountId": "$ana",
                "update": {
                    "$a1": {
                        "permissions": {"@type": "Disable", "permissions": {"emailSend": True}},
                        "permissions/permissions/emailReceive": True,
                    }
                },
            },
        )
    ),
    jmap(("x:AppPassword/get", {"accountId": "$ana", "ids": ["$a1", "a", "zz"]})),
    jmap(
        (
            "x:AppPassword/set",
            {
                "accountId": "$ana",
                "create": {
                    "a3": {"description": "3"},
                    "a4": {"description": "4"},
                    "a5": {"description": "5"},
                    "a6": {"description": "6"},
                },
            },
        )
    ),
    jmap(("x:AppPassword/set", {"accountId": "$ana", "destroy": ["$a1", "zz", "a", "$key"]})),
    jmap(get("Account", "$ana")),
    jmap(
        (
            "x:Account/set",
            {
                "update": {
                    "$ana": {"credentials/1/description": "by hand", "credentials/1/expiresAt": "2031-01-01T00:00:00Z"}
                }
            },
        )
    ),
    jmap(("x:Account/set", {"update": {"$ana": {"credentials/1/secret": "app_new"}}})),
    jmap(("x:Account/set", {"update": {"$ana": {"credentials/1": None}}})),
    jmap(("x:Account/set", {"update": {"$ana": {"credentials/9": {"@type": "AppPassword", "description": "x"}}}})),
    jmap(get("Account", "$ana", properties=["credentials"])),
    jmap(
        update(
            "Account",
            "$ana",
            permissions={"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}},
        )
    ),
    Ask("GET", "/api/account", None, ("ana@%D", "Another-Long-Pass-77-phrase")),
    Ask("GET", "/jmap/session", None, ("ana@%D", "Another-Long-Pass-77-phrase")),
    Ask("GET", "/api/account", None, ("ana@%D", "wrong")),
    Ask("GET", "/api/account", None, ("ana@%D", "$app.secret")),
    jmap(("x:Account/get", {"ids": ["$ana"]}), who=("ana@%D", "Another-Long-Pass-77-phrase")),
    jmap(
        update(
            "Account", "$ana", permissions={"@type": "Inherit"}, **{"credentials/0/expiresAt": "2020-01-01T00:00:00Z"}
        )
    ),
    Ask("GET", "/api/account", None, ("ana@%D", "Another-Long-Pass-77-phrase")),
    Ask("GET", "/jmap/session", None, ("ana@%D", "Another-Long-Pass-77-phrase")),
    jmap(
        ("Mailbox/get", {"ids": None}),
        ("x:AppPassword/get", {"ids": None}),
        ("x:AccountPassword/get", {"ids": None}),
        ("Core/echo", {}),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(
        (
            "x:AccountPassword/set",
            {
                "update": {
                    "singleton": {
                        "currentSecret": "Another-Long-Pass-77-phrase",
                        "secret": "Another-Long-Pass-78-phrase",
                    }
                }
            },
        ),
        who=("ana@%D", "Another-Long-Pass-77-phrase"),
    ),
    jmap(get("Account", "$ana", properties=["credentials"])),
    jmap(update("Account", "$ana", **{"credentials/0/allowedIps": {"192.0.2.1": True}})),
    Ask("GET", "/api/account", None, ("ana@%D", "Another-Long-Pass-78-phrase")),
    jmap(
        update(
            "Account",
            "$ana",
            **{
                "credentials/0/allowedIps": {},
                "credentials/0/otpAuth": "otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEH",
            },
        )
    ),
    Ask("GET", "/api/account", None, ("ana@%D", "Another-Long-Pass-78-phrase")),
    Ask("GET", "/api/account", None, ("ana@%D", "wrong")),
    jmap(
        get("Account", "$ana", properties=["credentials"]),
        ("x:AccountPassword/get", {"accountId": "$ana", "ids": None}),
    ),
    jmap(destroy("Account", "$ana", "$none")),
    END,
]

_DOMAIN_FIELDS: Final[dict[str, list[Any]]] = {
    "name": [
        "UPPER%s.%D",
        "a b.%D",
        "nodot",
        "x.example",
        "x%s.test",
        "x%s.localhost",
        "1.2.3.4",
        "münchen%s.%D",
        "-a.%D",
        "a_b%s.%D",
        "a..%D",
        "*.%D",
        "%D.",
        "x@%D",
        "x%s.co.za",
        "x" * 64 + ".%D",
    ],
    "aliases": [{"al%s.%D": True}, {"Foo.Al%s.%D": True}, {"nodot-%D": True}, {"%D": True}, {"a": False}, {"": True}],
    "isEnabled": [False],
    "description": ["D", "x" * 600],
    "logo": ["https://x.test/logo.png", "nonsense"],
    "catchAllAddress": ["a@%D", "A@%D", "a@nodot", "@%D", "a b@%D", "nobody"],
    "subAddressing": [
        {"@type": "Disabled"},
        {"@type": "Enabled"},
        {"@type": "Custom"},
        {"@type": "Custom", "customRule": {"match": {}, "else": "rcpt"}},
        {"@type": "Nothing"},
    ],
    "allowRelaying": [True],
    "reportAddressUri": ["mailto:x@%D", " mailto:y ", "nonsense"],
    "dkimManagement": [MANUAL, {"@type": "Manual", "algorithms": {}}, {"@type": "Nothing"}],
    "dnsManagement": [MANUAL, {"@type": "Automatic"}, {"@type": "Automatic", "dnsServerId": "zz"}],
    "certificateManagement": [MANUAL, {"@type": "Automatic"}, {"@type": "Automatic", "acmeProviderId": "zz"}],
    "directoryId": ["zz", "b"],
    "memberTenantId": [],
    "dnsZoneFile": [],
    "createdAt": ["2030-01-01T00:00:00Z"],
    "nonsense": [],
}


def _domain_values(field: str, mark: str) -> list[Any]:
    return [*ODD, *_marked(_DOMAIN_FIELDS[field], mark)]


DOMAINS: Final = [
    DOMAIN,
    *(
        jmap(
            create(
                "Domain", **{f"d{place}x{at}": {"name": f"d{place}x{at}.%D", "dkimManagement": MANUAL, field: value}}
            ),
            get("Domain", f"#d{place}x{at}"),
            destroy("Domain", f"$d{place}x{at}"),
        )
        for place, field in enumerate(_DOMAIN_FIELDS)
        for at, value in enumerate(_domain_values(field, f"{place}x"))
    ),
    jmap(create("Domain", e={}, f={"dkimManagement": MANUAL}, g=None, h=5, i={"name": "%D"})),
    jmap(create("Domain", ben={"name": "ben.%D", "dkimManagement": MANUAL})),
    *(
        patch("Domain", "$ben", field, value)
        for place, field in enumerate(_DOMAIN_FIELDS)
        for at, value in enumerate(_domain_values(field, f"{place}y"))
        if field != "dkimManagement"
    ),
    jmap(get("Domain", "$ben")),
    *(
        patch("Domain", "$ben", path, value)
        for path in [
            "aliases/x.%D",
            "aliases/%D",
            "aliases/X Y",
            "dkimManagement/algorithms",
            "dkimManagement/nonsense",
            "subAddressing/customRule",
            "name/x",
            "dnsManagement/@type",
        ]
        for value in _any(*[True, None, False, 5, "x", {}])
    ),
    jmap(get("Domain", "$ben")),
    jmap(
        query("Domain", filter={"name": "ben.%D"}),
        query("Domain", filter={"name": "BEN.%D"}),
        query("Domain", filter={"aliases": "x.%D"}),
        query("Domain", filter={"text": "%D"}),
        query("Domain", filter={"text": "ben"}),
        query("Domain", filter={"description": "x"}),
        query("Domain", filter={"isEnabled": True}),
        query("Domain", filter={"text": "%D"}, sort=[{"property": "name"}]),
        query("Domain", filter={"text": "%D"}, sort=[{"property": "aliases"}]),
        query("Domain", filter={"text": "%D"}, sort=[{"property": "createdAt"}]),
    ),
    jmap(
        create("Account", u=user("u", domainId="$ben")),
        create("MailingList", l={"name": "l", "domainId": "$ben"}),
        create("Account", v=user("v", aliases={"0": {"name": "a", "domainId": "$ben"}})),
    ),
    jmap(destroy("Domain", "$ben")),
    jmap(update("Domain", "$ben", name="other.%D")),
    jmap(
        get("Account", "$u", "$v", properties=["emailAddress"]), get("MailingList", "$l", properties=["emailAddress"])
    ),
    jmap(destroy("Account", "$u", "$v"), destroy("MailingList", "$l"), destroy("Domain", "$ben")),
    jmap(create("Domain", auto={"name": "auto.%D"})),
    jmap(
        query("DkimSignature", filter={"domainId": "$auto"}, sort=[{"property": "id", "isAscending": True}]), pause=2.5
    ),
    jmap(
        ("x:DkimSignature/query", {"filter": {"domainId": "$auto"}}),
        ("x:DkimSignature/get", {"#ids": {"resultOf": "0", "name": "x:DkimSignature/query", "path": "/ids"}}),
    ),
    jmap(get("Domain", "$auto")),
    jmap(destroy("Domain", "$auto")),
    jmap(update("Domain", "$auto", dkimManagement={"@type": "Manual"})),
    jmap(
        ("x:DkimSignature/query", {"filter": {"domainId": "$auto"}}),
        ("x:DkimSignature/set", {"#destroy": {"resultOf": "0", "name": "x:DkimSignature/query", "path": "/ids"}}),
        destroy("Domain", "$auto"),
    ),
    END,
]

ED: Final = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIExfKoGWURWrvZu2URpwpt92l0JR2Z2ajFblYvmvxBzM\n"
    "-----END PRIVATE KEY-----\n"
)


def signature(**more: Any) -> dict[str, Any]:
    return {
        "@type": "Dkim1Ed25519Sha256",
        "domainId": "$dom",
        "selector": "s",
        "privateKey": {"@type": "Text", "secret": ED},
        **more,
    }


_SIGNATURE: Final[dict[str, list[Any]]] = {
    "@type": ["Dkim1RsaSha256", "Nothing", "Dkim2Ed25519Sha256"],
    "selector": ["S2", "a b", "a.b", "ünï", "-x"],
    "domainId": ["zz"],
    "privateKey": [
        {"@type": "Text", "secret": "nonsense"},
        {"@type": "Text"},
        {"@type": "Nothing"},
        {"@type": "EnvironmentVariable", "variableName": "NOTHING"},
        {"@type": "File", "filePath": "/nonexistent"},
    ],
    "stage": ["active", "pending", "retiring", "retired", "Active", "gone"],
    "nextTransitionAt": ["2030-01-01T00:00:00Z"],
    "canonicalization": ["relaxed/relaxed", "simple/simple", "simple/relaxed", "relaxed", "x/y"],
    "headers": [{"From": True}, {"from": True, "Subject": False}],
    "report": [False],
    "expire": [86400000, 0],
    "auid": ["@%D"],
    "thirdParty": ["x.test"],
    "thirdPartyHash": ["sha256", "sha1", "md5"],
    "publicKey": [],
    "createdAt": [],
    "memberTenantId": [],
    "nonsense": [],
}

DKIM: Final = [
    DOMAIN,
    *(
        jmap(
            create("DkimSignature", **{f"k{place}x{at}": signature() | {field: value}}),
            get("DkimSignature", f"#k{place}x{at}"),
            destroy("DkimSignature", f"$k{place}x{at}"),
        )
        for place, field in enumerate(_SIGNATURE)
        for at, value in enumerate([*ODD, *_SIGNATURE[field]])
    ),
    jmap(create("DkimSignature", k=signature())),
    *(
        patch("DkimSignature", "$k", field, value)
        for field in _SIGNATURE
        for value in [*ODD, *_SIGNATURE[field]]
        if field != "@type"
    ),
    jmap(get("DkimSignature", "$k")),
    *(
        patch("DkimSignature", "$k", path, value)
        for path in ["privateKey/secret", "headers/From", "headers/X-Y", "stage/x", "privateKey/@type"]
        for value in [None, True, "x", "****", ED]
    ),
    jmap(get("DkimSignature", "$k")),
    jmap(create("DkimSignature", k2=signature())),
    jmap(
        query("DkimSignature", filter={"domainId": "$dom"}, calculateTotal=True),
        query("DkimSignature", filter={"selector": "s"}),
        query("DkimSignature", filter={"domainId": "$dom"}, sort=[{"property": "selector"}]),
        query("DkimSignature", filter={"domainId": "$dom"}, sort=[{"property": "domainId"}]),
    ),
    jmap(get("Domain", "$dom", properties=["dnsZoneFile"])),
    jmap(destroy("Domain", "$dom")),
    jmap(destroy("DkimSignature", "$k", "$k2", "zz")),
    END,
]

_LIST: Final[dict[str, list[Any]]] = {
    "name": _INSIDE["name"],
    "domainId": ["zz"],
    "description": ["D"],
    "aliases": _INSIDE["aliases"],
    "recipients": [{"a@b.test": True}, {"A B": True}, {"": True}, {"x": False}, {"x": 1}, ["a@b"]],
    "memberTenantId": [],
    "emailAddress": [],
    "createdAt": [],
    "nonsense": [],
}

LISTS: Final = [
    DOMAIN,
    jmap(create("Account", ana=user("ana", aliases={"0": {"name": "taken", "domainId": "$dom"}}))),
    *(
        jmap(
            create(
                "MailingList", **{f"l{place}x{at}": {"name": f"l{place}x{at}", "domainId": "$dom"} | {field: value}}
            ),
            get("MailingList", f"#l{place}x{at}"),
        )
        for place, field in enumerate(_LIST)
        for at, value in enumerate([*ODD, *_marked(_LIST[field], f"l{place}")])
    ),
    jmap(
        create(
            "MailingList",
            l={"name": "all", "domainId": "$dom", "description": "Everybody Here", "recipients": {"a@b.test": True}},
        )
    ),
    *(patch("MailingList", "$l", field, value) for field in _LIST for value in [*ODD, *_marked(_LIST[field], "m")]),
    *(
        patch("MailingList", "$l", path, value)
        for path in [
            "recipients/x@y.test",
            "recipients/a@b.test",
            "recipients/a~1b@x",
            "aliases/0",
            "aliases/0/enabled",
            "name/x",
        ]
        for value in [True, None, False, 5, "x"]
    ),
    jmap(get("MailingList", "$l")),
    jmap(create("Account", bad=user("all"))),
    jmap(
        create(
            "MailingList",
            bad={"name": "ana", "domainId": "$dom"},
            bad2={"name": "taken", "domainId": "$dom"},
            bad3={},
            bad4={"name": "x"},
            bad5=None,
        )
    ),
    jmap(
        query("MailingList", filter={"text": "all"}, limit=1),
        query("MailingList", filter={"name": "all"}),
        query("MailingList", filter={"domainId": "$dom"}),
        query("MailingList", filter={"text": "everybody here"}),
        query("MailingList", sort=[{"property": "name"}], limit=1),
    ),
    *(
        jmap(destroy("MailingList", f"$l{place}x{at}"))
        for place, field in enumerate(_LIST)
        for at in range(len([*ODD, *_LIST[field]]))
    ),
    jmap(destroy("MailingList", "$l"), destroy("Account", "$ana")),
    END,
]

_ROLE: Final[dict[str, list[Any]]] = {
    "description": ["R", "x" * 600],
    "enabledPermissions": [{"authenticate": True}, {"fly": True}, {"authenticate": False}, ["authenticate"]],
    "disabledPermissions": [{"authenticate": True}, {"fly": True}],
    "roleIds": [{"b": True}, {"zz": True}, {"ZZ": True}, {"#no": True}],
    "memberTenantId": [],
    "name": ["x"],
    "nonsense": [],
}

ROLES: Final = [
    DOMAIN,
    *(
        jmap(
            create("Role", **{f"r{place}x{at}": {"description": f"r{place}x{at} %D"} | {field: value}}),
            get("Role", f"#r{place}x{at}"),
            destroy("Role", f"$r{place}x{at}"),
        )
        for place, field in enumerate(_ROLE)
        for at, value in enumerate([*ODD, *_ROLE[field]])
    ),
    jmap(
        create(
            "Role",
            r={
                "description": "Panel %D",
                "roleIds": {"b": True},
                "enabledPermissions": {
                    "sysAccountGet": True,
                    "sysAccountQuery": True,
                    "sysAccountCreate": True,
                    "sysAccountUpdate": True,
                    "sysDomainGet": True,
                    "sysApiKeyGet": True,
                    "sysTenantGet": True,
                },
            },
        )
    ),
    *(
        patch("Role", "$r", field, value)
        for field in _ROLE
        for value in ODD
        if field not in {"description", "enabledPermissions", "roleIds"}
    ),
    *(
        patch("Role", "$r", path, value)
        for path in [
            "enabledPermissions/authenticate",
            "enabledPermissions/fly",
            "roleIds/b",
            "roleIds/zz",
            "roleIds/$r",
        ]
        for value in [True, 5, "x", True]
    ),
    jmap(get("Role", "$r")),
    jmap(update("Role", "$r", **{"roleIds/$r": None})),
    jmap(
        create(
            "Account", svc=user("svc", credentials=password(STRONG), roles={"@type": "Custom", "roleIds": {"$r": True}})
        )
    ),
    jmap(destroy("Role", "$r")),
    jmap(("x:ApiKey/set", {"accountId": "$svc", "create": {"key": {"description": "panel", "expiresAt": None}}})),
    Ask("GET", "/api/account", None, "$key.secret"),
    *(
        jmap(call, who="$key.secret")
        for call in _any(
            *[
                get("Account", "$svc"),
                query("Account", filter={"domainId": "$dom"}),
                get("Domain", "$dom", properties=["name"]),
                query("Domain"),
                get("Role", "b"),
                get("MailingList"),
                get("Tenant"),
                query("Tenant"),
                create("Account", ben=user("ben", credentials=password(STRONG))),
                create("Account", boss=user("boss", roles={"@type": "Admin"})),
                create("Account", cust=user("cust", roles={"@type": "Custom", "roleIds": {"e": True}})),
                create("Account", grp=group("grp")),
                create(
                    "Account",
                    extra=user("extra", permissions={"@type": "Merge", "enabledPermissions": {"sysRoleGet": True}}),
                ),
                update(
                    "Account", "$ben", permissions={"@type": "Merge", "disabledPermissions": {"authenticate": True}}
                ),
                update("Account", "$ben", permissions={"@type": "Merge", "enabledPermissions": {"sysRoleGet": True}}),
                update("Account", "$ben", roles={"@type": "Admin"}),
                update("Account", "$ben", **{"credentials/0/secret": "Another-Long-Pass-77-phrase"}),
                destroy("Account", "$ben"),
                ("x:Account/set", {"create": {"x": user("x")}, "destroy": ["$ben"]}),
                ("x:AppPassword/set", {"accountId": "$ben", "create": {"x": {"description": "x"}}}),
                ("x:AppPassword/get", {"accountId": "$ben", "ids": None}),
                ("x:AppPassword/set", {"create": {"mine": {"description": "x"}}}),
                create("Domain", x={"name": "x.%D"}),
                create("Role", x={"description": "x"}),
                create("Action", x={"@type": "ReloadSettings"}),
                create("Task", x={"@type": "DkimManagement", "domainId": "$dom"}),
                query("QueuedMessage"),
                query("Log"),
                ("x:SystemSettings/get", {"ids": None}),
                ("x:SystemSettings/set", {"update": {"singleton": {}}}),
                ("x:Metric/get", {"ids": None}),
                ("x:MaskedEmail/get", {"ids": None}),
                ("x:ApiKey/get", {"ids": None}),
                ("x:Nothing/get", {"ids": None}),
                ("Principal/query", {"filter": {"email": "svc@%D"}}),
            ]
        )
    ),
    jmap(
        query("Role", filter={"description": "panel"}, limit=5, sort=[{"property": "id"}], position=0),
        query("Role", filter={"description": "panel %D"}),
        query("Role", filter={"description": "pan"}),
        query("Role", filter={"text": "panel"}),
        query("Role", sort=[{"property": "description"}]),
    ),
    jmap(update("Role", "$r", disabledPermissions={"authenticate": True})),
    Ask("GET", "/api/account", None, "$key.secret"),
    jmap(update("Role", "$r", disabledPermissions={})),
    jmap(destroy("Account", "$svc", "$ben", "$grp", "$boss", "$cust", "$extra"), destroy("Role", "$r")),
    Ask("GET", "/api/account", None, "$key.secret"),
    END,
]

REFERENCES: Final = [
    jmap(
        create("Domain", dom={"name": "%D", "dkimManagement": MANUAL}),
        create(
            "Account",
            g={"@type": "Group", "name": "g", "domainId": "#dom"},
            u={"@type": "User", "name": "u", "domainId": "#dom", "memberGroupIds": {"#g": True}},
        ),
        ("x:Account/get", {"ids": ["#u", "#g"], "properties": ["name", "memberGroupIds"]}),
        createdIds={},
    ),
    jmap(create("Account", u2=user("u2", memberGroupIds={"#g2": True}), g2=group("g2"))),
    jmap(create("Account", u3=user("u3", domainId="#nope"))),
    jmap(create("Account", u3=user("u3"), u4=user("u4", domainId="#nope"))),
    jmap(create("Account", u4=user("u4", memberGroupIds={"#nope": True}))),
    jmap(create("Account", u5=user("u5", aliases={"0": {"name": "a5", "domainId": "#nope"}}))),
    jmap(create("Account", u6=user("u6", description="#nope"))),
    jmap(create("Account", u7=user("u7", description="#u6"), u6b=user("u6b"))),
    jmap(get("Account", "$u7", "$u6", properties=["description"])),
    jmap(("x:Account/set", {"update": {"$u6": {"domainId": "#nope"}}})),
    jmap(("x:Account/set", {"update": {"$u6": {"memberGroupIds/#nope": True}}})),
    jmap(("x:Account/set", {"create": {"g8": group("g8")}, "update": {"$u6": {"memberGroupIds/#g8": True}}})),
    jmap(("x:Account/set", {"create": {"g9": group("g9")}, "update": {"$u6": {"memberGroupIds": {"#g9": True}}}})),
    jmap(
        (
            "x:Account/set",
            {"create": {"g10": group("g10")}, "update": {"#g10": {"description": "x"}}, "destroy": ["#g10"]},
        )
    ),
    jmap(("x:Account/set", {"accountId": "#dom", "create": {}})),
    jmap(
        create("Role", r={"description": "r %D"}),
        create("Account", w=user("w", roles={"@type": "Custom", "roleIds": {"#r": True}})),
    ),
    jmap(create("Role", r1={"description": "r1 %D", "roleIds": {"#r2": True}}, r2={"description": "r2 %D"})),
    jmap(("x:Account/get", {"ids": ["#nope"]})),
    jmap(("x:Account/query", {"filter": {"domainId": "#dom"}})),
    jmap(
        ("x:Account/query", {"filter": {"domainId": "$dom"}}),
        ("x:Account/set", {"#destroy": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}}),
        ("x:Account/set", {"#destroy": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}}),
    ),
    jmap(destroy("Role", "$r", "$r1", "$r2"), destroy("Domain", "$dom")),
    jmap(
        create(
            "Account", **{str(place): {"@type": "User", "name": f"n{place}", "domainId": "zz"} for place in range(501)}
        )
    ),
    jmap(("x:Account/get", {"ids": ["b"] * 501})),
    jmap(("x:Account/set", {"destroy": ["zzz"] * 501})),
]

_IP: Final[dict[str, list[Any]]] = {
    "address": [
        "192.0.2.%s",
        "192.0.2.0/24",
        "192.0.2.77/24",
        "2001:db8::%s",
        "2001:db8::/32",
        "10.0.0.0/7",
        "300.0.0.1",
        "192.0.2.1-5",
        "0.0.0.0",  # noqa: S104 - nobody listens there
        "127.0.0.1",
    ],
    "reason": ["manual", "authFailure", "bogus"],
    "expiresAt": ["2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
    "createdAt": ["2030-01-01T00:00:00Z"],
    "nonsense": [],
}


def _ip_steps(kind: str) -> list[Ask]:
    steps = []
    for place, field in enumerate(_IP):
        for at, value in enumerate([*ODD, *_IP[field]]):
            wish = json.loads(json.dumps(value).replace("%s", str(100 + at)))
            name = f"i{place}x{at}"
            steps.append(
                jmap(
                    create(kind, **{name: {"address": f"198.51.100.{100 + at}", field: wish}}),
                    get(kind, f"#{name}"),
                    patch_call(kind, f"${name}", field, wish),
                    destroy(kind, f"${name}"),
                )
            )
    return steps


def patch_call(kind: str, number: str, path: str, value: Any) -> tuple[str, dict[str, Any]]:
    return f"x:{kind}/set", {"update": {number: {path: value}}}


ADDRESSES: Final = [
    *_ip_steps("BlockedIp"),
    *_ip_steps("AllowedIp"),
    jmap(create("BlockedIp", one={"address": "203.0.113.200"}, two={"address": "203.0.113.200"})),
    jmap(
        query("BlockedIp", filter={"address": "203.0.113.200"}),
        query("BlockedIp", filter={"address": "203.0.113.0/24"}),
        query("BlockedIp", filter={"address": "bad"}),
        query("BlockedIp", filter={"reason": "manual"}),
        query("BlockedIp", filter={"address": "203.0.113.200"}, sort=[{"property": "address"}]),
        query("BlockedIp", filter={"address": "203.0.113.200"}, sort=[{"property": "createdAt"}]),
    ),
    jmap(
        update("BlockedIp", "$one", address="203.0.113.201"),
        update("BlockedIp", "$one", reason="portScan"),
        update("BlockedIp", "$one", expiresAt="2031-01-01T00:00:00Z"),
    ),
    jmap(get("BlockedIp", "$one"), destroy("BlockedIp", "$one")),
    jmap(create("BlockedIp", e={}, n=None), create("AllowedIp", e2={}, n2=5)),
]

ACTIONS: Final = [
    *(
        jmap(create("Action", a=content))
        for content in [
            {"@type": "ReloadSettings"},
            {"@type": "ReloadTlsCertificates"},
            {"@type": "ReloadLookupStores"},
            {"@type": "ReloadBlockedIps"},
            {"@type": "InvalidateCaches"},
            {"@type": "InvalidateNegativeCaches"},
            {"@type": "ResumeMtaQueue"},
            {"@type": "ReloadSettings", "nonsense": 1},
            {"@type": "ReloadSettings", "description": "x"},
            {"@type": "Explode"},
            {},
            None,
            5,
            {"@type": "ClassifySpam"},
            {"@type": "TroubleshootDmarc"},
        ]
    ),
    jmap(
        ("x:Action/get", {"ids": None}),
        ("x:Action/get", {"ids": ["b", "ZZ"]}),
        ("x:Action/query", {}),
        ("x:Action/set", {"update": {"b": {}}, "destroy": ["b"]}),
    ),
    jmap(create("Action", a={"@type": "ReloadSettings"}, b={"@type": "Explode"}, c={"@type": "InvalidateCaches"})),
    *(
        jmap(create("Task", t=content))
        for content in [
            {},
            {"@type": "Nothing"},
            {"@type": "DkimManagement"},
            {"@type": "DkimManagement", "domainId": "zz"},
            {"@type": "DestroyAccount"},
            {"@type": "AccountMaintenance"},
            {"@type": "AccountMaintenance", "accountId": "zz", "maintenanceType": "purge"},
            {"@type": "AccountMaintenance", "accountId": "zz", "maintenanceType": "bogus"},
            None,
        ]
    ),
    jmap(("x:Task/get", {"ids": ["zz", "ZZ"]}), ("x:Task/set", {"update": {"zz": {}}, "destroy": ["zz", "ZZ"]})),
    jmap(
        ("x:Task/query", {"filter": {"status": "Failed"}}),
        ("x:Task/query", {"filter": {"status": "Pending"}}),
        ("x:Task/query", {"filter": {"@type": "DkimManagement"}}),
        ("x:Task/query", {"filter": {"nonsense": 1}}),
        ("x:Task/query", {"sort": [{"property": "nonsense"}]}),
        ("x:Task/query", {"sort": [{"property": "due"}]}),
    ),
    jmap(
        ("x:QueuedMessage/query", {"filter": {"text": "%D"}}),
        ("x:QueuedMessage/query", {"filter": {"nonsense": "%D"}}),
        ("x:QueuedMessage/query", {"sort": [{"property": "createdAt"}]}),
        ("x:QueuedMessage/query", {"filter": {"queueName": "remote", "to": "%D"}}),
        ("x:QueuedMessage/query", {"filter": {"dueIsGreaterThan": "2020-01-01T00:00:00Z", "to": "%D"}}),
        ("x:QueuedMessage/query", {"filter": {"due": 5}}),
    ),
    jmap(
        ("x:QueuedMessage/get", {"ids": ["b", "ZZ"]}),
        ("x:QueuedMessage/set", {"update": {"b": {}, "ZZ": {}}, "destroy": ["b", "ZZ"], "create": {"x": {}}}),
    ),
    jmap(
        ("x:Log/query", {"limit": 2, "sort": [{"property": "timestamp"}]}),
        ("x:Log/query", {"filter": {"level": "info"}}),
        ("x:Log/query", {"position": -1}),
        ("x:Log/set", {"create": {"x": {}}, "destroy": ["b"], "update": {"b": {}}}),
        ("x:Log/get", {"ids": ["ZZ"]}),
    ),
    jmap(
        *(
            (f"x:{kind}/{verb}", {} if verb == "query" else {"ids": None})
            for kind in (
                "Metric",
                "Trace",
                "MaskedEmail",
                "ArchivedItem",
                "DmarcExternalReport",
                "TlsExternalReport",
                "ArfExternalReport",
                "DmarcInternalReport",
            )
            for verb in ("get", "query")
        )
    ),
    jmap(
        *(
            (f"x:{kind}/set", {"create": {"x": {}}, "update": {"b": {}}, "destroy": ["b"]})
            for kind in ("Metric", "DmarcExternalReport", "DmarcInternalReport", "ClusterNode", "Trace", "MaskedEmail")
        )
    ),
    jmap(
        ("x:ClusterNode/query", {}),
        ("x:DmarcExternalReport/query", {"filter": {"domain": "x"}}),
        ("x:DmarcExternalReport/query", {"filter": {"text": "x"}}),
        ("x:DmarcExternalReport/query", {"sort": [{"property": "nonsense"}]}),
        ("x:DmarcExternalReport/get", {"ids": ["b", "ZZ"]}),
    ),
]

MAIL: Final = [
    DOMAIN,
    jmap(
        create(
            "Account",
            ana=user("ana", credentials=password(STRONG), description="Ana A"),
            ben=user("ben"),
            grp=group("grp"),
        )
    ),
    *(
        jmap(*calls, who=("ana@%D", STRONG))
        for calls in _any(
            *[
                [("Mailbox/get", {"ids": None})],
                [("Mailbox/get", {"ids": ["a", "zz"], "properties": ["name"]})],
                [("Mailbox/query", {})],
                [("Mailbox/query", {"filter": {"role": "inbox"}})],
                [("Mailbox/get", {"accountId": "$ben", "ids": None})],
                [("Email/query", {})],
                [("Email/query", {"limit": 1, "calculateTotal": True})],
                [("Email/get", {"ids": ["a"]})],
                [("Email/get", {"ids": []})],
                [("Principal/get", {"ids": ["$ana", "zz"]})],
                [("Principal/get", {"ids": ["$grp"]})],
                [("Principal/query", {"filter": {"email": "ben@%D"}})],
                [("Principal/query", {"filter": {"name": "ben@%D"}})],
                [("Principal/query", {"filter": {"type": "group", "email": "grp@%D"}})],
                [("Core/echo", {"x": 1})],
                [("Identity/get", {"ids": None})],
                [("Thread/get", {"ids": []})],
                [("VacationResponse/get", {"ids": None})],
                [("SieveScript/query", {})],
                [("Quota/get", {"ids": None})],
            ]
        )
    ),
    jmap(destroy("Account", "$ana", "$ben", "$grp")),
    END,
]


def _apart(asks: list[Ask]) -> list[Ask]:
    """Put calls that need an id from the same request into a request of their own; only `/get` takes `#name`."""
    result: list[Ask] = []
    for ask in asks:
        calls = ask.body.get("methodCalls", ()) if isinstance(ask.body, dict) and ask.path == "/jmap" else ()
        groups: list[list[Any]] = [[]]
        made: set[str] = set()
        for call in calls:
            if any(f'"${name}"' in json.dumps(call) for name in made) and groups[-1]:
                groups.append([])
            groups[-1].append(call)
            content = call[1].get("create") if isinstance(call, list) and len(call) > 1 and call[1] else None
            made |= set(content) if isinstance(content, dict) else set()
        if len(groups) > 1:
            result += [replace(ask, body={**ask.body, "methodCalls": group}) for group in groups]
        else:
            result.append(ask)
    return result


_TRIALS: Final = {
    "account creates": ACCOUNT_CREATES,
    "account updates": ACCOUNT_UPDATES,
    "account reads": ACCOUNT_READS,
    "envelopes": ENVELOPES,
    "doors": DOORS,
    "domains": DOMAINS,
    "dkim": DKIM,
    "lists": LISTS,
    "roles": ROLES,
    "references": REFERENCES,
    "addresses": ADDRESSES,
    "actions": ACTIONS,
    "mail": MAIL,
}
ALL: Final = {name: _apart(asks) for name, asks in _TRIALS.items()}
