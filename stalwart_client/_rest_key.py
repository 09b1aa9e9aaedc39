"""The panel's own key on 0.15: a role beside the users' own, and an API key that has it."""

from __future__ import annotations

import base64
import hashlib
import re
from secrets import token_urlsafe
from typing import Any

from stalwart_client._errors import AlreadyExists, Invalid, NotPermitted, StalwartError
from stalwart_client._rest_call import PRINCIPALS, Rest
from stalwart_client._rest_facts import NEEDED, TOPICS
from stalwart_client._server_types import Credentials

_UNLIMITED = "unlimited-requests"
"""Lifts the limit of four requests at once, which counts over all processes of the panel."""
_SETTINGS = {"blocked", "dkim_rotation"}
"""Topics that need to read the settings, where the administrator's password and all DKIM keys are."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def create_key(rest: Rest, name: str) -> Credentials:
    """Make the panel's key. Its secret is random, so a fast hash is enough: it is checked with every request."""
    if not _NAME.fullmatch(name) or name in {"user", "admin", "tenant-admin"}:
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
