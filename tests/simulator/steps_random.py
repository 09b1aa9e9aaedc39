"""Steps that nobody thought of: many of every kind, drawn by lot, about a few things that come and go.

A seed gives the same steps every time; `STALWART_TEST_SEEDS` in the environment names others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.simulator.differential import Ask, api, jmap
from tests.simulator.steps_jmap import DOMAIN, HASH, MANUAL, STRONG

SEEDS: Final = [int(seed) for seed in os.environ.get("STALWART_TEST_SEEDS", "1 2 3").split()]
STEPS: Final = 300
_NAMES: Final = ("ana", "ben", "cleo", "dan", "Eve", "zoë", "o'neil", "a.b")
_SECRETS: Final = ("pw-one", "pw-two", "{PLAIN}pw-three", "$app$phone$app-one", "$app$tab$app-two", "$9$bad")
_GIVEN: Final = ("pw-one", "pw-two", "pw-three", "app-one", "app-two", "wrong", "")


class Rest:
    """Draws requests of 0.15."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)  # noqa: S311 - nothing is to be kept secret here

    def steps(self, count: int) -> list[Ask]:
        kinds: list[tuple[int, Callable[[], Ask]]] = [
            (5, self._create),
            (9, self._patch),
            (3, self._get),
            (4, self._list),
            (1, self._delete),
            (4, self._sign_in),
            (1, self._own),
            (1, self._dkim),
            (1, self._settings),
            (1, self._plain),
        ]
        first = [api("POST", "/principal", {"type": "domain", "name": name}) for name in ("%D", "b.%D")]
        drawn = self._draw.choices([make for _, make in kinds], [weight for weight, _ in kinds], k=count)
        return [*first, *(make() for make in drawn)]

    def _pick(self, *choices: Any) -> Any:
        return self._draw.choice(choices)

    def _name(self) -> str:
        return f"{self._pick(*_NAMES)}@{self._pick('%D', '%D', 'b.%D')}"

    def _email(self) -> str:
        return str(
            self._pick(self._name(), self._name(), f"info@{self._pick('%D', 'b.%D')}", "@%D", "x@c.%D", "nothing")
        )

    def _group(self) -> str:
        return str(self._pick("team@%D", "crew@%D", "all@%D", "panel@%D", "user", "nobody@%D", self._name()))

    def _permission(self) -> str:
        return str(self._pick("authenticate", "email-send", "email-receive", "individual-list", "restart", "fly"))

    def _some(self, make: Callable[[], Any], most: int = 3) -> list[Any]:
        return [make() for _ in range(self._draw.randint(0, most))]

    def _value(self, field: str) -> Any:
        values: dict[str, Callable[[], Any]] = {
            "description": lambda: self._pick("Ana A", "", "Ünï ☃", "x" * 600, None, 5),
            "quota": lambda: self._pick(0, 1, 5_000_000, "7", "x", -1, None, [1, 2]),
            "secrets": lambda: self._pick(self._pick(*_SECRETS), self._some(lambda: self._pick(*_SECRETS))),
            "emails": lambda: self._pick(self._email(), self._some(self._email), self._some(self._email)),
            "members": lambda: self._pick(self._name(), self._some(self._name), self._some(self._group)),
            "enabledPermissions": lambda: self._pick(self._permission(), self._some(self._permission)),
            "disabledPermissions": lambda: self._pick(self._permission(), self._some(self._permission)),
            "locale": lambda: self._pick("en_ZA", "", None),
            "externalMembers": lambda: self._pick("boss@example.org", ["A@Example.com", "x"], "x"),
            "name": self._name,
        }
        for field_ in ("roles", "memberOf", "lists"):
            values[field_] = lambda: self._pick(self._group(), self._some(self._group), self._some(self._group))
        return values[field]()

    def _field(self) -> str:
        fields = ("description", "quota", "secrets", "emails", "members", "enabledPermissions", "disabledPermissions")
        return str(self._pick(*fields, "locale", "externalMembers", "roles", "memberOf", "lists", "roles", "emails"))

    def _create(self) -> Ask:
        kind = self._pick("individual", "individual", "individual", "group", "list", "role", "apiKey", "domain")
        names = {"group": "team@%D", "list": "all@%D", "role": "panel@%D", "apiKey": "key.%D", "domain": "b.%D"}
        body: dict[str, Any] = {"type": kind, "name": names.get(kind) or self._name()}
        if kind == "individual":
            body |= {"emails": [body["name"]], "roles": ["user"], "secrets": [self._pick(*_SECRETS)]}
        for field in self._some(self._field, 2):
            body[field] = self._value(field)
        return api("POST", "/principal", body)

    def _patch(self) -> Ask:
        steps = []
        for _ in range(self._draw.randint(1, 3)):
            field = self._pick(self._field(), self._field(), self._field(), "name")
            action = self._pick("set", "addItem", "removeItem")
            steps.append({"action": action, "field": field, "value": self._value(field)})
        return api("PATCH", f"/principal/{self._pick(self._name(), self._name(), self._group(), 'key.%D')}", steps)

    def _get(self) -> Ask:
        return api("GET", f"/principal/{self._pick(self._name(), self._name(), self._group(), '%D', 'key.%D')}")

    def _list(self) -> Ask:
        types = self._pick(
            "", "&types=individual", "&types=individual,group", "&type=list", "&types=domain", "&types=x"
        )
        fields = self._pick("", "&fields=name", "&fields=name,emails,roles", "&fields=members", "&fields=description,x")
        page = self._pick("", "&limit=2", "&limit=2&page=2", "&limit=1&page=3", "&page=2", "&count=true")
        words = self._pick("", "%20ana", "%20ben%20cleo", "%20info", "%20Ünï", "%20zzz", "%20b")
        return api("GET", f"/principal?filter=%D{words}{types}{fields}{page}")

    def _delete(self) -> Ask:
        return api("DELETE", f"/principal/{self._pick(self._name(), self._group(), 'b.%D', 'key.%D')}")

    def _sign_in(self) -> Ask:
        who = (self._pick(self._name(), self._name().upper(), "info@%D", "key.%D"), self._pick(*_GIVEN))
        path = self._pick("/account/auth", "/principal/ana@%D", "/principal?types=individual&filter=%D", "/nothing")
        return api("GET", path, who=who)

    def _own(self) -> Ask:
        steps = [
            {"type": "setPassword", "password": self._pick("pw-one", "pw-two")},
            {
                "type": "addAppPassword",
                "name": self._pick("phone", "tab"),
                "password": self._pick("app-one", "app-two"),
            },
            {"type": "removeAppPassword", "name": self._pick("phone", "tab", "p", None)},
        ]
        who = (self._name(), self._pick(*_GIVEN))
        return api("POST", "/account/auth", self._draw.sample(steps, self._draw.randint(1, 3)), who=who)

    def _dkim(self) -> Ask:
        domain = self._pick("%D", "b.%D")
        if self._pick(True, False):
            body = {
                "algorithm": self._pick("Ed25519", "Ed25519", "Dsa"),
                "domain": domain,
                "selector": self._pick("s", None),
            }
            return api("POST", "/dkim", body)
        return api("GET", f"/dkim/{self._pick('ed25519', 'rsa')}-{domain}")

    def _settings(self) -> Ask:
        pair = [self._pick("a", "b.c", "b.d"), self._pick("1", "", "x")]
        step = self._pick(
            {"type": "insert", "prefix": "zz.%D", "values": [pair], "assert_empty": self._pick(True, False)},
            {"type": "delete", "keys": [f"zz.%D.{pair[0]}"]},
            {"type": "clear", "prefix": self._pick("zz.%D.", "zz.%D.b")},
        )
        look = api(
            "GET", f"/settings/{self._pick('list?prefix=zz.%D', 'group?prefix=zz.%D&suffix=c', 'keys?prefixes=zz.%D')}"
        )
        return api("POST", "/settings", [step]) if self._pick(True, False) else look

    def _plain(self) -> Ask:
        return api(
            "GET", str(self._pick(f"/store/quota/{self._name()}", "/queue/messages?text=%D", "/reload", "/oauth"))
        )


