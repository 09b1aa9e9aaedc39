"""What 0.15 is asked in the comparison with a real server: every field of every type, and values nobody should send.

Names live under the trial's own domain `%D`, lists are asked for by its words, so that a server which others use
too gives the same answers.
"""

from __future__ import annotations

from typing import Any, Final

from tests.simulator.differential import Ask, api

ANA: Final = "/principal/ana%40%D"
SIX: Final = "$6$rounds=5000$saltsaltsalt$" + "0" * 86
PANEL: Final = ("panel.%D", "s3cret")


def _any(*values: Any) -> list[Any]:
    """Return values of every kind; mypy would look for one that fits them all."""
    return list(values)


def new(kind: str, name: str, **fields: Any) -> Ask:
    return api("POST", "/principal", {"type": kind, "name": f"{name}@%D", **fields})


def patch(path: str, *steps: tuple[str, str, Any]) -> Ask:
    return api("PATCH", path, [{"action": action, "field": field, "value": value} for action, field, value in steps])


def look(name: str) -> Ask:
    return api("GET", f"/principal/{name}@%D")


_DOMAIN = api("POST", "/principal", {"type": "domain", "name": "%D", "description": "trial"})
_ODD_VALUES: Final = [None, "", "x", 0, 7, -1, 1.5, True, [], [1], ["a"], ["a", 1], [None], {}, {"a": 1}, "v" * 513]
_FIELDS: Final = [
    "name",
    "type",
    "id",
    "quota",
    "usedQuota",
    "description",
    "picture",
    "locale",
    "tenant",
    "secrets",
    "emails",
    "memberOf",
    "members",
    "roles",
    "lists",
    "enabledPermissions",
    "disabledPermissions",
    "urls",
    "externalMembers",
]

CREATES: Final = [
    _DOMAIN,
    *(
        api("POST", "/principal", {"type": "individual", "name": f"o{place}-{at}@%D", field: value})
        for place, field in enumerate(_FIELDS)
        for at, value in enumerate(_ODD_VALUES)
        if field not in {"name", "type", "emails"}
    ),
    *(
        new("individual", f"e{at}", emails=value)
        for at, value in enumerate(_any(*[None, "x-%D", 0, True, [], [1], ["a-%D"], ["a@%D", 1], {}, "v" * 513]))
    ),
    *(look(f"e{at}") for at in range(10)),
    *(
        api("POST", "/principal", {"type": "individual", "name": value})
        for value in _any(*[None, "", 5, [], ["n"], {}, True])
    ),
    *(
        api("POST", "/principal", {"type": value, "name": "t@%D"})
        for value in _any(*[None, "", 5, "other", "User", "superuser"])
    ),
    *(look(f"o{place}-{at}") for place in range(2, len(_FIELDS)) for at in range(len(_ODD_VALUES))),
    api("POST", "/principal", []),
    api("POST", "/principal", "nothing"),
    api("POST", "/principal"),
    api("POST", "/principal", {}),
    api("POST", "/principal/deploy", {"name": "deployed@%D"}),
    api("POST", "/principal/other", {"name": "deployed2@%D"}),
    api("PUT", ANA, {}),
    api("HEAD", "/principal"),
    new("individual", "big", urls=["u" * 500] * 300),
    new("individual", "big2", urls=[f"{place:0500}" for place in range(300)]),
    new("individual", " Spaced Name "),
    new("individual", "dup", emails=["dup@%D", "DUP@%D", "b@%D", "a@%D", "c@%D"]),
    look("dup"),
    new("individual", "q1", quota="12x"),
    new("individual", "q2", quota=[5, 6]),
    new("individual", "q3", quota=[]),
    new("individual", "q4", quota=["7", 8]),
    new("individual", "q5", quota=18446744073709551615),
    new("individual", "q6", quota=18446744073709551616),
    *(look(f"q{place}") for place in range(1, 7)),
    new("individual", "s", secrets=["one", "two", "$app$b$x", "$app$a$y", "otpauth://totp/x?secret=A", "otpauth://b"]),
    look("s"),
    new("individual", "p", enabledPermissions=["email-send", "email-send"], disabledPermissions=["email-send"]),
    look("p"),
    new("individual", "p2", enabledPermissions=["fly"]),
    new("individual", "p3", disabledPermissions=["fly"]),
    new("individual", "r", roles=["user", "user", "admin"]),
    look("r"),
    new("individual", "r2", roles="user"),
    new("individual", "r3", roles=["nobody"]),
    new("individual", "r4", memberOf=["nobody"], lists=["noone"]),
    new("individual", "r5", lists=["noone"], members=["none"]),
    new("individual", "r6", roles=["%D"]),
]

