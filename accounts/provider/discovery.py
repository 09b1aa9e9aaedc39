"""The provider's own documents: its endpoints, kept for an hour, and its keys, read anew when an unknown one signs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from accounts.provider.errors import ProviderError, ProviderWrong, TokenRefused
from accounts.provider.fetching import read

_KEEP = 3600.0
_AGAIN = 2.0
"""Seconds between two looks for an unknown key: nobody can make us ask the provider all the time."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    authorize: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    claims: frozenset[str]
    """What it says that it tells of people; a provider need not say, and empty is not known."""


@dataclass(slots=True)
class _Kept:
    endpoints: Endpoints | None = None
    endpoints_at: float = 0.0
    keys: list[dict[str, Any]] | None = None
    keys_at: float = 0.0
    looked_at: float = float("-inf")
    failure: ProviderError | None = None
    failed_at: float = float("-inf")


_kept = _Kept()
_lock = Lock()


def endpoints(*, newer_than: float = _KEEP) -> Endpoints:
    """Return where the provider's doors are, from a document of at most so many seconds ago.

    :raises ProviderError: if it does not answer, or says that it is another one
    """
    asked = time.monotonic()
    with _lock:
        if _kept.endpoints is None or time.monotonic() - _kept.endpoints_at > newer_than:
            _renew(asked)
        assert _kept.endpoints is not None  # noqa: S101 - tells mypy what `_renew` leaves
        return _kept.endpoints


def signing_key(key_id: str | None) -> jwt.PyJWK:
    """Return the public key of this id; a key that we do not know is looked for at the provider.

    :raises TokenRefused: if the provider does not have it either
    """
    address = endpoints().keys
    with _lock:
        if _kept.keys is None or time.monotonic() - _kept.keys_at > _KEEP:
            _look(address)
        found = _find(key_id)
        # A token that names no key would be read by whichever we kept, also an old one.
        if (found is None or key_id is None) and time.monotonic() - _kept.looked_at > _AGAIN:
            _kept.looked_at = time.monotonic()
            _look(address)
            found = _find(key_id)
    if found is None:
        raise TokenRefused("It is signed by a key that the provider does not show.")
    try:
        return jwt.PyJWK(found, algorithm=settings.OIDC_ALGORITHM)
    except jwt.PyJWTError as error:
        raise ProviderWrong(f"The provider's key is no {settings.OIDC_ALGORITHM} key.") from error


def read_keys() -> list[dict[str, Any]]:
    """Return the keys that could sign for us, as the provider shows them now."""
    address = endpoints().keys
    with _lock:
        _look(address)
        return _usable()


def forget() -> None:
    """Forget what is known of the provider."""
    with _lock:
        _kept.endpoints = _kept.keys = _kept.failure = None
        _kept.looked_at = float("-inf")


def _renew(asked: float) -> None:
    """Read the documents; whoever waited while that failed shares the failure.

    Each would wait for a silent provider in turn otherwise, and all threads of the panel stand still with them.
    """
    if _kept.failure and _kept.failed_at >= asked:
        raise type(_kept.failure)(str(_kept.failure))
    try:
        _kept.endpoints = _discover()
    except ProviderError as error:
        _kept.failure, _kept.failed_at = error, time.monotonic()
        raise
    _kept.endpoints_at = time.monotonic()


def _discover() -> Endpoints:
    if not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        raise ProviderWrong("OIDC_CLIENT_ID or OIDC_CLIENT_SECRET is not set.")
    found = read(settings.OIDC_ISSUER.rstrip("/") + "/.well-known/openid-configuration")
    # Compared as it stands: a slash more is another issuer.
    if found.get("issuer") != settings.OIDC_ISSUER:
        raise ProviderWrong(f"It calls itself {str(found.get('issuer'))[:200]!r}; OIDC_ISSUER must be exactly that.")
    return Endpoints(
        authorize=_address(found, "authorization_endpoint"),
        token=_address(found, "token_endpoint"),
        keys=_address(found, "jwks_uri"),
        userinfo=_address(found, "userinfo_endpoint", needed=False),
        end_session=_address(found, "end_session_endpoint", needed=False),
        claims=_words(found.get("claims_supported")),
    )


def _address(found: dict[str, Any], name: str, *, needed: bool = True) -> str:
    """Return one endpoint; behind https everything must be https."""
    value = found.get(name)
    if value is None and not needed:
        return ""
    allowed = {"https", urlsplit(settings.OIDC_ISSUER).scheme}
    if not isinstance(value, str) or urlsplit(value).scheme not in allowed or not urlsplit(value).hostname:
        raise ProviderWrong(f"Its discovery document has no usable {name}.")
    return value


def _words(listed: object) -> frozenset[str]:
    return frozenset(word for word in listed if isinstance(word, str)) if isinstance(listed, list) else frozenset()


def _look(address: str) -> None:
    keys = read(address).get("keys")
    # Authentik without a signing key shows {}.
    if not isinstance(keys, list) or not keys:
        raise ProviderWrong("It shows no keys. Choose a signing key for the provider.")
    _kept.keys = [key for key in keys if isinstance(key, dict)]
    _kept.keys_at = time.monotonic()


def _find(key_id: str | None) -> dict[str, Any] | None:
    """Return the signing key of an id; without one only if there is no choice."""
    fits = _usable()
    if key_id is None:
        return fits[0] if len(fits) == 1 else None
    return next((key for key in fits if key.get("kid") == key_id), None)


def _usable() -> list[dict[str, Any]]:
    """Return the keys for signatures by our algorithm: another kind of key is never tried."""
    kind = "EC" if settings.OIDC_ALGORITHM.startswith("ES") else "RSA"
    return [
        key
        for key in _kept.keys or []
        if key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", settings.OIDC_ALGORITHM) == settings.OIDC_ALGORITHM
    ]
