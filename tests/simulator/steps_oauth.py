"""Codes and tokens of 0.15: how they are got, what they open, and what ends them."""

from __future__ import annotations

from typing import Final

from tests.simulator.differential import Ask, api, patch_principal

ANA: Final = ("ana@%D", "pw-one")
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_CODE: Final = "grant_type=authorization_code&client_id=panel&redirect_uri="
_BODIES: Final = (
    "",
    "x",
    "grant_type=password",
    "grant_type=authorization_code",
    "grant_type=authorization_code&code=x&client_id=panel",
    f"{_CODE}&code=x",
    "grant_type=AUTHORIZATION_CODE&client_id=panel&redirect_uri=&code=x",
    "grant_type=refresh_token",
    "grant_type=refresh_token&refresh_token=x",
    "grant_type=urn:ietf:params:oauth:grant-type:device_code",
    "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x&client_id=panel",
)


def _form(path: str, body: str, who: tuple[str, str] | str | None = None) -> Ask:
    return Ask("POST", path, body, who, _FORM)


def _code(client: str = "panel", **more: str) -> Ask:
    return api("POST", "/oauth", {"type": "code", "client_id": client, **more}, who=ANA)


REST: Final = [
    api("POST", "/principal", {"type": "domain", "name": "%D"}),
    api("POST", "/principal", {"name": ANA[0], "emails": [ANA[0]], "secrets": [ANA[1]], "roles": ["user"]}),
    *(_form("/auth/token", body) for body in _BODIES),
    *(_form("/auth/device", body) for body in ("", "x", "client=panel")),
    *(_form("/auth/introspect", body, who) for body in ("", "token=x") for who in (None, ANA)),
    *(Ask("GET", path, None, who) for path in ("/auth/userinfo", "/auth/token", "/auth/x") for who in (None, ANA)),
    _form("/auth/register", "", None),
    _code(),
    _form("/auth/token", f"{_CODE}&code=$code&x=y".replace("client_id=panel", "client_id=other")),
    _form("/auth/token", f"{_CODE}https://x.test&code=$code"),
    _form("/auth/token", f"{_CODE}&code=$code"),
    _form("/auth/token", f"{_CODE}&code=$code"),
    *(
        Ask("GET", path, None, "$access_token")
        for path in ("/api/account/auth", "/api/principal/ana@%D", "/auth/userinfo")
    ),
    api("POST", "/account/auth", [{"type": "setPassword", "password": "x"}], who="$access_token"),
    api("POST", "/account/auth", [{"type": "addAppPassword", "name": "x", "password": "y"}], who="$access_token"),
    _form("/auth/token", "grant_type=refresh_token&refresh_token=$refresh_token"),
    patch_principal("ana@%D", "set", "secrets", ["pw-two"]),
    Ask("GET", "/api/account/auth", None, "$access_token"),
    _form("/auth/token", "grant_type=refresh_token&refresh_token=$refresh_token"),
    patch_principal("ana@%D", "addItem", "disabledPermissions", "authenticate"),
    Ask("GET", "/api/account/auth", None, "$access_token"),
    patch_principal("ana@%D", "removeItem", "disabledPermissions", "authenticate"),
    Ask("GET", "/api/account/auth", None, "$access_token"),
    api("DELETE", "/principal/ana@%D"),
    Ask("GET", "/api/account/auth", None, "$access_token"),
]
