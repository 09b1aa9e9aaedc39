"""The panel's own key on 0.16: a role beside the users' own, an account without a password, an API key."""

from __future__ import annotations

from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._errors import AlreadyExists, Invalid, NotPermitted, StalwartError
from stalwart_client._jmap_call import Jmap
from stalwart_client._jmap_facts import NEEDED, TOPICS
from stalwart_client._server_types import Credentials

_UNLIMITED = "unlimitedRequests"
"""Lifts the limit of four requests at once, which counts over all processes of the panel."""

KEY_HOLDER = "The key of the panel"
"""How the account that holds the key is described, so that it can be told from people's."""


def create_key(jmap: Jmap, name: str, *, app_passwords: bool) -> Credentials:
    """Make the panel's key, in two requests: a key cannot name an account that is made in the same one."""
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise Invalid("The name of a key is made of letters, digits and hyphens.", subject="name")
    names = _permissions(app_passwords=app_passwords)
    try:
        role_id, account_id = _make(jmap, name, [*names, _UNLIMITED])
    except NotPermitted:
        role_id, account_id = _make(jmap, name, names)
    try:
        (made,) = jmap.set("x:ApiKey", {"create": {"k": {"description": name}}}, account_id=account_id).values()
        if isinstance(made, StalwartError):
            raise made
        with fitting("a new key"):
            return Credentials(token=str(made["secret"]))
    except StalwartError:
        _unmake(jmap, role_id, account_id)
        raise


def _permissions(*, app_passwords: bool) -> list[str]:
    """Return what the role adds to what every user may do.

    `impersonate` also lets the key read everybody's mail, so it is left out where it can be.
    """
    names = {name for name in NEEDED if name.startswith("sys")} | {"sysAuthenticationGet", "sysRoleGet"}
    for topic, needed in TOPICS.items():
        if topic != "app_passwords" or app_passwords:
            names |= set(needed)
    return sorted(names)


def _make(jmap: Jmap, name: str, permissions: list[str]) -> tuple[str, str]:
    """Make the role, then the account that has it; a role that no account can get is taken back."""
    domain_id, user_roles = _whereabouts(jmap)
    role = {"description": name, "roleIds": user_roles, "enabledPermissions": dict.fromkeys(permissions, True)}
    role_id = _created(jmap, "x:Role", role)
    account = {
        "@type": "User",
        "name": name.lower(),
        "domainId": domain_id,
        "description": KEY_HOLDER,
        "roles": {"@type": "Custom", "roleIds": {role_id: True}},
    }
    try:
        return role_id, _created(jmap, "x:Account", account)
    except StalwartError as error:
        _unmake(jmap, role_id)
        if isinstance(error, AlreadyExists):
            error.subject = name
        raise


def _whereabouts(jmap: Jmap) -> tuple[str, dict[str, bool]]:
    """Return the id of a domain, and the roles that users have by default."""
    sign_in, domains = jmap.call(
        [
            ("x:Authentication/get", {"ids": ["singleton"], "properties": ["defaultUserRoleIds"]}),
            ("x:Domain/query", {"limit": 1, "sort": [{"property": "id", "isAscending": True}]}),
        ]
    )
    with fitting("the roles of users"):
        if not domains["ids"]:
            raise Invalid("The key's account needs a mail domain: make one first.", subject="domain")
        return str(domains["ids"][0]), {str(each): True for each in sign_in["list"][0]["defaultUserRoleIds"]}


def _created(jmap: Jmap, kind: str, body: dict[str, Any]) -> str:
    (made,) = jmap.set(kind, {"create": {"new": body}}).values()
    if isinstance(made, StalwartError):
        raise made
    with fitting("what was made"):
        return str(made["id"])


def _unmake(jmap: Jmap, role_id: str, account_id: str = "") -> None:
    """Leave nothing half made behind, as far as the server lets us."""
    try:
        if account_id:
            jmap.set("x:Account", {"destroy": [account_id]})
        jmap.set("x:Role", {"destroy": [role_id]})
    except StalwartError:
        return