TYPES: Final = [
    _DOMAIN,
    *(
        new(kind, f"t-{kind}".lower(), description="D", picture="P", locale="en", quota=9, emails=[f"t-{kind}@%D"])
        for kind in ("individual", "group", "list", "domain", "role", "tenant", "apiKey", "oauthClient", "resource")
    ),
    new("location", "t-location", urls=["https://x.test"], externalMembers=["A@B.test"], secrets=["x"]),
    new("apiKey", "key", secrets=["x"], roles=["user"], enabledPermissions=["email-send"]),
    new("oauthClient", "client", urls=["https://x.test"], secrets=["x"], emails=["client@%D"]),
    *(
        look(f"t-{kind}".lower())
        for kind in ("individual", "group", "list", "domain", "role", "tenant", "apiKey", "oauthClient", "resource")
    ),
    look("t-location"),
    look("key"),
    look("client"),
    new("individual", "ana", emails=["ana@%D"], roles=["user"]),
    *(
        patch(f"/principal/t-{kind}@%D".lower().replace("%d", "%D"), (action, field, value))
        for kind in ("individual", "group", "list", "domain", "role", "tenant", "apiKey", "oauthClient", "resource")
        for action in ("set", "addItem", "removeItem")
        for field, value in [
            ("members", "ana@%D"),
            ("members", ["ana@%D"]),
            ("memberOf", "t-group@%D"),
            ("memberOf", ["t-group@%D"]),
            ("lists", "t-list@%D"),
            ("roles", "t-role@%D"),
            ("roles", ["user"]),
            ("roles", "user"),
            ("quota", 5),
            ("quota", ""),
            ("quota", [1, 2]),
            ("quota", "5"),
            ("urls", "https://y.test"),
            ("urls", ["https://z.test"]),
            ("externalMembers", "Boss@Example.org"),
            ("externalMembers", ["a@example.com", "B@Example.com"]),
            ("externalMembers", "a@b.test"),
            ("externalMembers", "nothing"),
            ("secrets", "new"),
            ("secrets", ["new", "newer"]),
            ("emails", "x@%D"),
            ("tenant", ""),
            ("tenant", "t-tenant@%D"),
            ("enabledPermissions", "email-send"),
            ("enabledPermissions", ["email-receive", "email-send"]),
            ("disabledPermissions", "email-send"),
            ("picture", "pp"),
            ("locale", ""),
        ]
    ),
    *(
        look(f"t-{kind}".lower())
        for kind in ("individual", "group", "list", "domain", "role", "tenant", "apiKey", "oauthClient", "resource")
    ),
    look("ana"),
    patch("/principal/t-location@%D", ("set", "members", ["ana@%D", "t-resource@%D", "t-group@%D", "t-list@%D"])),
    patch("/principal/t-location@%D", ("set", "members", ["ana@%D", "t-resource@%D", "t-group@%D"])),
    look("t-location"),
    patch("/principal/t-role@%D", ("addItem", "roles", "t-role@%D")),
    patch("/principal/t-group@%D", ("addItem", "members", "t-group@%D")),
    patch("/principal/t-group@%D", ("set", "members", ["nobody@%D"])),
    patch("/principal/t-group@%D", ("removeItem", "members", "nobody@%D")),
    patch("/principal/t-list@%D", ("addItem", "members", "t-group@%D")),
    look("t-list"),
    look("t-group"),
]

