"""The company's sign-in below the pages: several who ask at once, and whatever can stand in a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Semaphore
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts import provider
from accounts.domain.people import Role
from accounts.domain.signing import Claims, names_for, role_for
from accounts.provider import ProviderAway, ProviderError, discovery
from accounts.web.oidc.backend import claims_of
from tests.conftest import NOW
from tests.provider import key_pair

ISSUER = "https://id.example.org/"
DOCUMENTS = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}authorize",
    "token_endpoint": f"{ISSUER}token",
    "jwks_uri": f"{ISSUER}jwks",
}


@pytest.fixture(autouse=True)
def company(settings: Settings) -> Iterator[None]:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = ISSUER, "panel", "secret"
    provider.forget()
    yield
    provider.forget()


def _asked() -> str:
    try:
        return provider.endpoints().authorize
    except ProviderError as error:
        return str(error)


class _Counted:
    """A lock that says when somebody comes to it."""

    def __init__(self) -> None:
        self.lock, self.came = Lock(), Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_whoever_waits_for_a_silent_provider_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads that wait in turn would be the whole panel, for eight times the time-out."""
    asked, door = [], _Counted()

    def silent(url: str) -> dict[str, object]:
        asked.append(url)
        for _ in range(8 if len(asked) == 1 else 0):
            assert door.came.acquire(timeout=5)
        raise ProviderAway("It does not answer.")

    monkeypatch.setattr(discovery, "read", silent)
    monkeypatch.setattr(discovery, "_lock", door)
    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(lambda _: _asked(), range(8)))

    assert answers == {"It does not answer."}
    assert len(asked) == 1


def test_the_next_who_asks_is_not_told_an_old_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(url: str) -> dict[str, object]:
        raise ProviderAway("It does not answer.")

    monkeypatch.setattr(discovery, "read", away)
    assert _asked() == "It does not answer."
    monkeypatch.setattr(discovery, "read", lambda _url: DOCUMENTS)

    assert _asked() == f"{ISSUER}authorize"


HONEST = {"iss": ISSUER, "aud": "panel", "sub": "u1", "iat": NOW.timestamp(), "exp": NOW.timestamp() + 60, "nonce": "n"}
ANY_TEXT = st.text(st.characters(), max_size=20)
"""With the halves of characters that JSON can write and no database can keep."""
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
SAID = st.dictionaries(
    st.sampled_from(
        [*HONEST, "azp", "nbf", "auth_time", "sid", "name", "email", "preferred_username", "groups", "jti"]
    ),
    ANYTHING,
    max_size=4,
)


def _signed(claims: dict[str, Any]) -> str:
    return jwt.api_jws.encode(json.dumps(claims).encode(), key_pair("key-1"), "RS256", headers={"kid": "key-1"})


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key_pair("key-1").public_key(), as_dict=True)
    shown = jwt.PyJWK({**public, "kid": "key-1"}, algorithm="RS256")
    monkeypatch.setattr("accounts.provider.tokens.signing_key", lambda _key_id: shown)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SAID)
@pytest.mark.usefixtures("keys")
def test_whatever_is_signed_is_refused_or_can_be_kept(said: dict[str, Any]) -> None:
    try:
        read = provider.read_id_token(_signed({**HONEST, **said}), nonce="n", now=NOW)
    except ProviderError:
        return

    person = claims_of(read)
    kept = [person.subject, person.name, person.email, person.username, person.session, *person.groups]
    assert all(text.isprintable() for text in [*kept, *names_for(person)])
    assert role_for(person.groups, {"hr": "operator"}) in {None, Role.OPERATOR}
    assert isinstance(person, Claims)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SAID, events=st.sampled_from([{"http://schemas.openid.net/event/backchannel-logout": {}}]) | ANYTHING)
@pytest.mark.usefixtures("keys")
def test_so_is_whatever_wants_to_end_a_session(said: dict[str, Any], events: object) -> None:
    honest = {name: HONEST[name] for name in ("iss", "aud", "sub", "iat")}
    try:
        read = provider.read_logout_token(_signed({**honest, "jti": "1", "events": events, **said}), now=NOW)
    except ProviderError:
        return

    assert f"{read.id}{read.subject}{read.session}".isprintable()
    assert read.subject or read.session
