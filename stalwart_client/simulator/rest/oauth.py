"""Codes and tokens of 0.15: a code for who has signed in, tokens for the code, and what they open (rest.md 1.6).

There are no identity tokens: with the settings of a new server nobody may trust them.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs

from stalwart_client.simulator.http import Request, Response, answer, invalid, unkept
from stalwart_client.simulator.rest.access import ADMIN_ID, OAUTH, Caller, token_row
from stalwart_client.simulator.state import PRINCIPAL, State, stamp
from stalwart_client.simulator.tables import Doc

_LENGTH: Final = 20
_CODE: Final = timedelta(minutes=10)
_DEVICE: Final = timedelta(minutes=30)
_ACCESS: Final = timedelta(hours=1)
_REFRESH: Final = timedelta(days=30)
_RENEWED: Final = timedelta(days=4)
"""A refresh token in its last days comes with a new one."""
_DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"


def new_code(state: State, caller: Caller, client: str, redirect: str) -> str:
    """Return a code that stands for a caller until somebody takes tokens for it."""
    return _issue(state, "code", caller.number, client, _CODE, redirect=redirect)


def token(state: State, request: Request) -> Response:
    """Answer `POST /auth/token`."""
    form = _form(request)
    match form.get("grant_type", "").lower():
        case "authorization_code":
            return _for_code(state, form)
        case kind if kind == _DEVICE_CODE:
            found = token_row(state, "device", form.get("device_code", ""))
            return _refused("expired_token" if found is None else "authorization_pending")
        case "refresh_token":
            return _for_refresh(state, form)
    return _refused("invalid_grant")


def device(state: State, request: Request) -> Response:
    """Answer `POST /auth/device`; nobody approves a device here, so its code stays pending until it expires."""
    client = _form(request).get("client_id")
    if client is None:
        return invalid("Client ID is missing.")
    word = "-".join("".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(4)) for _ in range(2))
    base = f"http://{state.hostname}/authorize"
    return answer(
        {
            "device_code": _issue(state, "device", 0, client, _DEVICE),
            "user_code": word,
            "verification_uri": base,
            "verification_uri_complete": f"{base}/?code={word}",
            "expires_in": int(_DEVICE.total_seconds()),
            "interval": 5,
        }
    )


def introspected(state: State, request: Request) -> Response:
    """Answer `POST /auth/introspect`."""
    given = _form(request).get("token")
    if given is None:
        return invalid("Client ID is missing.")
    found = token_row(state, "access", given)
    return unkept(answer({"active": found is not None}))


def userinfo(state: State, caller: Caller) -> Response:
    """Answer `GET /auth/userinfo`."""
    doc = state.table(PRINCIPAL).get(caller.number) or {"emails": []}
    email = next(iter(doc["emails"]), None)
    told = {"email": email, "email_verified": True} if email else {}
    return unkept(answer({"sub": str(caller.number), "preferred_username": caller.name, **told}))


def _for_code(state: State, form: dict[str, str]) -> Response:
    code, client, redirect = (form.get(name) for name in ("code", "client_id", "redirect_uri"))
    if code is None or client is None or redirect is None:
        return _refused("invalid_client")
    found = token_row(state, "code", code)
    if found is None:
        return _refused("access_denied")
    number, doc = found
    if (client, redirect) != (doc["client"], doc["redirect"]):
        return _refused("invalid_client")
    state.drop(OAUTH, number)
    return _granted(state, doc, with_refresh=True)


def _for_refresh(state: State, form: dict[str, str]) -> Response:
    given = form.get("refresh_token")
    if given is None:
        return _refused("invalid_request")
    found = token_row(state, "refresh", given)
    if found is None or found[1]["password"] != _password(state, found[1]["account"]):
        return _refused("invalid_grant")
    return _granted(state, found[1], with_refresh=found[1]["expires"] <= stamp(state.clock() + _RENEWED))


def _granted(state: State, doc: Doc, *, with_refresh: bool) -> Response:
    account, client = int(doc["account"]), str(doc["client"])
    told = {
        "access_token": _issue(state, "access", account, client, _ACCESS),
        "token_type": "bearer",
        "expires_in": int(_ACCESS.total_seconds()),
    }
    if with_refresh:
        told["refresh_token"] = _issue(state, "refresh", account, client, _REFRESH)
    return answer(told)


def _refused(error: str) -> Response:
    return answer({"error": error}, status=400)


def _issue(state: State, kind: str, account: int, client: str, lasts: timedelta, *, redirect: str = "") -> str:
    given = secrets.token_hex(_LENGTH)
    row = {
        "kind": kind,
        "token": given,
        "account": account,
        "client": client,
        "redirect": redirect,
        "password": _password(state, account),
        "expires": stamp(state.clock() + lasts),
    }
    state.put(OAUTH, state.next_number(OAUTH), row)
    return given


def _password(state: State, account: int) -> str:
    """Return what stands for an account's secrets now; who changes them ends what was issued for the old ones."""
    doc = state.table(PRINCIPAL).get(account)
    if doc is None:
        return "admin" if account == ADMIN_ID else ""
    return hashlib.sha256("\0".join(doc["secrets"]).encode()).hexdigest()


def _form(request: Request) -> dict[str, str]:
    fields = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
