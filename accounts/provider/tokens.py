"""What the provider signed, read with all that a client must check (OpenID Connect Core 3.1.3.7, Back-Channel 2.6)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from accounts.provider.discovery import signing_key
from accounts.provider.errors import TokenRefused

_LONGEST = 64 * 1024
_LONGEST_NAME = 255
"""OpenID Connect Core, 2: at most 255 ASCII characters."""
_LEEWAY = timedelta(seconds=60)
_LOGOUT_FRESH = timedelta(minutes=5)
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """The provider ended a session: of one sign-in, or everything of a person."""

    id: str
    """A digest of its `jti`: the provider chooses how long that is."""
    subject: str
    session: str


def read_id_token(token: object, *, nonce: str, now: datetime) -> dict[str, Any]:
    """Return the claims of a token that the provider signed for us, now, in answer to this very sign-in.

    :raises TokenRefused: with the one thing that is wrong
    """
    claims = _signed(token)
    _check_addressee(claims)
    _check_times(claims, now, needed=("exp", "iat"))
    said = claims.get("nonce")
    if not isinstance(said, str) or not said.isascii() or not hmac.compare_digest(said, nonce):
        raise TokenRefused("It answers another sign-in (nonce).")
    if not _is_name(claims.get("sub")):
        raise TokenRefused("It names nobody (sub).")
    return claims


def read_logout_token(token: object, *, now: datetime) -> LogoutToken:
    """Return whose sessions the provider wants ended.

    :raises TokenRefused: with the one thing that is wrong
    """
    claims = _signed(token)
    _check_addressee(claims)
    _check_times(claims, now, needed=("iat",))
    if now - _moment(claims, "iat") > _LOGOUT_FRESH:
        raise TokenRefused("It is too old (iat).")
    events = claims.get("events")
    if not isinstance(events, dict) or _LOGOUT_EVENT not in events:
        raise TokenRefused("It is no logout token (events).")
    if "nonce" in claims:
        raise TokenRefused("It is a token of a sign-in (nonce).")
    subject, session, token_id = (claims.get(name, "") for name in ("sub", "sid", "jti"))
    if not all(value == "" or _is_name(value) for value in (subject, session)) or not (subject or session):
        raise TokenRefused("It names no session and nobody (sid, sub).")
    # Only its digest is kept, so it may be as long as the provider likes.
    if not isinstance(token_id, str) or not token_id or not token_id.isprintable():
        raise TokenRefused("It has no id of its own (jti).")
    return LogoutToken(hashlib.sha256(token_id.encode()).hexdigest(), subject, session)


def _signed(token: object) -> dict[str, Any]:
    """Return the claims if the signature is the provider's, by the one algorithm that is agreed."""
    if not isinstance(token, str) or not token:
        raise TokenRefused("There is no token.")
    if len(token) > _LONGEST:
        raise TokenRefused("It is longer than any token.")
    if token.count(".") == 4:
        raise TokenRefused("It is encrypted. Leave the encryption key of the provider empty.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("It is no token.") from error
    # The algorithm is ours to say, never the token's: "none", or HS256 with the public key as secret.
    if header.get("alg") != settings.OIDC_ALGORITHM:
        raise TokenRefused(f"It is not signed by {settings.OIDC_ALGORITHM} (alg).")
    key_id = header.get("kid")
    key = signing_key(key_id if isinstance(key_id, str) else None)
    unchecked = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        claims = jwt.decode(token, key.key, algorithms=[settings.OIDC_ALGORITHM], options=unchecked)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("Its signature is not the provider's.") from error
    return claims


def _check_addressee(claims: dict[str, Any]) -> None:
    if claims.get("iss") != settings.OIDC_ISSUER:
        raise TokenRefused("Another issuer made it (iss).")
    audience, ours = claims.get("aud"), settings.OIDC_CLIENT_ID
    several = audience if isinstance(audience, list) else [audience]
    if ours not in several:
        raise TokenRefused("It is for another program (aud).")
    if claims.get("azp", ours) != ours or (len(several) > 1 and "azp" not in claims):
        raise TokenRefused("It was handed to another program (azp).")


def _check_times(claims: dict[str, Any], now: datetime, *, needed: tuple[str, ...]) -> None:
    times = {name: _moment(claims, name) for name in ("exp", "iat", "nbf") if name in claims or name in needed}
    if "exp" in times and now - _LEEWAY >= times["exp"]:
        raise TokenRefused("It has expired (exp).")
    if "nbf" in times and times["nbf"] > now + _LEEWAY:
        raise TokenRefused("It is not valid yet (nbf).")
    if "iat" in times and times["iat"] > now + _LEEWAY:
        raise TokenRefused("It was made in the future (iat): the two clocks differ.")


def _is_name(value: object) -> bool:
    """Say whether this can name somebody or something: as the standard wants it, and as we can keep it."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isascii() and value.isprintable()


def _moment(claims: dict[str, Any], name: str) -> datetime:
    moment = moment_of(claims.get(name))
    if moment is None:
        raise TokenRefused(f"It has no time ({name}).")
    return moment


def moment_of(value: object) -> datetime | None:
    """Return a time of a token, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
