"""Who may come, and how often: budgets, bans and what lifts them, seen through a proxy that both servers are told to trust.

A server on this machine exempts it from all of that, so the steps come with `X-Forwarded-For`. The settings are put
back at the end; other clients of the server, which come without that header, notice nothing but the trust.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from tests.simulator.differential import Ask, api, jmap
from tests.simulator.steps_jmap import DOMAIN, END, create, destroy, get, password, query, update, user

SECRET: Final = "Correct-Horse-9-battery-staple"
WRONG: Final = ("ana@%D", "wrong")


def coming(address: str, ask: Ask, header: str = "x-forwarded-for") -> Ask:
    """Return a request as if it came from an address."""
    return replace(ask, headers={**ask.headers, header: address})


def often(times: int, ask: Ask) -> list[Ask]:
    return [ask] * times


def _setting(key: str, value: str) -> Ask:
    wish = {"type": "insert", "prefix": None, "values": [[key, value]], "assert_empty": False}
    return api("POST", "/settings", [wish])


_LOOK: Final = Ask("GET", "/api/account/auth", who=WRONG)
_HEALTH: Final = Ask("GET", "/healthz/live", who=None)
_KEYS: Final = (
    "http.use-x-forwarded",
    "http.rate-limit.anonymous",
    "http.rate-limit.account",
    "server.auto-ban.auth.rate",
    "server.allowed-ip.203.0.113.20",
    "server.blocked-ip.203.0.113.64/26",
    "server.blocked-ip.203.0.113.30",
    *(f"server.blocked-ip.203.0.113.{last}" for last in (8, 9, 15, 20, 40, 41)),
    "server.blocked-ip.2001:db8::5",
)

REST: Final = [
    api("POST", "/principal", {"type": "domain", "name": "%D"}),
    api("POST", "/principal", {"name": "ana@%D", "secrets": [SECRET], "roles": ["user"]}),
    coming("203.0.113.5", _HEALTH),
    _setting("http.use-x-forwarded", "true"),
    _setting("http.rate-limit.anonymous", "5/1h"),
    _setting("http.rate-limit.account", "12/1h"),
    _setting("server.auto-ban.auth.rate", "5/1d"),
    *often(7, coming("203.0.113.5", _HEALTH)),
    api("GET", "/reload?dry-run=1"),
    *often(7, coming("203.0.113.5", _HEALTH)),
    api("GET", "/reload"),
    *often(4, coming("203.0.113.5", _HEALTH)),
    coming("203.0.113.5", Ask("GET", "/api/principal", who=None)),
    coming("203.0.113.5", Ask("GET", "/api/principal", who=None)),
    *(
        coming("203.0.113.5", Ask(method, path, who=None))
        for method, path in [
            ("GET", "/healthz/live"),
            ("GET", "/.well-known/jmap"),
            ("GET", "/.well-known/caldav"),
            ("GET", "/.well-known/mta-sts.txt"),
            ("GET", "/jmap/session"),
            ("POST", "/jmap"),
            ("GET", "/robots.txt"),
            ("GET", "/mail/config-v1.1.xml"),
            ("OPTIONS", "/api/principal"),
            ("GET", "/nothing"),
            ("POST", "/auth/token"),
            ("GET", "/api/nothing"),
        ]
    ),
    coming("203.0.113.5", Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    coming("203.0.113.5", Ask("GET", "/api/principal", headers={"authorization": "Bearer x"}, who=None)),
    coming("203.0.113.5", Ask("GET", "/api/principal", headers={"authorization": "Basic !!!"}, who=None)),
    coming("203.0.113.5", Ask("GET", "/api/principal", headers={"authorization": "Digest x"}, who=None)),
    *often(7, coming("203.0.113.8", _LOOK)),
    coming("203.0.113.8", _HEALTH),
    coming("203.0.113.8", Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    coming("203.0.113.8", Ask("GET", "/jmap/session", who=None)),
    coming("203.0.113.8, 203.0.113.77", _HEALTH),
    coming("203.0.113.77, 203.0.113.8", _HEALTH),
    coming("for=203.0.113.8", _HEALTH, "forwarded"),
    coming('proto=http;for="[2001:db8::7]"', _HEALTH, "forwarded"),
    coming("nonsense", _HEALTH),
    coming("", _HEALTH),
    api("GET", "/settings/list?prefix=server.blocked-ip"),
    api("DELETE", "/settings/server.blocked-ip.203.0.113.8"),
    coming("203.0.113.8", _HEALTH),
    api("GET", "/reload/lookup"),
    coming("203.0.113.8", _HEALTH),
    api("GET", "/reload/server.blocked-ip"),
    coming("203.0.113.8", _HEALTH),
    coming("203.0.113.8", _LOOK),
    coming("203.0.113.8", _HEALTH),
    api("DELETE", "/settings/server.blocked-ip.203.0.113.8"),
    api("GET", "/reload/server.blocked-ip"),
    api("GET", "/store/purge/in-memory/default/rate-auth"),
    replace(coming("203.0.113.8", _LOOK), pause=1.0),
    coming("203.0.113.8", _HEALTH),
    coming("203.0.113.15", Ask("GET", "/wp-login.php", who=None)),
    coming("203.0.113.15", _HEALTH),
    coming("203.0.113.40", Ask("GET", "/api/x.php", who="admin")),
    coming("203.0.113.40", _HEALTH),
    coming("203.0.113.41", Ask("GET", "/JOOMLA/x", who=None)),
    coming("203.0.113.41", _HEALTH),
    _setting("server.allowed-ip.203.0.113.20", ""),
    api("GET", "/reload"),
    *often(8, coming("203.0.113.20", _LOOK)),
    *often(7, coming("203.0.113.20", _HEALTH)),
    coming("203.0.113.20", Ask("GET", "/x.php", who=None)),
    coming("203.0.113.20", _HEALTH),
    _setting("server.blocked-ip.203.0.113.20", ""),
    _setting("server.blocked-ip.203.0.113.30", ""),
    _setting("server.blocked-ip.203.0.113.64/26", ""),
    _setting("server.blocked-ip.2001:db8::5", ""),
    coming("203.0.113.30", _HEALTH),
    api("GET", "/reload/server.blocked-ip"),
    *(coming(f"203.0.113.{last}", _HEALTH) for last in (20, 30, 63, 64, 127, 128)),
    api("GET", "/reload"),
    *(coming(f"203.0.113.{last}", _HEALTH) for last in (20, 30, 63, 64, 127, 128)),
    coming("2001:db8::5", _HEALTH),
    coming("2001:0db8:0::5", _HEALTH),
    *often(13, Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    Ask("GET", "/api/account/auth", who=WRONG),
    Ask("GET", "/jmap/session", who=("ana@%D", SECRET)),
    *(api("DELETE", f"/settings/{key.replace('/', '%2F')}") for key in _KEYS),
    api("GET", "/store/purge/in-memory/default/rate-auth"),
    api("GET", "/reload"),
    coming("203.0.113.30", _HEALTH),
    api("GET", "/settings/list?prefix=server.blocked-ip"),
]


def _singleton(kind: str, **properties: Any) -> tuple[str, dict[str, Any]]:
    return update(kind, "singleton", **properties)


def _rate(count: int, period: int = 3_600_000) -> dict[str, int]:
    return {"count": count, "period": period}


_ACCOUNT: Final = Ask("GET", "/api/account", who=WRONG)
_GOOD: Final = Ask("GET", "/api/account", who=("ana@%D", SECRET))
_RELOAD: Final = jmap(create("Action", a={"@type": "ReloadSettings"}))
_UNBLOCK: Final = jmap(create("Action", a={"@type": "ReloadBlockedIps"}))

JMAP: Final = [
    DOMAIN,
    jmap(create("Account", ana=user("ana", credentials=password(SECRET)))),
    jmap(
        _singleton("Http", useXForwarded=True, rateLimitAnonymous=_rate(5), rateLimitAuthenticated=_rate(8)),
        _singleton("Security", authBanRate=_rate(5, 86_400_000)),
    ),
    *often(7, coming("203.0.113.5", _HEALTH)),
    _RELOAD,
    *often(4, coming("203.0.113.5", _HEALTH)),
    *often(2, coming("203.0.113.5", Ask("GET", "/api/account", who=None))),
    *(
        coming("203.0.113.5", Ask(method, path, who=None))
        for method, path in [
            ("GET", "/healthz/live"),
            ("GET", "/healthz/nothing"),
            ("GET", "/.well-known/jmap"),
            ("GET", "/.well-known/caldav"),
            ("GET", "/.well-known/openid-configuration"),
            ("GET", "/jmap/session"),
            ("POST", "/jmap"),
            ("GET", "/robots.txt"),
            ("GET", "/mail/config-v1.1.xml"),
            ("OPTIONS", "/api/account"),
            ("GET", "/nothing"),
            ("GET", "/api/nothing"),
            ("GET", "/api/principal"),
            ("GET", "/api/discover/x@y.test"),
            ("GET", "/api/schema"),
        ]
    ),
    coming("203.0.113.5", _GOOD),
    coming("203.0.113.5", Ask("GET", "/api/account", headers={"authorization": "Bearer x"}, who=None)),
    coming("203.0.113.5", Ask("GET", "/api/account", headers={"authorization": "Basic !!!"}, who=None)),
    coming("203.0.113.5", Ask("GET", "/api/account", headers={"authorization": "Digest x"}, who=None)),
    coming("203.0.113.6", Ask("GET", "/api/account", who=("nobody@%D", "x"))),
    *often(9, coming("203.0.113.6", _GOOD)),
    _GOOD,
    coming("203.0.113.6", Ask("GET", "/api/account", who="admin")),
    *often(7, coming("203.0.113.8", _ACCOUNT)),
    coming("203.0.113.8", _HEALTH),
    coming("203.0.113.8", _GOOD),
    coming("203.0.113.8", Ask("GET", "/jmap/session", who=None)),
    coming("203.0.113.8, 203.0.113.77", _HEALTH),
    coming("203.0.113.77, 203.0.113.8", _HEALTH),
    coming("for=203.0.113.8", _HEALTH, "forwarded"),
    coming("nonsense", _HEALTH),
    jmap(query("BlockedIp", filter={"address": "203.0.113.8"}, calculateTotal=True)),
    jmap(
        query("BlockedIp", filter={"address": "203.0.113.8"}),
        ("x:BlockedIp/get", {"#ids": {"resultOf": "0", "name": "x:BlockedIp/query", "path": "/ids"}}),
    ),
    jmap(
        query("BlockedIp", filter={"address": "203.0.113.8"}),
        ("x:BlockedIp/set", {"#destroy": {"resultOf": "0", "name": "x:BlockedIp/query", "path": "/ids"}}),
    ),
    coming("203.0.113.8", _HEALTH),
    _RELOAD,
    coming("203.0.113.8", _HEALTH),
    _UNBLOCK,
    coming("203.0.113.8", _HEALTH),
    coming("203.0.113.15", Ask("GET", "/wp-login.php", who=None)),
    coming("203.0.113.15", _HEALTH),
    coming("203.0.113.16", Ask("GET", "/wp/login.php", who=None)),
    coming("203.0.113.16", _HEALTH),
    coming("203.0.113.17", Ask("GET", "/api/x.php", who=None)),
    coming("203.0.113.17", _HEALTH),
    jmap(create("AllowedIp", allow={"address": "203.0.113.20", "reason": "panel"})),
    coming("203.0.113.20", _HEALTH),
    *often(8, coming("203.0.113.20", _ACCOUNT)),
    coming("203.0.113.20", _HEALTH),
    jmap(
        create("BlockedIp", b30={"address": "203.0.113.30"}, b64={"address": "203.0.113.64/26"}),
        create("BlockedIp", b50={"address": "203.0.113.50", "expiresAt": "2020-01-01T00:00:00Z"}),
        create("BlockedIp", b51={"address": "203.0.113.51", "expiresAt": "2099-01-01T00:00:00Z"}),
        create("AllowedIp", a31={"address": "203.0.113.31"}),
        create("BlockedIp", b31={"address": "203.0.113.31"}),
    ),
    *(coming(f"203.0.113.{last}", _HEALTH) for last in (30, 31, 50, 51, 63, 64, 127, 128)),
    _UNBLOCK,
    *(coming(f"203.0.113.{last}", _HEALTH) for last in (30, 31, 50, 51, 63, 64, 127, 128)),
    _RELOAD,
    *(coming(f"203.0.113.{last}", _HEALTH) for last in (31, 50)),
    jmap(get("BlockedIp", "$b50", "$b51")),
    jmap(destroy("BlockedIp", "$b30", "$b64", "$b50", "$b51", "$b31"), destroy("AllowedIp", "$allow", "$a31")),
    *(
        jmap(
            query("BlockedIp", filter={"address": f"203.0.113.{last}"}),
            ("x:BlockedIp/set", {"#destroy": {"resultOf": "0", "name": "x:BlockedIp/query", "path": "/ids"}}),
        )
        for last in (8, 15, 16, 17, 20)
    ),
    jmap(
        _singleton(
            "Http",
            useXForwarded=False,
            rateLimitAnonymous=_rate(100, 60_000),
            rateLimitAuthenticated=_rate(1000, 60_000),
        ),
        _singleton("Security", authBanRate=_rate(100, 86_400_000)),
    ),
    _RELOAD,
    _UNBLOCK,
    coming("203.0.113.30", _HEALTH),
    jmap(destroy("Account", "$ana")),
    END,
]