PATCHES: Final = [
    _DOMAIN,
    new("group", "g", emails=["g@%D"]),
    new("group", "g2"),
    new("list", "l", emails=["l@%D"]),
    new("role", "role", enabledPermissions=["authenticate"]),
    new("individual", "ana", emails=["ana@%D", "b@%D", "a@%D"], roles=["user"], secrets=["pw"], description="Ana"),
    new("individual", "ben", emails=["ben@%D"]),
    *(
        patch(ANA, (action, field, value))
        for field in _FIELDS
        for action in ("set", "addItem", "removeItem")
        for value in _ODD_VALUES
        if (field, action) != ("name", "set") and field != "emails"
    ),
    *(
        patch(ANA, (action, "emails", value))
        for action in ("set", "addItem", "removeItem")
        for value in ["x-%D", 0, 7, [], [1], ["a-%D"], ["q@%D", 1], "v" * 513]
    ),
    look("ana"),
    patch(ANA, ("set", "emails", ["ana@%D", "z@%D", "c@%D", "z@%D"])),
    look("ana"),
    patch(ANA, ("removeItem", "emails", "ana@%D")),
    look("ana"),
    patch(ANA, ("addItem", "emails", "ANA@%D"), ("addItem", "emails", "y@%D")),
    look("ana"),
    patch(ANA, ("removeItem", "emails", "Y@%D")),
    look("ana"),
    patch(ANA, ("addItem", "emails", "@%D")),
    patch(ANA, ("addItem", "emails", "x@")),
    patch(ANA, ("addItem", "emails", "x y@%D")),
    patch(ANA, ("addItem", "emails", "a@b@%D")),
    look("ana"),
    patch(ANA, ("set", "emails", ["ana@%D", "g@%D"])),
    patch(ANA, ("set", "emails", ["ana@%D", "noat"])),
    patch(ANA, ("set", "roles", ["user", "%D/none"])),
    patch(ANA, ("set", "roles", ["user", "role@%D"])),
    patch(ANA, ("addItem", "memberOf", "g@%D"), ("addItem", "lists", "l@%D")),
    look("ana"),
    patch(ANA, ("addItem", "memberOf", "l@%D")),
    patch(ANA, ("addItem", "lists", "g@%D")),
    patch(ANA, ("addItem", "roles", "g@%D")),
    patch(ANA, ("addItem", "memberOf", "ben@%D")),
    patch(ANA, ("addItem", "memberOf", "ana@%D")),
    look("ana"),
    patch(ANA, ("removeItem", "memberOf", "l@%D")),
    look("ana"),
    patch(ANA, ("removeItem", "roles", "nobody")),
    patch(ANA, ("removeItem", "roles", "user")),
    look("ana"),
    patch(ANA, ("set", "memberOf", ["g2@%D"])),
    look("ana"),
    patch(ANA, ("set", "secrets", ["$app$one$x", "$app$two$y", "pw", "pw2", "otpauth://totp/a?secret=B"])),
    look("ana"),
    patch(ANA, ("addItem", "secrets", "otpauth://totp/b?secret=C")),
    patch(ANA, ("addItem", "secrets", "third")),
    patch(ANA, ("addItem", "secrets", "$app$one$x")),
    look("ana"),
    patch(ANA, ("removeItem", "secrets", "$app$o")),
    patch(ANA, ("removeItem", "secrets", "thi")),
    look("ana"),
    patch(ANA, ("removeItem", "secrets", "")),
    look("ana"),
    patch(ANA, ("set", "secrets", "")),
    look("ana"),
    patch(ANA, ("set", "secrets", [])),
    look("ana"),
    patch(ANA, ("addItem", "enabledPermissions", "email-send"), ("addItem", "disabledPermissions", "email-send")),
    look("ana"),
    patch(ANA, ("set", "enabledPermissions", ["email-send", "email-receive"])),
    look("ana"),
    patch(ANA, ("removeItem", "enabledPermissions", "email-send"), ("removeItem", "enabledPermissions", "fly")),
    patch(ANA, ("removeItem", "enabledPermissions", "email-send")),
    look("ana"),
    patch(ANA, ("set", "name", "BEN@%D")),
    patch(ANA, ("set", "name", "Ana2@%D")),
    look("ana"),
    look("ana2"),
    patch("/principal/ana2@%D", ("set", "name", "ana@%D"), ("set", "name", "ben@%D")),
    patch("/principal/ana2@%D", ("set", "name", "ana@%D"), ("set", "description", "")),
    look("ana"),
    api("PATCH", ANA, []),
    api("PATCH", ANA, {}),
    api("PATCH", ANA, [{"action": "set", "field": "description"}]),
    api("PATCH", ANA, [{"action": "set", "field": "description", "value": "x", "more": 1}]),
    api("PATCH", ANA, [[]]),
    api("PATCH", ANA, "x"),
    api("PATCH", ANA + "/and/more", []),
    api("PATCH", "/principal/nobody", "x"),
    api("PATCH", "/principal"),
    api("DELETE", "/principal/nobody"),
    api("DELETE", "/principal/g2@%D"),
    look("ana"),
    api("DELETE", "/principal/role@%D"),
    look("ana"),
    api("DELETE", ANA),
    api("DELETE", ANA),
    look("g"),
]

