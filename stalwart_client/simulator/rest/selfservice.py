"""What the holder of an account does for himself on 0.15: passwords, and the code that tells the version."""

from __future__ import annotations

from typing import Any, Final

from stalwart_client.simulator.http import Response, answer, invalid, unkept
from stalwart_client.simulator.permissions import in_order
from stalwart_client.simulator.rest import oauth
from stalwart_client.simulator.rest.access import ADMIN_ID, Caller
from stalwart_client.simulator.rest.errors import Malformed, other
from stalwart_client.simulator.rest.parsing import json_body
from stalwart_client.simulator.rest.patch import ordered_secrets
from stalwart_client.simulator.state import PRINCIPAL, State
from stalwart_client.simulator.tables import Doc

VERSION: Final = "0.15.5"
_NEEDS_BASIC: Final = frozenset({"setPassword", "enableOtpAuth", "disableOtpAuth"})
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "setPassword": ("password",),
    "enableOtpAuth": ("url",),
    "disableOtpAuth": (),
    "addAppPassword": ("name", "password"),
    "removeAppPassword": (),
}


def code(state: State, caller: Caller, body: bytes) -> Response:
    """Answer `POST /api/oauth`, the only place that tells the version (rest.md 1.6)."""
    caller.needs("authenticate-oauth")
    content = json_body(body)
    if not isinstance(content, dict):
        raise Malformed("JSON deserialization failed")
    if content.get("type") == "device" and isinstance(content.get("code"), str):
        return unkept(answer({"data": False}))
    if content.get("type") != "code" or not isinstance(content.get("client_id"), str):
        raise Malformed("JSON deserialization failed")
    if str(content.get("redirect_uri") or "").startswith("http://"):
        raise other("Redirect URI must be HTTPS.")
    redirect = str(content.get("redirect_uri") or "")
    told = {
        "code": oauth.new_code(state, caller, content["client_id"], redirect),
        "permissions": in_order("0.15", caller.permissions),
        "version": VERSION,
        "isEnterprise": False,
    }
    return unkept(answer({"data": told}))


def doors(state: State, caller: Caller) -> Response:
    """Answer `GET /api/account/auth`: whether TOTP is on, and the names of the app passwords."""
    caller.needs("manage-passwords")
    doc = state.table(PRINCIPAL).get(caller.number) or {"secrets": []}
    names = [secret.split("$")[2] for secret in doc["secrets"] if secret.startswith("$app$")]
    has_totp = any(secret.startswith("otpauth://") for secret in doc["secrets"])
    return answer({"data": {"otpEnabled": has_totp, "appPasswords": names}})


def change_doors(state: State, caller: Caller, body: bytes) -> Response:
    """Answer `POST /api/account/auth`; values are stored as sent (rest.md 3)."""
    caller.needs("manage-passwords")
    steps = _steps(json_body(body))
    if not steps:
        return invalid("Empty request")
    if caller.number == ADMIN_ID:
        return _change_admin(steps)
    if not caller.is_basic and any(step["type"] in _NEEDS_BASIC for step in steps):
        raise other("Password changes only allowed using Basic auth")
    doc = dict(state.table(PRINCIPAL).rows[caller.number])
    for step in steps:
        doc["secrets"] = ordered_secrets(_after(doc["secrets"], step))
    state.put(PRINCIPAL, caller.number, doc)
    return answer({"data": None})


def _change_admin(steps: list[Doc]) -> Response:
    """Let the fallback administrator change his password; it lives in the configuration, so here it stays."""
    if steps[0]["type"] != "setPassword":
        raise other("Fallback administrator accounts do not support 2FA or AppPasswords")
    return answer({"data": None})


def _after(secrets_now: list[str], step: Doc) -> list[str]:
    match step["type"]:
        case "setPassword":
            return [step["password"]]
        case "enableOtpAuth":
            return [step["url"], *_without(secrets_now, "otpauth://")]
        case "disableOtpAuth":
            return _without(secrets_now, step.get("url") or "otpauth://")
        case "addAppPassword":
            return [*secrets_now, f"$app${step['name']}${step['password']}"]
        case _:
            return _without(secrets_now, f"$app${step.get('name') or ''}")


def _without(secrets_now: list[str], beginning: str) -> list[str]:
    return [secret for secret in secrets_now if not secret.startswith(beginning)]


def _steps(content: Any) -> list[Doc]:
    if not isinstance(content, list):
        raise Malformed("JSON deserialization failed")
    for step in content:
        needed = _NEEDED.get(str(step.get("type"))) if isinstance(step, dict) else None
        if needed is None or not all(isinstance(step.get(name), str) for name in needed):
            raise Malformed("JSON deserialization failed")
    return content
