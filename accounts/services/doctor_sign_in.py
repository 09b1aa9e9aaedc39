"""What is wrong with the company's sign-in: its documents, its keys, the way back, and the roles that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import httpx
from django.conf import settings

from accounts import provider
from accounts.models import OidcIdentity, Staff
from accounts.services.findings import Finding, Verdict

_CALLBACK = "/oidc/callback/"
_GUIDE = "docs/authentik.md says what to choose there."


def findings() -> Iterator[Finding]:
    """Look at the provider if there is one; nothing to say where passwords of the panel are the way in."""
    if not settings.OIDC_ENABLED:
        return
    provider.forget()
    claims: frozenset[str] = frozenset()
    try:
        endpoints = provider.endpoints()
    except provider.ProviderError as error:
        yield Finding("company sign-in", Verdict.FAIL, str(error), f"Check OIDC_ISSUER. {_GUIDE}")
        for name in ("signing key", "redirect address"):
            yield Finding(name, Verdict.UNKNOWN, "The company sign-in cannot be read.")
    else:
        claims = endpoints.claims
        yield _documents(endpoints)
        yield _key()
        yield _way_back(endpoints)
    yield _roles(claims)
    yield _emergency()


def _documents(endpoints: provider.Endpoints) -> Finding:
    name = "company sign-in"
    if not endpoints.userinfo:
        found = "It shows no userinfo: names and roles must stand in the token itself."
        return Finding(name, Verdict.WARN, found, _GUIDE)
    if urlsplit(endpoints.end_session)[:2] != urlsplit(settings.OIDC_ISSUER)[:2]:
        found = "It has no way to sign out at its own address: signing out here leaves people signed in there."
        return Finding(name, Verdict.WARN, found, _GUIDE)
    return Finding(name, Verdict.OK, f"It answers at {settings.OIDC_ISSUER}, and calls itself that.")


def _key() -> Finding:
    try:
        keys = provider.read_keys()
    except provider.ProviderError as error:
        return Finding("signing key", Verdict.FAIL, str(error), f"Choose a signing key for the provider. {_GUIDE}")
    if not keys:
        found = f"It shows no key for {settings.OIDC_ALGORITHM}."
        return Finding("signing key", Verdict.FAIL, found, "Set OIDC_ALGORITHM to what its signing key is made for.")
    return Finding("signing key", Verdict.OK, f"It signs with {settings.OIDC_ALGORITHM}.")


def _way_back(endpoints: provider.Endpoints) -> Finding:
    """Begin a sign-in as a browser would: a provider that does not know the way back says so at once."""
    name, address = "redirect address", settings.PUBLIC_URL + _CALLBACK
    values = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": address,
        "scope": "openid",
        "state": "doctor",
        "prompt": "none",
    }
    try:
        answer = httpx.get(
            f"{endpoints.authorize}?{urlencode(values)}",
            timeout=settings.OIDC_TIMEOUT.total_seconds(),
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        return Finding(name, Verdict.UNKNOWN, f"{endpoints.authorize} does not answer: {type(error).__name__}")
    if answer.status_code >= 400:
        found = f"The company sign-in refuses {address} for this client ({answer.status_code})."
        return Finding(name, Verdict.FAIL, found, "Enter it there as a strict redirect URI, and check OIDC_CLIENT_ID.")
    return Finding(name, Verdict.OK, f"{address} was not refused.")


def _roles(claims: frozenset[str]) -> Finding:
    """Say whether the claim ever gave somebody a role: what a token holds is only seen when somebody signs in.

    :param claims: what the provider says that it tells of people, empty if it does not say
    """
    name, claim = "role claim", settings.OIDC_ROLE_CLAIM
    mapped = ", ".join(f"{group} is {role}" for group, role in settings.OIDC_ROLES.items())
    if not mapped:
        return Finding(name, Verdict.FAIL, "OIDC_ROLES gives no group a role.", "Write mail-admins=admin,hr=operator.")
    if claims and claim not in claims and not OidcIdentity.objects.exists():
        found = f"The company sign-in does not list “{claim}” among what it tells of people; {mapped}."
        return Finding(name, Verdict.WARN, found, f"Add its scope mapping there, or set OIDC_ROLE_CLAIM. {_GUIDE}")
    if not OidcIdentity.objects.exists():
        found = f"Nobody has come in by “{claim}” yet; {mapped}."
        return Finding(name, Verdict.WARN, found, "Sign in once. A refusal in the log lists the groups that came.")
    without = Staff.objects.filter(no_role_since__isnull=False, is_active=True).count()
    if not OidcIdentity.objects.filter(staff__no_role_since=None).exists():
        found = f"“{claim}” gives nobody a role any more; {mapped}."
        return Finding(name, Verdict.FAIL, found, "Compare the names with the refusals in the log; capitals count.")
    return Finding(name, Verdict.OK, f"“{claim}” gives the roles; {mapped}; {without} lost theirs.")


def _emergency() -> Finding:
    named = Staff.objects.filter(is_local=True, is_active=True).count()
    if named:
        return Finding("emergency key", Verdict.OK, f"{named} named people have one.")
    found = "Nobody could get in while the company sign-in is away."
    return Finding("emergency key", Verdict.WARN, found, "Run: staff create NAME --role admin --emergency")