LISTS: Final = [
    _DOMAIN,
    *(
        new("individual", f"u{place}", description=f"User number {place}", roles=["user"], emails=[f"u{place}@%D"])
        for place in range(7)
    ),
    new("group", "team", description="The Team", members=["u1@%D", "u2@%D"], emails=["team@%D"]),
    new("list", "all", members=["u1@%D", "team@%D"], externalMembers=["Boss@Example.org"], emails=["all@%D"]),
    *(
        api("GET", f"/principal?filter=%D&{query}")
        for query in [
            "",
            "types=individual",
            "types=individual&limit=2",
            "types=individual&limit=2&page=2",
            "types=individual&limit=2&page=4",
            "types=individual&limit=2&page=5",
            "types=individual&limit=-1",
            "types=individual&limit=x&page=y",
            "types=individual&page=2",
            "type=group",
            "types=group,list",
            "types=group, list",
            "types=group&types=list",
            "type=group&types=list",
            "types=individual,superuser",
            "types=Individual",
            "types=other",
            "types=",
            "fields=name",
            "fields=name,emails,members",
            "fields=bogus",
            "fields=bogus,name",
            "fields=members,name,type,id",
            "fields=secrets",
            "count=1",
            "count=",
            "count=0&types=group",
            "count=1&fields=name&limit=1",
            "types=domain",
            "types=domain&fields=name",
            "types=domain&fields=members",
            "limit=3&fields=name&page=1",
        ]
    ),
    *(
        api("GET", f"/principal?fields=name&filter={text}")
        for text in [
            "u3%20%D",
            "%D%20u3",
            "U3%20%D",
            "zzz%20u3%20%D",
            "u3%20zzz%20%D",
            "%D%20zzz",
            "number%20%D",
            "numb%20%D",
            "u3@%D",
            "%D%20...",
            "...",
            "User%20number%203%20%D",
            "3%20%D",
            "boss%20%D",
            "team%20%D",
            "%22u3%22%20%D",
        ]
    ),
    api("GET", "/principal/%D"),
    look("team"),
    look("all"),
    look("u1"),
    api("GET", "/principal/u1@%D/more"),
    api("GET", "/principal/u1%40%D?fields=name"),
    api("GET", "/principal/"),
    api("DELETE", "/principal?type=individual"),
    api("DELETE", "/principal?type=bogus&confirm=true"),
    api("DELETE", "/principal?confirm=true"),
    api("DELETE", "/principal?type=individual&confirm=false"),
    api("DELETE", "/principal?type=group&filter=%D%20zzznothere&confirm=true"),
    api("GET", "/principal/u1@%D"),
    api("DELETE", "/principal/%D"),
    look("u1"),
    api("GET", "/principal?types=domain&fields=name&filter=%D"),
]

