"""The panel's own key on 0.15: a role beside the users' own, and an API key that has it (rest.md 1.5)."""

from __future__ import annotations

import base64
import hashlib
import re
from secrets import token_urlsafe
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._errors import AlreadyExists, Invalid, NotFound, NotPermitted, StalwartError
from stalwart_client._rest_call import PRINCIPALS, Rest, quoted
from stalwart_client._rest_facts import NEEDED, TOPICS
from stalwart_client._server_types import Credentials, PanelKey

_UNLIMITED = "unlimited-requests"
"""Lifts the limit of four requests at once, which counts over all processes of the panel."""
_SETTINGS = {"blocked", "dkim_rotation"}
"""Topics that need to read the settings, where the administrator's password and all DKIM keys are."""
_EVERYBODYS = {"user", "admin", "tenant-admin"}
"""Roles that the server brings."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def create_key(rest: Rest, name: str) -> Credentials:
    """Make the panel's key. Its secret is random, so a fast hash is enough: it is checked with every request."""
    if not _NAME.fullmatch(name) or name in _EVERYBODYS:
        raise Invalid("The name of a key is made of small letters, digits and hyphens.", subject="name")
    names = _permissions()
    role = f"{name}-role"
    try:
        _make(rest, _role(role, [*names, _UNLIMITED]))
    except NotPermitted:
        _make(rest, _role(role, names))
    secret = token_urlsafe(32)
    digest = base64.b64encode(hashlib.sha256(secret.encode()).digest()).decode("ascii")
    key = {"type": "apiKey", "name": name, "description": "The key of the panel", "roles": [role]}
    try:
        _make(rest, key | {"secrets": [f"{{SHA256}}{digest}"]})
    except StalwartError:
        _unmake(rest, role)
        raise
    return Credentials(token="api_" + base64.b64encode(f"{name}:{secret}".encode()).decode("ascii"))


def read_key(rest: Rest, name: str) -> PanelKey:
    """Read the key and the roles it has; the users' own role is known to every server and not read."""
    key = _principal(rest, name, "apiKey")
    with fitting("a key"):
        roles = [str(each) for each in key.get("roles", ()) if each not in _EVERYBODYS]
        parts = [_principal(rest, role, "role").get("enabledPermissions", ()) for role in roles]
        found = frozenset(str(permission) for part in parts for permission in part)
    return PanelKey(name=name, permissions=found, missing=tuple(each for each in _permissions() if each not in found))


def _principal(rest: Rest, name: str, kind: str) -> dict[str, Any]:
    """Return a key or a role. What this returns of a key holds its secret.

    :raises NotFound: if there is none
    """
    none = NotFound("The mail server has no such key.", subject=name)
    if not _NAME.fullmatch(name):
        raise none
    try:
        found = rest.call("GET", f"{PRINCIPALS}/{quoted(name)}", idempotent=True)
    except NotFound:
        raise none from None
    with fitting("a key or a role"):
        if found["type"] != kind:
            raise none
        return dict(found)


def _permissions() -> list[str]:
    """Return what the role adds to what every user may do."""
    names = {name for name in NEEDED if name.startswith(("individual-", "domain-", "settings-"))}
    for topic, needed in TOPICS.items():
        if topic not in _SETTINGS:
            names |= set(needed)
    return sorted(names)


def _role(name: str, permissions: list[str]) -> dict[str, Any]:
    return {"type": "role", "name": name, "roles": ["user"], "enabledPermissions": permissions}


def _make(rest: Rest, body: dict[str, Any]) -> None:
    try:
        rest.call("POST", PRINCIPALS, body=body, idempotent=False)
    except AlreadyExists:
        raise AlreadyExists("The name is taken on the mail server.", subject=str(body["name"])) from None


def _unmake(rest: Rest, role: str) -> None:
    try:
        rest.call("DELETE", f"{PRINCIPALS}/{role}", idempotent=True)
    except StalwartError:
        return
