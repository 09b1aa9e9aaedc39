"""The panel's own key on 0.16 (jmap.md 2.7): a role beside the users' own, an account without a password, a key."""

from __future__ import annotations

from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._errors import AlreadyExists, Invalid, NotFound, NotPermitted, StalwartError
from stalwart_client._jmap_call import Jmap
from stalwart_client._jmap_facts import NEEDED, TOPICS
from stalwart_client._jmap_values import moment
from stalwart_client._server_types import Credentials, PanelKey

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


def read_key(jmap: Jmap, name: str) -> PanelKey:
    """Read the account that holds the key, and the roles it has beside the users' own."""
    ids = jmap.call([("x:Account/query", {"filter": {"name": name.lower()}})])[0]
    with fitting("the holder of a key"):
        holders = jmap.get("x:Account", list(map(str, ids["ids"])), ("description", "roles", "credentials"))
        holder = next((each for each in holders if each["description"] == KEY_HOLDER), None)
        keys = [each for each in holder["credentials"].values() if each["@type"] == "ApiKey"] if holder else []
        if holder is None or not keys:
            raise NotFound("The mail server has no such key.", subject=name)
        role_ids = [str(each) for each, is_set in holder["roles"].get("roleIds", {}).items() if is_set]
        roles = jmap.get("x:Role", role_ids, ("enabledPermissions",))
        found = frozenset(str(each) for role in roles for each, is_set in role["enabledPermissions"].items() if is_set)
        return PanelKey(
            name=name,
            permissions=found,
            missing=tuple(each for each in _permissions(app_passwords=False) if each not in found),
            created_at=moment(keys[0]["createdAt"]),
            expires_at=moment(keys[0]["expiresAt"]),
        )


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