DOORS: Final = [
    _DOMAIN,
    new("individual", "ana", emails=["ana@%D", "info@%D"], roles=["user"], secrets=["pw-one", "$app$phone$app-one"]),
    *(
        api("GET", "/account/auth", who=who)
        for who in [
            ("ana@%D", "pw-one"),
            ("ANA@%D", "pw-one"),
            (" ana@%D ", "pw-one"),
            ("ana@%D", "app-one"),
            ("info@%D", "pw-one"),
            ("ana", "pw-one"),
        ]
    ),
    api("GET", "/principal/ana@%D", who=("ana@%D", "pw-one")),
    api("GET", "/principal/nobody", who=("ana@%D", "pw-one")),
    api("GET", "/principal", who=("ana@%D", "pw-one")),
    api("POST", "/principal", "x", who=("ana@%D", "pw-one")),
    api("GET", "/nothing", who=("ana@%D", "pw-one")),
    api("GET", "/settings/list", who=("ana@%D", "pw-one")),
    api("GET", "/dkim/x", who=("ana@%D", "pw-one")),
    api("GET", "/dns/records/%D", who=("ana@%D", "pw-one")),
    api("GET", "/queue/messages", who=("ana@%D", "pw-one")),
    api("GET", "/reload", who=("ana@%D", "pw-one")),
    api("GET", "/logs", who=("ana@%D", "pw-one")),
    api("GET", "/reports/dmarc", who=("ana@%D", "pw-one")),
    api("GET", "/store/quota/ana@%D", who=("ana@%D", "pw-one")),
    api("GET", "/store/purge/account/ana@%D", who=("ana@%D", "pw-one")),
    api("POST", "/oauth", {"type": "code", "client_id": "panel", "redirect_uri": "http://x"}, who=("ana@%D", "pw-one")),
    api("POST", "/oauth", {"type": "code"}, who=("ana@%D", "pw-one")),
    api("POST", "/oauth", {"type": "device", "code": "ABCD-EFGH"}, who=("ana@%D", "pw-one")),
    api("GET", "/oauth", who=("ana@%D", "pw-one")),
    *(
        api("POST", "/account/auth", body, who=("ana@%D", "pw-one"))
        for body in [
            [],
            {},
            "x",
            [{"type": "bogus"}],
            [{"type": "setPassword"}],
            [{"type": "addAppPassword", "name": "tab", "password": "app-two"}],
            [{"type": "addAppPassword", "name": "tab", "password": "app-three"}],
            [{"type": "removeAppPassword", "name": "ph"}],
            [{"type": "enableOtpAuth"}],
            [{"type": "disableOtpAuth"}],
            [{"type": "disableOtpAuth", "url": None}],
        ]
    ),
    look("ana"),
    api("GET", "/account/auth", who=("ana@%D", "app-two")),
    api("POST", "/account/auth", [{"type": "setPassword", "password": "pw-two"}], who=("ana@%D", "pw-one")),
    look("ana"),
    api("GET", "/account/auth", who=("ana@%D", "pw-two")),
    api("GET", "/account/crypto", who=("ana@%D", "pw-two")),
    api("GET", "/account/password", who=("ana@%D", "pw-two")),
    patch(ANA, ("addItem", "disabledPermissions", "authenticate")),
    api("GET", "/account/auth", who=("ana@%D", "pw-two")),
    patch(ANA, ("removeItem", "disabledPermissions", "authenticate"), ("set", "roles", [])),
    api("GET", "/account/auth", who=("ana@%D", "pw-two")),
    new("role", "locked", disabledPermissions=["authenticate"]),
    patch(ANA, ("set", "roles", ["user", "locked@%D"])),
    api("GET", "/account/auth", who=("ana@%D", "pw-two")),
    look("locked"),
    Ask("GET", "/api/principal", who=None),
    Ask("GET", "/api/principal", headers={"authorization": "Basic !!!"}, who=None),
    Ask("GET", "/api/principal", headers={"authorization": "Basic YWRtaW4="}, who=None),
    Ask("GET", "/api/principal", headers={"authorization": "Digest x"}, who=None),
    Ask("GET", "/api/principal", headers={"authorization": "Bearer nonsense"}, who=None),
    Ask("GET", "/api/principal", headers={"authorization": "Bearer api_!!!"}, who=None),
    Ask("GET", "/api/principal", headers={"authorization": "basic"}, who=None),
    Ask("OPTIONS", "/api/principal", who=None),
    Ask("OPTIONS", "/api/nothing", who=None),
    Ask("GET", "/api", who=None),
    Ask("GET", "/api", who="admin"),
    Ask("GET", "/api/", who="admin"),
    Ask("GET", "/healthz/other", who=None),
    Ask("POST", "/healthz/live", who=None),
    Ask("GET", "/.well-known/caldav", who=None),
    Ask("GET", "/.well-known/carddav", who=None),
    Ask("GET", "/metrics/prometheus", who=None),
    Ask("GET", "/jmap", who=None),
    Ask("GET", "/jmap/session/", who=None),
    Ask("POST", "/jmap/session", who=None),
]

