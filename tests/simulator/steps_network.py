"""Who may come, and how often: budgets, bans and what lifts them, seen through a proxy that both servers trust.

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
    "server.allowed-ip.%N.20",
    "server.blocked-ip.%N.64/26",
    "server.blocked-ip.%N.30",
    *(f"server.blocked-ip.%N.{last}" for last in (8, 9, 15, 20, 40, 41)),
    "server.blocked-ip.2001:db8::5",
)

REST: Final = [
    api("POST", "/principal", {"type": "domain", "name": "%D"}),
    api("POST", "/principal", {"name": "ana@%D", "secrets": [SECRET], "roles": ["user"]}),
    coming("%N.5", _HEALTH),
    _setting("http.use-x-forwarded", "true"),
    _setting("http.rate-limit.anonymous", "5/1h"),
    _setting("http.rate-limit.account", "12/1h"),
    _setting("server.auto-ban.auth.rate", "5/1d"),
    *often(7, coming("%N.5", _HEALTH)),
    api("GET", "/reload?dry-run=1"),
    *often(7, coming("%N.5", _HEALTH)),
    api("GET", "/reload"),
    *often(4, coming("%N.5", _HEALTH)),
    coming("%N.5", Ask("GET", "/api/principal", who=None)),
    coming("%N.5", Ask("GET", "/api/principal", who=None)),
    *(
        coming("%N.5", Ask(method, path, who=None))
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
    coming("%N.5", Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    coming("%N.5", Ask("GET", "/api/principal", headers={"authorization": "Bearer x"}, who=None)),
    coming("%N.5", Ask("GET", "/api/principal", headers={"authorization": "Basic !!!"}, who=None)),
    coming("%N.5", Ask("GET", "/api/principal", headers={"authorization": "Digest x"}, who=None)),
    *often(7, coming("%N.8", _LOOK)),
    coming("%N.8", _HEALTH),
    coming("%N.8", Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    coming("%N.8", Ask("GET", "/jmap/session", who=None)),
    coming("%N.8, %N.77", _HEALTH),
    coming("%N.77, %N.8", _HEALTH),
    coming("for=%N.8", _HEALTH, "forwarded"),
    coming('proto=http;for="[2001:db8::7]"', _HEALTH, "forwarded"),
    coming("nonsense", _HEALTH),
    coming("", _HEALTH),
    api("GET", "/settings/list?prefix=server.blocked-ip"),
    api("DELETE", "/settings/server.blocked-ip.%N.8"),
    coming("%N.8", _HEALTH),
    api("GET", "/reload/lookup"),
    coming("%N.8", _HEALTH),
    api("GET", "/reload/server.blocked-ip"),
    coming("%N.8", _HEALTH),
    coming("%N.8", _LOOK),
    coming("%N.8", _HEALTH),
    api("DELETE", "/settings/server.blocked-ip.%N.8"),
    api("GET", "/reload/server.blocked-ip"),
    api("GET", "/store/purge/in-memory/default/rate-auth"),
    replace(coming("%N.8", _LOOK), pause=1.0),
    coming("%N.8", _HEALTH),
    coming("%N.15", Ask("GET", "/wp-login.php", who=None)),
    coming("%N.15", _HEALTH),
    coming("%N.40", Ask("GET", "/api/x.php", who="admin")),
    coming("%N.40", _HEALTH),
    coming("%N.41", Ask("GET", "/JOOMLA/x", who=None)),
    coming("%N.41", _HEALTH),
    _setting("server.allowed-ip.%N.20", ""),
    api("GET", "/reload"),
    *often(8, coming("%N.20", _LOOK)),
    *often(7, coming("%N.20", _HEALTH)),
    coming("%N.20", Ask("GET", "/x.php", who=None)),
    coming("%N.20", _HEALTH),
    _setting("server.blocked-ip.%N.20", ""),
    _setting("server.blocked-ip.%N.30", ""),
    _setting("server.blocked-ip.%N.64/26", ""),
    _setting("server.blocked-ip.2001:db8::5", ""),
    coming("%N.30", _HEALTH),
    api("GET", "/reload/server.blocked-ip"),
    *(coming(f"%N.{last}", _HEALTH) for last in (20, 30, 63, 64, 127, 128)),
    api("GET", "/reload"),
    *(coming(f"%N.{last}", _HEALTH) for last in (20, 30, 63, 64, 127, 128)),
    coming("2001:db8::5", _HEALTH),
    coming("2001:0db8:0::5", _HEALTH),
    *often(13, Ask("GET", "/api/account/auth", who=("ana@%D", SECRET))),
    Ask("GET", "/api/account/auth", who=WRONG),
    Ask("GET", "/jmap/session", who=("ana@%D", SECRET)),
    *(api("DELETE", f"/settings/{key.replace('/', '%2F')}") for key in _KEYS),
    api("GET", "/store/purge/in-memory/default/rate-auth"),
    api("GET", "/reload"),
    coming("%N.30", _HEALTH),
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
    *often(7, coming("%N.5", _HEALTH)),
    _RELOAD,
    *often(4, coming("%N.5", _HEALTH)),
    *often(2, coming("%N.5", Ask("GET", "/api/account", who=None))),
    *(
        coming("%N.5", Ask(method, path, who=None))
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
    coming("%N.5", _GOOD),
    coming("%N.5", Ask("GET", "/api/account", headers={"authorization": "Bearer x"}, who=None)),
    coming("%N.5", Ask("GET", "/api/account", headers={"authorization": "Basic !!!"}, who=None)),
    coming("%N.5", Ask("GET", "/api/account", headers={"authorization": "Digest x"}, who=None)),
    coming("%N.6", Ask("GET", "/api/account", who=("nobody@%D", "x"))),
    *often(9, coming("%N.6", _GOOD)),
    _GOOD,
    coming("%N.6", Ask("GET", "/api/account", who="admin")),
    *often(7, coming("%N.8", _ACCOUNT)),
    coming("%N.8", _HEALTH),
    coming("%N.8", _GOOD),
    coming("%N.8", Ask("GET", "/jmap/session", who=None)),
    coming("%N.8, %N.77", _HEALTH),
    coming("%N.77, %N.8", _HEALTH),
    coming("for=%N.8", _HEALTH, "forwarded"),
    coming("nonsense", _HEALTH),
    jmap(query("BlockedIp", filter={"address": "%N.8"}, calculateTotal=True)),
    jmap(
        query("BlockedIp", filter={"address": "%N.8"}),
        ("x:BlockedIp/get", {"#ids": {"resultOf": "0", "name": "x:BlockedIp/query", "path": "/ids"}}),
    ),
    jmap(
        query("BlockedIp", filter={"address": "%N.8"}),
        ("x:BlockedIp/set", {"#destroy": {"resultOf": "0", "name": "x:BlockedIp/query", "path": "/ids"}}),
    ),
    coming("%N.8", _HEALTH),
    _RELOAD,
    coming("%N.8", _HEALTH),
    _UNBLOCK,
    coming("%N.8", _HEALTH),
    coming("%N.15", Ask("GET", "/wp-login.php", who=None)),
    coming("%N.15", _HEALTH),
    coming("%N.16", Ask("GET", "/wp/login.php", who=None)),
    coming("%N.16", _HEALTH),
    coming("%N.17", Ask("GET", "/api/x.php", who=None)),
    coming("%N.17", _HEALTH),
    jmap(create("AllowedIp", allow={"address": "%N.20", "reason": "panel"})),
    coming("%N.20", _HEALTH),
    *often(8, coming("%N.20", _ACCOUNT)),
    coming("%N.20", _HEALTH),
    jmap(
        create("BlockedIp", b30={"address": "%N.30"}, b64={"address": "%N.64/26"}),
        create("BlockedIp", b50={"address": "%N.50", "expiresAt": "2020-01-01T00:00:00Z"}),
        create("BlockedIp", b51={"address": "%N.51", "expiresAt": "2099-01-01T00:00:00Z"}),
        create("AllowedIp", a31={"address": "%N.31"}),
        create("BlockedIp", b31={"address": "%N.31"}),
    ),
    *(coming(f"%N.{last}", _HEALTH) for last in (30, 31, 50, 51, 63, 64, 127, 128)),
    _UNBLOCK,
    *(coming(f"%N.{last}", _HEALTH) for last in (30, 31, 50, 51, 63, 64, 127, 128)),
    _RELOAD,
    *(coming(f"%N.{last}", _HEALTH) for last in (31, 50)),
    jmap(get("BlockedIp", "$b50", "$b51")),
    jmap(destroy("BlockedIp", "$b30", "$b64", "$b50", "$b51", "$b31"), destroy("AllowedIp", "$allow", "$a31")),
    *(
        jmap(
            query("BlockedIp", filter={"address": f"%N.{last}"}),
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
    coming("%N.30", _HEALTH),
    jmap(destroy("Account", "$ana")),
    END,
]
