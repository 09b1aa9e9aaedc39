"""Who is calling 0.16, what the credential may do, and what its owner may give to others (jmap.md 2.4 to 2.7)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from stalwart_client.simulator import http, ids, passwords, permissions
from stalwart_client.simulator.http import Denied, Request
from stalwart_client.simulator.jmap.errors import SetError, unavailable
from stalwart_client.simulator.jmap.types import TYPES
from stalwart_client.simulator.state import State, stamp
from stalwart_client.simulator.tables import Doc

CHALLENGES: Final = (
    'Bearer realm="Stalwart Server", resource_metadata="/.well-known/oauth-protected-resource"',
    'Basic realm="Stalwart Server"',
)
EXPIRED: Final = frozenset(
    {"authenticate", "authenticateWithAlias", "sysAccountPasswordGet", "sysAccountPasswordUpdate", "emailReceive"}
)
"""All that is left of an account's permissions while its main password has expired (lifecycle.md)."""
_DEFAULT_ROLES: Final = {"User": "defaultUserRoleIds", "Admin": "defaultAdminRoleIds", "Default": "defaultGroupRoleIds"}
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in credential and its account."""

    account: str
    name: str
    permissions: frozenset[str]
    """What this credential may do."""
    owned: frozenset[str]
    """What its account may do; both are the same but for restricted app passwords and API keys."""

    @property
    def is_recovery_admin(self) -> bool:
        return self.account == ids.RECOVERY_ADMIN

    def has(self, name: str) -> bool:
        return name in self.permissions

    def check_grant(self, granted: Iterable[str]) -> None:
        """Let pass only who holds everything that is to be given.

        :raises SetError: naming the first five of what is missing
        """
        missing = permissions.in_order("0.16", set(granted) - self.permissions)
        if missing:
            more = len(missing) - _NAMED
            names = ", ".join(missing[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            raise SetError("forbidden", f"You are not authorized to grant permissions: {names}")


def sign_in(state: State, request: Request, admin: tuple[str, str]) -> Caller:
    """Find out who is calling.

    :raises Denied: with 401, 402 or 403
    """
    scheme, rest = request.credentials
    if scheme == "basic":
        return _basic(state, request, rest, admin)
    if scheme == "bearer" and rest.startswith("API_"):
        return _api_key(state, request, rest.removeprefix("API_"))
    raise Denied(http.unauthorized(*CHALLENGES))


def in_force(state: State, name: str) -> Doc:
    """Return a settings object as the last reload found it, or as it is by default."""
    return state.table(f"active:{name}").get(0) or _by_default(name)


@cache
def _by_default(name: str) -> Doc:
    return TYPES[name].default()


def effective(state: State, doc: Doc) -> frozenset[str]:
    """Return what an account may do: its roles, merged with or replaced by its own permissions."""
    own = doc["permissions"]
    granted, denied = set(own.get("enabledPermissions", ())), set(own.get("disabledPermissions", ()))
    if own["@type"] != "Replace":
        _add_roles(state, _role_ids(state, doc), granted, denied)
    return frozenset(granted - denied)


def of_credential(owned: frozenset[str], credential: Doc) -> frozenset[str]:
    """Return what a credential may do of what its account may; a main password may all of it."""
    own = credential.get("permissions", {"@type": "Inherit"})
    if own["@type"] == "Inherit":
        return owned
    named = frozenset(own["permissions"])
    return owned - named if own["@type"] == "Disable" else owned & named


def account_named(state: State, login: str) -> tuple[int, Doc, bool] | None:
    """Find the account with this address or alias; the last value says whether it was an alias."""
    local, _, domain_name = login.lower().strip().partition("@")
    domain = _domain_named(state, domain_name) if domain_name else in_force(state, "SystemSettings")["defaultDomainId"]
    number = state.table("Account").one("address", (local, domain)) if domain else None
    if number is None:
        return None
    doc = state.table("Account").rows[number]
    return number, doc, (doc["name"], doc["domainId"]) != (local, domain)


def is_expired(state: State, credential: Doc) -> bool:
    return bool(credential["expiresAt"]) and credential["expiresAt"] <= stamp(state.clock())


def _role_ids(state: State, doc: Doc) -> Iterable[str]:
    roles = doc["roles"]
    if roles["@type"] == "Custom":
        return list(roles["roleIds"])
    return list(in_force(state, "Authentication")[_DEFAULT_ROLES[roles["@type"]]])


def _add_roles(state: State, waiting: Iterable[str], granted: set[str], denied: set[str]) -> None:
    todo, seen = list(waiting), set()
    while todo:
        number = todo.pop()
        if number in seen:
            continue
        seen.add(number)
        role = state.table("Role").get(ids.decode(number) or 0)
        if role is None:
            raise unavailable()
        granted.update(role["enabledPermissions"])
        denied.update(role["disabledPermissions"])
        todo.extend(role["roleIds"])


def _domain_named(state: State, name: str) -> str | None:
    table = state.table("Domain")
    number = table.one("name", name)
    if number is None:
        number = table.one("aliases", name)
    return None if number is None else ids.encode(number)


def _basic(state: State, request: Request, encoded: str, admin: tuple[str, str]) -> Caller:
    read = http.login_and_secret(encoded)
    if read is None:
        raise Denied(http.unauthorized(*CHALLENGES))
    login, secret = read
    target, percent, master = login.partition("%")
    if percent and "@" in master:
        return _master(state, request, target, f"{master}:{secret}", admin)
    if login.lower() == admin[0]:
        return _recovery_admin(secret, admin)
    found = account_named(state, login)
    if found is None:
        raise _wrong(login)
    number, doc, is_alias = found
    caller = _by_secret(state, request, number, doc, secret, login)
    if is_alias and not (caller.has("authenticateWithAlias") and _alias_is_on(doc, login)):
        raise _wrong(login)
    return caller


def _recovery_admin(secret: str, admin: tuple[str, str]) -> Caller:
    if not passwords.matches(admin[1], secret):
        raise _wrong(admin[0])
    everything = permissions.everything("0.16")
    return Caller(ids.RECOVERY_ADMIN, admin[0], everything, everything)


def _master(state: State, request: Request, target: str, credentials: str, admin: tuple[str, str]) -> Caller:
    """Let somebody who may impersonate in as another account."""
    master = _basic(state, request, base64.b64encode(credentials.encode()).decode(), admin)
    found = account_named(state, target)
    if found is None or not master.has("impersonate"):
        raise _wrong(target)
    number, doc, _ = found
    owned = effective(state, doc)
    return Caller(ids.encode(number), state.address(doc), owned, owned)


def _alias_is_on(doc: Doc, login: str) -> bool:
    local = login.lower().partition("@")[0]
    return any(alias["enabled"] for alias in doc["aliases"].values() if alias["name"] == local)


def _wrong(login: str) -> Denied:
    return Denied(http.unauthorized(*CHALLENGES), login=login.lower())


def _by_secret(state: State, request: Request, number: int, doc: Doc, secret: str, login: str) -> Caller:
    """Try an app password by its form, else the main password; each is a door of its own."""
    kind = "AppPassword" if secret.startswith("app_") else "Password"
    for credential in doc.get("credentials", {}).values():
        if credential["@type"] == kind and _matches(credential, secret):
            return _through(state, request, number, doc, credential)
    raise _wrong(login)


def _matches(credential: Doc, secret: str) -> bool:
    try:
        return passwords.matches(credential["secret"], secret)
    except passwords.Unusable:
        return False


def _through(state: State, request: Request, number: int, doc: Doc, credential: Doc) -> Caller:
    """Admit who has the right secret, as far as the account and the credential allow."""
    owned = effective(state, doc)
    is_main = credential["@type"] == "Password"
    if is_main and credential["otpAuth"]:
        words = "This account requires multi-factor authentication. "
        words += "Alternatively, you can use an app password if your account has one."
        raise Denied(http.problem(402, "MFA code required", words))
    expired = is_expired(state, credential)
    if expired and not is_main:
        raise Denied(http.unauthorized())
    allowed = of_credential(owned, credential)
    if expired:
        allowed &= EXPIRED
    if "authenticate" not in allowed or not _comes_from(request, credential["allowedIps"]):
        raise Denied(http.forbidden())
    return Caller(ids.encode(number), state.address(doc), allowed, owned)


def _comes_from(request: Request, networks: Iterable[str]) -> bool:
    nets = [ipaddress.ip_network(network, strict=False) for network in networks]
    return not nets or any(ipaddress.ip_address(request.remote) in net for net in nets)


def _api_key(state: State, request: Request, encoded: str) -> Caller:
    """Admit an API key, which carries its account's and its own number."""
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error:
        raw = b""
    account, credential_id = int.from_bytes(raw[:4]), ids.encode(int.from_bytes(raw[4:8]))
    doc = state.table("Account").get(account)
    if doc is not None and doc["@type"] == "User":
        for credential in doc["credentials"].values():
            is_it = credential["@type"] == "ApiKey" and credential["credentialId"] == credential_id
            if is_it and _matches(credential, encoded):
                return _through(state, request, account, doc, credential)
    reason = "Failed to decode token."
    state.note("error", "Authentication error", "auth.error", f'listenerId = "http", reason = "{reason}"')
    raise Denied(http.unauthorized(*CHALLENGES))