RIGHTS: Final = [
    _DOMAIN,
    new(
        "role",
        "panel",
        roles=["user"],
        enabledPermissions=[
            "individual-list",
            "individual-get",
            "individual-create",
            "individual-update",
            "domain-list",
            "group-update",
        ],
    ),
    api("POST", "/principal", {"type": "apiKey", "name": "panel.%D", "secrets": ["s3cret"], "roles": ["panel@%D"]}),
    api("GET", "/principal/panel.%D"),
    api("GET", "/principal?types=individual&filter=zz%20%D", who=PANEL),
    api("GET", "/principal?types=group&filter=%D", who=PANEL),
    api("GET", "/principal?types=individual,group&filter=%D", who=PANEL),
    api("GET", "/principal?filter=%D", who=PANEL),
    api("GET", "/principal/%D", who=PANEL),
    api("POST", "/principal", {"name": "a@%D", "roles": ["user"]}, who=PANEL),
    api("POST", "/principal", {"name": "b@%D", "roles": ["admin"]}, who=PANEL),
    api("POST", "/principal", {"name": "b@%D", "roles": ["tenant-admin"]}, who=PANEL),
    api("POST", "/principal", {"name": "b@%D", "roles": ["nobody"]}, who=PANEL),
    api("POST", "/principal", {"name": "b@%D", "enabledPermissions": ["domain-create"]}, who=PANEL),
    api("POST", "/principal", {"name": "b@%D", "disabledPermissions": ["domain-create"]}, who=PANEL),
    api("POST", "/principal", {"type": "group", "name": "g@%D"}, who=PANEL),
    api("POST", "/principal", {"type": "domain", "name": "x.%D"}, who=PANEL),
    Ask("PATCH", "/api/principal/a@%D", [{"action": "addItem", "field": "roles", "value": "admin"}], PANEL),
    Ask("PATCH", "/api/principal/a@%D", [{"action": "set", "field": "roles", "value": ["admin"]}], PANEL),
    Ask("PATCH", "/api/principal/a@%D", [{"action": "removeItem", "field": "roles", "value": "user"}], PANEL),
    Ask(
        "PATCH",
        "/api/principal/a@%D",
        [{"action": "addItem", "field": "enabledPermissions", "value": "restart"}],
        PANEL,
    ),
    Ask(
        "PATCH",
        "/api/principal/a@%D",
        [{"action": "addItem", "field": "disabledPermissions", "value": "restart"}],
        PANEL,
    ),
    Ask(
        "PATCH",
        "/api/principal/a@%D",
        [{"action": "removeItem", "field": "disabledPermissions", "value": "restart"}],
        PANEL,
    ),
    Ask("PATCH", "/api/principal/a@%D", [{"action": "set", "field": "secrets", "value": "x"}], PANEL),
    Ask("DELETE", "/api/principal/a@%D", None, PANEL),
    Ask("GET", "/api/principal/a@%D", None, PANEL),
    Ask("PATCH", "/api/principal/nobody@%D", "x", PANEL),
    Ask("PATCH", "/api/principal/%D", "x", PANEL),
    Ask("PATCH", "/api/principal/panel@%D", "x", PANEL),
    api("POST", "/oauth", {"type": "code", "client_id": "panel"}, who=PANEL),
    Ask("PATCH", "/api/principal/panel.%D", [{"action": "set", "field": "roles", "value": ["user"]}]),
    Ask("PATCH", "/api/principal/panel.%D", [{"action": "addItem", "field": "enabledPermissions", "value": "restart"}]),
    Ask("GET", "/api/restart", None, PANEL),
    Ask("DELETE", "/api/principal/panel@%D"),
    Ask("GET", "/api/principal/a@%D", None, PANEL),
    Ask("DELETE", "/api/principal/panel.%D"),
    Ask("GET", "/api/principal/a@%D", None, PANEL),
]

