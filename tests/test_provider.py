"""What is kept of the company's sign-in between requests, where several ask at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Semaphore

import pytest
from pytest_django.fixtures import Settings

from accounts import provider
from accounts.provider import ProviderAway, ProviderError, discovery

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
