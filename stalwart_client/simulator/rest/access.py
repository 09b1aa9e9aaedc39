"""Who is calling 0.15, what they may do, and what they may give to others (rest.md 1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from stalwart_client.simulator import http, passwords, permissions
from stalwart_client.simulator.http import Denied, Request
from stalwart_client.simulator.rest.errors import other
from stalwart_client.simulator.state import PRINCIPAL, State, stamp
from stalwart_client.simulator.tables import Doc

ADMIN_ID: Final = 4294967295
OAUTH: Final = "oauth"
ADMIN_NAME: Final = "Fallback Administrator"
BUILT_IN: Final = {"user": "user", "admin": "admin", "tenant-admin": "tenant"}
CHALLENGES: Final = ('Bearer realm="Stalwart Server"', 'Basic realm="Stalwart Server"')


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in account."""

    number: int
    name: str
    permissions: frozenset[str]
    is_basic: bool

    def needs(self, *names: str) -> None:
        """Let pass only who has all these permissions.

        :raises Denied: with 403, which does not say what is missing
        """
        if not self.permissions.issuperset(names):
            raise Denied(http.forbidden())

    def may_grant(self, state: State, roles: Iterable[str], granted: Iterable[str] = ()) -> None:
        """Let pass only who holds everything that is to be given (rest.md 1.5, grant rules).

        :raises ApiError: naming the first role or permission that the caller cannot give
        """
        for role in roles:
            if not self.permissions.issuperset(role_permissions(state, role)):
                raise other("Invalid role", f'Your account cannot grant the "{role}" role')
        for name in granted:
            if name not in self.permissions:
                raise other("Invalid permission", f'Your account cannot grant the "{name}" permission')


def sign_in(state: State, request: Request, admin: tuple[str, str], *, is_http: bool = True) -> Caller:
    """Find out who is calling; only by HTTP it does not matter in which letters the name is written.

    :raises Denied: with 401, 402 or 403
    """
    scheme, rest = request.credentials
    if not rest:
        raise Denied(http.unauthorized())
    if scheme == "basic":
        login, secret = _credentials(rest)
        return _check(state, (login.strip().lower() if is_http else login, secret), admin, is_basic=True)
    if scheme == "bearer" and rest.startswith("api_") and request.path.startswith("/api/"):
        login, secret = _credentials(rest.removeprefix("api_"))
        return _check(state, (login.strip().lower(), secret), admin, is_basic=False)
    if scheme == "bearer":
        return _by_token(state, rest)
    raise Denied(http.unauthorized(*CHALLENGES))


def token_row(state: State, kind: str, given: str) -> tuple[int, Doc] | None:
    """Find a code or a token that was given out and has not expired."""
    now = stamp(state.clock())
    for number in state.table(OAUTH).find("token", given):
        doc = state.table(OAUTH).rows[number]
        if doc["kind"] == kind and doc["expires"] > now:
            return number, doc
    return None


def effective(state: State, doc: Doc) -> frozenset[str]:
    """Return what a principal may do; a denial anywhere wins."""
    granted, denied = set(doc["enabledPermissions"]), set(doc["disabledPermissions"])
    for role in doc["belongs"]:
        _add_role(state, role, granted, denied, set())
    return frozenset(granted - denied)


def role_permissions(state: State, name: str) -> frozenset[str]:
    """Return what a role gives, nothing if there is no such role."""
    number = state.table(PRINCIPAL).one("name", name)
    doc = state.table(PRINCIPAL).get(number) if number is not None else None
    if doc is not None and doc["type"] == "role":
        return effective(state, doc)
    return permissions.of_role("0.15", BUILT_IN[name]) if name in BUILT_IN else frozenset()


def _add_role(state: State, role: int | str, granted: set[str], denied: set[str], seen: set[int | str]) -> None:
    if role in seen:
        return
    seen.add(role)
    if isinstance(role, str):
        granted |= permissions.of_role("0.15", BUILT_IN[role])
        return
    doc = state.table(PRINCIPAL).get(role)
    if doc is not None and doc["type"] == "role":
        granted |= set(doc["enabledPermissions"])
        denied |= set(doc["disabledPermissions"])
        for parent in doc["belongs"]:
            _add_role(state, parent, granted, denied, seen)


def _by_token(state: State, given: str) -> Caller:
    """Admit an access token; it outlives a change of the password, but no lock."""
    found = token_row(state, "access", given)
    number = found[1]["account"] if found else 0
    if number == ADMIN_ID:
        return Caller(ADMIN_ID, ADMIN_NAME, permissions.everything("0.15"), is_basic=False)
    doc = state.table(PRINCIPAL).get(number)
    if doc is None:
        raise Denied(http.unauthorized(*CHALLENGES))
    return _admitted(state, number, doc, is_basic=False)


def _credentials(encoded: str) -> tuple[str, str]:
    found = http.login_and_secret(encoded)
    if found is None:
        raise Denied(http.unauthorized(*CHALLENGES))
    return found


def _check(state: State, credentials: tuple[str, str], admin: tuple[str, str], *, is_basic: bool) -> Caller:
    """Look the login up by principal name only, then try the fallback administrator."""
    login, secret = credentials
    number = state.table(PRINCIPAL).one("name", login)
    if number is not None:
        doc = state.table(PRINCIPAL).rows[number]
        if _opens(state, doc, secret):
            return _admitted(state, number, doc, is_basic=is_basic)
    if login == admin[0] and passwords.matches(admin[1], secret):
        return Caller(ADMIN_ID, ADMIN_NAME, permissions.everything("0.15"), is_basic)
    raise Denied(http.unauthorized(), login=login)


def _admitted(state: State, number: int, doc: Doc, *, is_basic: bool) -> Caller:
    granted = effective(state, doc)
    if "authenticate" not in granted:
        raise Denied(http.forbidden())
    return Caller(number, doc["name"], granted, is_basic)


def _opens(state: State, doc: Doc, given: str) -> bool:
    """Say whether a secret opens a principal: an app password by itself, the password with TOTP if there is one.

    :raises Denied: with 402 if only the TOTP code is missing, 401 if what is stored is unusable
    """
    secrets: list[str] = doc["secrets"]
    urls = [secret for secret in secrets if secret.startswith("otpauth://")]
    apps = [secret.split("$", 3)[3] for secret in secrets if secret.startswith("$app$") and secret.count("$") > 2]
    own = [secret for secret in secrets if not secret.startswith(("otpauth://", "$app$"))]
    try:
        if any(passwords.matches(app, given) for app in apps):
            return True
        if not urls:
            return any(passwords.matches(secret, given) for secret in own)
        return _opens_with_code(state, own, urls[0], given)
    except passwords.Unusable as exc:
        raise Denied(http.unauthorized(*CHALLENGES)) from exc


def _opens_with_code(state: State, own: list[str], url: str, given: str) -> bool:
    password, _, code = given.rpartition("$")
    if code in passwords.totp_codes(url, state.clock()):
        return any(passwords.matches(secret, password) for secret in own)
    if any(passwords.matches(secret, given) for secret in own):
        words = "A TOTP code is required to authenticate this account. "
        words += "Try authenticating again using 'secret$totp_token'."
        raise Denied(http.problem(402, "TOTP code required", words))
    return False