PLAIN: Final = [
    _DOMAIN,
    *(
        api("POST", "/dkim", body)
        for body in _any(
            *[
                {"id": None, "algorithm": "Ed25519", "domain": "%D", "selector": None},
                {"id": None, "algorithm": "Ed25519", "domain": "%D", "selector": "s2"},
                {"algorithm": "Rsa", "domain": "%D", "selector": "r1"},
                {"algorithm": "Rsa", "domain": "%D", "selector": "r1", "id": "mine-%D"},
                {"algorithm": "rsa", "domain": "%D"},
                {"algorithm": 5, "domain": "%D"},
                {"algorithm": "Rsa"},
                {"domain": "%D"},
                {"algorithm": "Ed25519", "domain": "UPPER.%D", "more": 1},
                {"algorithm": "Ed25519", "domain": "x.%D", "id": 5},
                {},
                [],
                "x",
            ]
        )
    ),
    api("GET", "/dkim/ed25519-%D"),
    api("GET", "/dkim/rsa-%D"),
    api("GET", "/dkim/mine-%D"),
    api("GET", "/dkim/nothing-%D"),
    api("GET", "/dkim"),
    api("DELETE", "/dkim/ed25519-%D"),
    api("GET", "/settings/group?prefix=signature&suffix=domain&filter=%D"),
    api("GET", "/settings/group?prefix=signature&suffix=domain&filter=%D&limit=1&page=2"),
    api("GET", "/settings/group?prefix=signature&suffix=domain&field=selector&filter=r1"),
    api("GET", "/settings/list?prefix=signature.ed25519-%D"),
    api("GET", "/settings/list?prefix=signature.ed25519-%D&limit=2&page=2"),
    api("GET", "/settings/keys?keys=signature.ed25519-%D.domain,nothing"),
    api("GET", "/settings/keys?prefixes=signature.ed25519-%D"),
    api("GET", "/settings/keys"),
    api("GET", "/settings/bogus"),
    api("GET", "/settings"),
    api("GET", "/settings/group"),
    api("GET", "/reload"),
    api("GET", "/reload/lookup"),
    api("GET", "/reload/server.blocked-ip"),
    api("GET", "/reload/certificate"),
    api("GET", "/reload?dry-run=1"),
    api("POST", "/reload"),
    api("GET", "/dns/records/%D"),
    api("GET", "/dns/records/nobody.test"),
    api("GET", "/dns/records/metrosure.test"),
    api("GET", "/dns/records/UPPER.%D"),
    api("GET", "/dns/records"),
    api("GET", "/dns"),
    *(
        api("POST", "/settings", body)
        for body in _any(
            *[
                [{"type": "insert", "prefix": "zz.%D", "values": [["a", "1"], ["b.c", "2"]], "assert_empty": True}],
                [{"type": "insert", "prefix": "zz.%D", "values": [["a", "1"]], "assert_empty": True}],
                [{"type": "insert", "prefix": "zz.%D", "values": [["a", "3"]], "assert_empty": False}],
                [{"type": "insert", "prefix": None, "values": [["yy.%D", ""]], "assert_empty": True}],
                [{"type": "insert", "prefix": None, "values": [["yy.%D", ""]], "assert_empty": True}],
                [{"type": "insert", "prefix": "zz.%D", "values": [["a", "3"]]}],
                [{"type": "insert", "prefix": "zz.%D", "values": [["a", 3]], "assert_empty": False}],
                [{"type": "insert", "values": [["xx.%D", "v"]], "assert_empty": False}],
                [{"type": "delete", "keys": ["yy.%D", "nothing"]}],
                [{"type": "clear", "prefix": "zz.%D.b"}],
                [{"type": "bogus"}],
                {},
                "x",
                [],
            ]
        )
    ),
    api("GET", "/settings/list?prefix=zz.%D"),
    api("GET", "/settings/keys?keys=yy.%D,xx.%D"),
    api("DELETE", "/settings/xx.%D"),
    api("DELETE", "/settings/xx.%D"),
    api("DELETE", "/settings"),
    api("POST", "/settings", [{"type": "clear", "prefix": "zz.%D"}]),
    api("GET", "/settings/list?prefix=zz.%D"),
    api("GET", "/queue/messages?from=%D"),
    api("GET", "/queue/messages?from=%D&values=1&limit=2&page=2"),
    api("GET", "/queue/messages/5"),
    api("GET", "/queue/messages/abc"),
    api("DELETE", "/queue/messages/5"),
    api("PATCH", "/queue/messages/5"),
    api("DELETE", "/queue/messages?text=nothing-%D"),
    api("PATCH", "/queue/messages?text=nothing-%D"),
    api("GET", "/queue/status"),
    api("PATCH", "/queue/status/start"),
    api("PATCH", "/queue/status"),
    api("GET", "/queue/reports"),
    api("GET", "/queue/reports/x"),
    api("DELETE", "/queue/reports/x"),
    api("GET", "/queue/bogus"),
    api("GET", "/queue"),
    api("GET", "/reports/dmarc"),
    api("GET", "/reports/tls?page=1&limit=2"),
    api("GET", "/reports/arf"),
    api("GET", "/reports/bogus"),
    api("GET", "/reports/dmarc/1_2"),
    api("GET", "/reports/dmarc/x"),
    api("DELETE", "/reports/dmarc/1_2"),
    api("DELETE", "/reports/dmarc/x"),
    api("GET", "/restart"),
    api("GET", "/store/quota/nobody@%D"),
    api("DELETE", "/store/quota/nobody@%D"),
    api("DELETE", "/store/uids/nobody@%D"),
    new("individual", "ana", roles=["user"]),
    api("GET", "/store/quota/ana@%D"),
    api("DELETE", "/store/quota/ana@%D"),
    api("DELETE", "/store/uids/ana@%D"),
    api("GET", "/store/purge/account/ana@%D"),
    api("GET", "/store/purge/account/nobody@%D"),
    api("GET", "/store/purge/bogus"),
    api("GET", "/store/blobs/x"),
    api("GET", "/store/bogus"),
    api("GET", "/store/reindex/email/ana@%D"),
    api("GET", "/store/reindex/bogus"),
    api("GET", "/telemetry/traces"),
    api("GET", "/telemetry/metrics"),
    api("GET", "/update/bogus"),
    api("GET", "/spam-filter/train/status"),
    api("GET", "/spam-filter/bogus"),
    api("GET", "/troubleshoot/bogus"),
    api("GET", "/account"),
    api("GET", "/account/bogus"),
    api("POST", "/account/auth", [{"type": "addAppPassword", "name": "x", "password": "y"}]),
    api("POST", "/account/crypto", {"type": "disabled"}),
    api("GET", "/account/crypto"),
    Ask("GET", "/mail/config-v1.1.xml?emailaddress=ana@%D", who=None),
    Ask("GET", "/mail/config-v1.1.xml", who=None),
    Ask("GET", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=nobody@%D", who=None),
    Ask("GET", "/autodiscover/autodiscover.xml", who=None),
    Ask("GET", "/.well-known/mta-sts.txt", who=None),
    api("DELETE", "/settings/signature.ed25519-%D.private-key"),
    api("POST", "/settings", [{"type": "clear", "prefix": "signature."}]),
    api("GET", "/settings/group?prefix=signature&suffix=domain"),
]


def _zz(*values: list[str], prefix: Any = "zz.%D", must_be_new: Any = False) -> dict[str, Any]:
    return {"type": "insert", "prefix": prefix, "values": list(values), "assert_empty": must_be_new}


_SETTINGS_STEPS: Final[list[dict[str, Any]]] = [
    {"type": "delete", "keys": [5]},
    {"type": "delete", "keys": [["zz.%D.b.x"]]},
    {"type": "delete", "keys": ["zz.%D.b.x", "zz.%D.nothing"]},
    {"type": "clear", "prefix": "zz.%D.d", "filter": "4"},
    {"type": "clear", "prefix": "zz.%D.a", "filter": "ZWEI"},
    {"type": "clear", "prefix": "zz.%D.a", "filter": 5},
    {"type": "clear", "prefix": "zz.%D.a", "filter": None},
    _zz(["k", "1"], prefix=5),
    _zz(["k", "1"], must_be_new="no"),
    _zz(["k", "1"], must_be_new=True),
    _zz(["zz.%D.a", "1"], prefix=None, must_be_new=True),
    _zz(["zz.%D.a", "1"], prefix=None, must_be_new=True),
    _zz(["zz.%D.a", "1", "2"], prefix=None),
    {"type": "Insert", "prefix": None, "values": [], "assert_empty": False},
]
SETTINGS: Final = [
    api(
        "POST",
        "/settings",
        [_zz(["a.x", "1"], ["a.y", "Zwei"], ["b.x", "2"], ["c.y", "3"], ["d.e.x", "4"], ["d", "5"])],
    ),
    *(
        api("GET", f"/settings/list?prefix={prefix}{page}")
        for prefix in ("zz.%D", "zz.%D.", "zz.%D.a", "zz.%D.d.", "zz.%", "nothing.%D")
        for page in ("", "&limit=1", "&limit=1&page=2", "&page=2", "&limit=x", "&limit=-1", "&limit=2&page=9")
    ),
    *(
        api("GET", f"/settings/group?prefix={prefix}&suffix={suffix}{more}")
        for prefix in ("zz.%D", "zz.%D.", "zz.%D.d")
        for suffix in ("x", ".x", "y", "", "e.x", ".")
        for more in ("", "&limit=1", "&limit=1&page=2", "&filter=ZWEI", "&field=x", "&field=y&filter=zwei")
    ),
    api("GET", "/settings/group?suffix=e.x&filter=4"),
    api("GET", "/settings/keys?keys=zz.%D.a.x,zz.%D.q&prefixes=zz.%D.b,zz.%D.d."),
    *(
        step
        for one in _SETTINGS_STEPS
        for step in (api("POST", "/settings", [one]), api("GET", "/settings/list?prefix=zz.%D"))
    ),
    api("POST", "/settings", [_zz(["k1", "1"]), {"type": "nothing"}]),
    api("POST", "/settings", [_zz(["k2", "1"]), _zz(["k3", "1"], must_be_new=True), {"type": "delete", "keys": []}]),
    api("GET", "/settings/list?prefix=zz.%D"),
    api("POST", "/settings", [{"type": "clear", "prefix": "zz.%D"}]),
    *(api("POST", path, {"algorithm": "Ed25519", "domain": "%D", "id": "mine-%D"}) for path in ("/dkim/", "/dkim/x")),
    *(Ask("POST", "/api/dkim", body) for body in ("", "null", "5", '"x"')),
    api("DELETE", "/settings/"),
    api("DELETE", "/logs"),
    api("POST", "/restart"),
    api("GET", "/queue/status/x"),
    *(Ask("GET", f"/.well-known/{name}", None, None) for name in ("jmap/", "jmap/x", "carddav/x", "caldav")),
    *(Ask("GET", f"/mail/config-v1.1.xml{end}", None, None) for end in ("x", "s/")),
]

ALL: Final = {
    "creates": CREATES,
    "types": TYPES,
    "patches": PATCHES,
    "lists": LISTS,
    "doors": DOORS,
    "rights": RIGHTS,
    "plain": PLAIN,
    "settings": SETTINGS,
}