class Jmap:
    """Draws requests of 0.16; the names under which things are created are those by which they are known later."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)  # noqa: S311 - nothing is to be kept secret here
        self._made = 0
        self._known: dict[str, list[str]] = {kind: [] for kind in ("Account", "Group", "MailingList", "Role", "Domain")}
        self._keys: list[tuple[str, str]] = []

    def steps(self, count: int) -> list[Ask]:
        kinds: list[tuple[int, Callable[[], Ask]]] = [
            (6, self._create_account),
            (2, self._create_other),
            (9, self._update_account),
            (3, self._update_other),
            (4, self._get),
            (6, self._query),
            (2, self._destroy),
            (3, self._key),
            (4, self._sign_in),
            (1, self._several),
        ]
        drawn = self._draw.choices([make for _, make in kinds], [weight for weight, _ in kinds], k=count)
        return [DOMAIN, *(make() for make in drawn), *self._clean()]

    def _clean(self) -> list[Ask]:
        """Take roles away, which a trial's end would only find by their words."""
        return [jmap(("x:Role/set", {"destroy": [f"${name}"]})) for name in self._known["Role"]]

    def _pick(self, *choices: Any) -> Any:
        return self._draw.choice(choices)

    def _one(self, *kinds: str) -> str:
        names = [f"${name}" for kind in kinds for name in self._known[kind]]
        return str(self._pick(*names, *names, "zz", "8888")) if names else "zz"

    def _new(self, kind: str) -> str:
        self._made += 1
        name = f"{kind.lower()}{self._made}"
        self._known[kind].append(name)
        return name

    def _local(self) -> str:
        return str(self._pick(*_NAMES, "info", "all", "a b", "x@y", f"n{self._draw.randint(0, 9)}"))

    def _domain(self) -> str:
        return str(self._pick("$dom", "$dom", "$dom", self._one("Domain"), "zz"))

    def _permissions(self) -> Any:
        names = self._draw.sample(["authenticate", "emailSend", "sysAccountGet", "jmapPrincipalQuery", "fly"], 2)
        denied = dict.fromkeys(names, self._pick(True, True, False))
        return self._pick(
            {"@type": "Inherit"},
            {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": denied},
            {"@type": "Merge", "enabledPermissions": denied},
            {"@type": "Replace", "enabledPermissions": {"authenticate": True}},
            {"@type": "Nothing"},
        )

    def _roles(self) -> Any:
        custom = {"@type": "Custom", "roleIds": {self._one("Role"): True}}
        return self._pick({"@type": "User"}, {"@type": "Admin"}, {"@type": "Default"}, custom, {"@type": "Custom"})

    def _alias(self) -> Any:
        return {"name": self._local(), "domainId": self._domain(), "enabled": self._pick(True, False)}

    def _secret(self) -> str:
        return str(self._pick(STRONG, STRONG, HASH, "short", "password123", "Another-Long-Pass-77-phrase", "****"))

    def _property(self) -> tuple[str, Any]:
        moment = self._pick("2031-01-01T00:00:00Z", "2020-01-01T00:00:00Z", None, "soon")
        drawn: tuple[str, Any] = self._pick(
            ("name", self._local()),
            ("description", self._pick("Ana", "  Ana ", "", None, 5)),
            ("domainId", self._domain()),
            ("aliases", self._pick({}, {"0": self._alias()}, {"3": self._alias(), "1": self._alias()}, [])),
            ("credentials", self._pick({}, {"0": {"@type": "Password", "secret": self._secret()}})),
            ("memberGroupIds", self._pick({}, {self._one("Group"): True}, {self._one("Account"): True})),
            ("roles", self._roles()),
            ("permissions", self._permissions()),
            ("quotas", self._pick({}, {"maxDiskQuota": self._pick(5, 0, -1)}, {"maxNothing": 1})),
            ("locale", self._pick("de_DE", "xx", "en_ZA")),
            ("timeZone", self._pick("Africa/Johannesburg", None, "Mars/Base")),
            ("aliases/0", self._pick(None, self._alias())),
            ("aliases/2", self._alias()),
            ("aliases/0/enabled", self._pick(True, False, None)),
            ("aliases/1/name", self._local()),
            ("credentials/0/secret", self._secret()),
            ("credentials/0/expiresAt", moment),
            ("credentials/1/expiresAt", moment),
            ("credentials/1", None),
            ("credentials/9", {"@type": "Password", "secret": self._secret()}),
            ("credentials/0/allowedIps/10.0.0.1", self._pick(True, None)),
            (f"memberGroupIds/{self._one('Group', 'Account')}", self._pick(True, False, None)),
            ("quotas/maxDiskQuota", self._pick(7, None, "x")),
            ("permissions/disabledPermissions/authenticate", self._pick(True, None)),
            ("permissions/enabledPermissions/fly", True),
            ("roles/roleIds/b", self._pick(True, None)),
            ("emailAddress", "x@y.test"),
            ("nothing", 1),
        )
        return drawn

    def _create_account(self) -> Ask:
        wishes = {}
        for _ in range(self._draw.randint(1, 3)):
            kind = self._pick("Account", "Account", "Group")
            wish: dict[str, Any] = {"@type": "Group" if kind == "Group" else "User", "name": self._local()}
            wish["domainId"] = self._domain()
            if kind == "Account":
                wish["credentials"] = {"0": {"@type": "Password", "secret": self._secret()}}
            for _ in range(self._draw.randint(0, 2)):
                name, value = self._property()
                if "/" not in name:
                    wish[name] = value
            wishes[self._new(kind)] = wish
        return jmap(("x:Account/set", {"create": wishes}))

    def _create_other(self) -> Ask:
        kind = self._pick("MailingList", "Role", "Domain")
        wish: dict[str, Any] = {
            "MailingList": {"name": self._local(), "domainId": self._domain(), "recipients": {"a@b.test": True}},
            "Role": {"description": f"r{self._made} %D", "roleIds": {self._one("Role"): True}},
            "Domain": {"name": self._pick("b.%D", "c.%D", "%D", "x y.%D"), "dkimManagement": MANUAL},
        }[kind]
        if kind == "Role" and self._pick(True, False):
            wish |= {"roleIds": {}, "enabledPermissions": {"authenticate": True}}
        if kind == "Domain" and self._pick(True, False):
            wish["aliases"] = {self._pick("al.%D", "b.%D", "AL.%D"): True}
        return jmap((f"x:{kind}/set", {"create": {self._new(kind): wish}}))

    def _update_account(self) -> Ask:
        patches = {self._one("Account", "Group"): dict(self._property() for _ in range(self._draw.randint(1, 3)))}
        return jmap(("x:Account/set", {"update": patches}))

    def _update_other(self) -> Ask:
        kind = self._pick("MailingList", "Role", "Domain")
        patches: dict[str, list[dict[str, Any]]] = {
            "MailingList": [
                {"recipients/x@y.test": self._pick(True, None)},
                {"name": self._local()},
                {"aliases": {"0": self._alias()}},
                {"description": self._pick("All", None)},
            ],
            "Role": [
                {f"enabledPermissions/{self._pick('emailSend', 'fly', 'authenticate')}": self._pick(True, None)},
                {"disabledPermissions": {"authenticate": True}},
                {f"roleIds/{self._one('Role')}": True},
            ],
            "Domain": [
                {"catchAllAddress": self._pick("x@%D", None, "x")},
                {"aliases/al.%D": self._pick(True, None)},
                {"description": self._pick("D", None)},
                {"name": self._pick("b.%D", "c.%D", "e.%D")},
                {"subAddressing": self._pick({"@type": "Disabled"}, {"@type": "Enabled"})},
            ],
        }
        return jmap((f"x:{kind}/set", {"update": {self._one(kind): self._pick(*patches[kind])}}))

    def _get(self) -> Ask:
        kind = self._pick("Account", "Account", "MailingList", "Role", "Domain")
        kinds = ("Account", "Group") if kind == "Account" else (kind,)
        arguments: dict[str, Any] = {"ids": [self._one(*kinds) for _ in range(self._draw.randint(0, 4))]}
        names = ["name", "description", "aliases", "permissions", "roles", "credentials", "emailAddress", "nothing"]
        if kind != "Role" and self._pick(True, False):
            arguments["properties"] = self._draw.sample(names, self._draw.randint(0, 3))
        if kind == "Domain":
            arguments["properties"] = ["name", "aliases", "catchAllAddress", "description", "subAddressing"]
        return jmap((f"x:{kind}/get", arguments))

    def _query(self) -> Ask:
        condition: dict[str, Any] = {"domainId": self._pick("$dom", "$dom", self._one("Domain"))}
        condition |= self._pick(
            {},
            {},
            {"name": self._local()},
            {"@type": self._pick("User", "Group")},
            {"text": self._pick("ana", "info", "ben x", "b")},
            {"memberGroupIds": self._one("Group")},
            {"nameIsGreaterThan": self._local()},
            {"description": "x"},
        )
        arguments: dict[str, Any] = {"filter": condition}
        arguments |= self._pick({}, {"limit": self._draw.randint(0, 4)})
        arguments |= self._pick({}, {"position": self._draw.randint(-4, 4)}, {"anchor": self._one("Account", "Group")})
        arguments |= self._pick({}, {"calculateTotal": True}, {"anchorOffset": self._draw.randint(-2, 2)})
        by = self._pick("id", "name", "@type", "domainId", "createdAt")
        arguments |= self._pick({}, {"sort": [{"property": by, "isAscending": self._pick(True, False)}]})
        return jmap(("x:Account/query", arguments))

    def _destroy(self) -> Ask:
        kind = self._pick("Account", "MailingList", "Role", "Domain")
        kinds = ("Account", "Group") if kind == "Account" else (kind,)
        return jmap((f"x:{kind}/set", {"destroy": [self._one(*kinds) for _ in range(self._draw.randint(1, 2))]}))

    def _key(self) -> Ask:
        account, kind = self._one("Account"), self._pick("AppPassword", "AppPassword", "ApiKey")
        moment = self._pick("2031-01-01T00:00:00Z", "2020-01-01T00:00:00Z", None)
        self._made += 1
        name = f"key{self._made}"
        self._keys.append((account, name))
        other, known = self._pick(*self._keys)
        return jmap(
            self._pick(
                (f"x:{kind}/set", {"accountId": account, "create": {name: {"description": "x", "expiresAt": moment}}}),
                (f"x:{kind}/set", {"accountId": other, "update": {f"${known}": {"expiresAt": moment}}}),
                (f"x:{kind}/set", {"accountId": other, "destroy": [f"${known}"]}),
                (f"x:{kind}/get", {"accountId": account, "ids": None}),
                (f"x:{kind}/query", {"accountId": account}),
            )
        )

    def _sign_in(self) -> Ask:
        login = f"{self._pick(*_NAMES, 'info')}@{self._pick('%D', '%D', 'al.%D', 'b.%D')}"
        secrets = [
            STRONG,
            STRONG,
            "Another-Long-Pass-77-phrase",
            "wrong",
            *(f"${name}.secret" for _, name in self._keys),
        ]
        return Ask("GET", self._pick("/api/account", "/jmap/session"), None, (login, self._pick(*secrets)))

    def _several(self) -> Ask:
        return jmap(
            *(
                (method, arguments)
                for ask in (self._query(), self._get(), self._update_account(), self._get())
                for method, arguments, _ in ask.body["methodCalls"]
            )
        )


REST: Final = {f"random rest {seed}": Rest(seed).steps(STEPS) for seed in SEEDS}
JMAP: Final = {f"random jmap {seed}": Jmap(seed).steps(STEPS) for seed in SEEDS}
