"""mozilla-django-oidc's way through the code flow, with the checks that it leaves out (identity.md, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts import provider
from accounts.domain.signing import Claims, Refusal, SignInRefused
from accounts.models import Staff
from accounts.services import signing
from accounts.web.access import actor
from accounts.web.clock import now

_REFUSALS = {
    provider.ProviderAway: Refusal.PROVIDER_AWAY,
    provider.ProviderWrong: Refusal.PROVIDER_WRONG,
    provider.TokenRefused: Refusal.TOKEN_WRONG,
}
PATH = "accounts.web.oidc.backend.ProviderBackend"


def callback_address() -> str:
    """Return where the provider sends people back to: one address, whatever host name a browser used."""
    return settings.PUBLIC_URL + reverse(settings.OIDC_AUTHENTICATION_CALLBACK_URL)


def refusal(error: provider.ProviderError) -> SignInRefused:
    return SignInRefused(_REFUSALS[type(error)], str(error))


class ProviderBackend(OIDCAuthenticationBackend):  # type: ignore[misc] # mozilla_django_oidc has no types
    """Turns an answer of the provider into a person of ours; afterwards `claims` and `id_token` are what it said."""

    claims: Claims
    id_token: str

    def __init__(self) -> None:
        # Not the library's: Django makes a backend for every request, and must not ask the provider each time.
        self.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_ID
        self.OIDC_RP_CLIENT_SECRET = settings.OIDC_RP_CLIENT_SECRET
        self.UserModel = Staff
        self._expected: Staff | None = None

    def authenticate(
        self, request: HttpRequest, *, nonce: str, code_verifier: str, expected: Staff | None = None
    ) -> Staff | None:
        """Return who signed in; `expected` is somebody who is signed in already, and must be the same.

        :raises SignInRefused: for whatever is wrong; nothing but that comes out of here
        """
        self._expected = expected
        try:
            staff: Staff | None = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        except provider.ProviderError as error:
            raise refusal(error) from error
        return staff

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        return provider.send_form(provider.endpoints().token, {**payload, "redirect_uri": callback_address()})

    def verify_token(self, token: object, **kwargs: Any) -> dict[str, Any]:
        return provider.read_id_token(token, nonce=kwargs["nonce"], now=now())

    def store_tokens(self, _access_token: object, id_token: str) -> None:
        """Keep the hint for signing out; the session gets it once the person is let in."""
        self.id_token = id_token

    def get_userinfo(self, access_token: object, _id_token: object, payload: dict[str, Any]) -> dict[str, Any]:
        """Return what userinfo adds to the signed token; it never changes who it is."""
        address = provider.endpoints().userinfo
        if not address:
            return payload
        if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
            raise provider.ProviderWrong("It gave no access token.")
        said = provider.read(address, token=access_token)
        if said.get("sub") != payload["sub"]:
            raise provider.TokenRefused("Userinfo speaks of somebody else (sub).")
        proven = ("iss", "sub", "auth_time", "sid")
        return {**payload, **said} | {name: payload.get(name) for name in proven}

    def get_or_create_user(self, access_token: object, id_token: str, payload: dict[str, Any]) -> Staff:
        self.claims = claims_of(self.get_userinfo(access_token, id_token, payload))
        by = actor(self.request, self._expected.username if self._expected else self.claims.username)
        if self._expected is None:
            return signing.enter_by_provider(self.claims, by=by, now=now())
        return signing.check_by_provider(self._expected, self.claims, by=by, now=now())

    def get_user(self, user_id: int) -> Staff | None:
        """Return whose session this is; whoever was shut out or lost their role is nobody at once."""
        return Staff.objects.filter(pk=user_id, is_active=True, no_role_since=None).first()


def claims_of(said: Mapping[str, Any]) -> Claims:
    """Return what a person's claims say, tidied: only who it is was checked letter by letter."""
    groups = said.get(settings.OIDC_ROLE_CLAIM) or []
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Claims(
        issuer=said["iss"],
        subject=said["sub"],
        name=_text(said.get("name")),
        email=_text(said.get("email")),
        username=_text(said.get("preferred_username")),
        groups=frozenset(group for group in listed if isinstance(group, str) and group.isprintable()),
        session=_text(said.get("sid")),
        signed_in_at=provider.moment_of(said.get("auth_time")),
    )


def _text(value: object) -> str:
    """Return text that can be kept and shown: no database takes a NUL or half a character."""
    return "".join(filter(str.isprintable, value)) if isinstance(value, str) else ""
