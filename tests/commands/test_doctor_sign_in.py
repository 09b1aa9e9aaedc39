"""`manage.py doctor` about the company's sign-in: each thing that can be wrong there is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import OidcIdentity, Staff
from accounts.services.doctor_sign_in import findings
from tests.conftest import NOW, Clock
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(clock: Clock, settings: Settings) -> Iterator[Provider]:
    with running(clock) as made:
        settings.OIDC_ENABLED, settings.OIDC_ISSUER = True, made.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        yield made


@pytest.fixture
def came(provider: Provider) -> Staff:
    """Somebody whom the provider let in before, and who has the emergency key too."""
    person = Staff.objects.create(username="lerato", role="operator", is_local=True, created_at=NOW)
    OidcIdentity.objects.create(staff=person, issuer=provider.issuer, subject="u1", created_at=NOW, signed_in_at=NOW)
    return person


def _found() -> dict[str, tuple[str, str]]:
    return {found.name: (found.verdict, found.found) for found in findings()}


def test_a_panel_without_a_provider_has_nothing_to_look_at() -> None:
    assert _found() == {}


def test_all_is_well(came: Staff, provider: Provider) -> None:
    assert {name: verdict for name, (verdict, _) in _found().items()} == dict.fromkeys(
        ("company sign-in", "signing key", "redirect address", "role claim", "emergency key"), "ok"
    )
    [asked] = [query for path, query in provider.asked if path.endswith("/authorize/")]
    assert asked["redirect_uri"].endswith("/oidc/callback/")


def test_a_provider_that_is_away(came: Staff, provider: Provider) -> None:
    provider.down = True

    found = _found()

    assert found["company sign-in"][0] == "fail"
    assert found["signing key"][0] == found["redirect address"][0] == "unknown"


def test_another_issuer_is_named_as_it_must_be_written(came: Staff, provider: Provider) -> None:
    provider.discovery = {"issuer": provider.issuer.rstrip("/")}

    assert f"calls itself '{provider.issuer.rstrip('/')}'" in _found()["company sign-in"][1]


@pytest.mark.parametrize(
    "keys", [{}, {"keys": [{"kty": "EC", "kid": "1"}]}, {"keys": [{"kty": "RSA", "kid": "1", "use": "enc"}]}]
)
def test_no_key_to_check_signatures_by(keys: dict[str, Any], came: Staff, provider: Provider) -> None:
    provider.keys = keys

    assert _found()["signing key"][0] == "fail"


def test_a_way_back_that_the_provider_does_not_know(came: Staff, provider: Provider) -> None:
    provider.knows_the_way_back = False

    verdict, found = _found()["redirect address"]
    assert verdict == "fail"
    assert "/oidc/callback/" in found


def test_a_claim_that_never_gave_a_role(provider: Provider) -> None:
    found = _found()

    assert found["role claim"][0] == "warn"
    assert found["emergency key"][0] == "warn"


@pytest.mark.parametrize(
    ("listed", "said"),
    [(["sub", "email"], "does not list “groups”"), (["sub", "groups"], "Nobody has come in"), ("groups", "Nobody has")],
)
def test_the_documents_tell_of_a_missing_claim_before_anybody_came(
    listed: object, said: str, provider: Provider
) -> None:
    provider.discovery = {"claims_supported": listed}

    verdict, found = _found()["role claim"]
    assert verdict == "warn"
    assert said in found


def test_whoever_came_in_by_the_claim_counts_for_more_than_the_documents(came: Staff, provider: Provider) -> None:
    provider.discovery = {"claims_supported": ["sub"]}

    assert _found()["role claim"][0] == "ok"


def test_a_claim_that_gives_nobody_a_role_any_more(came: Staff) -> None:
    Staff.objects.update(no_role_since=NOW)

    assert _found()["role claim"][0] == "fail"


def test_a_way_out_at_another_address(came: Staff, provider: Provider) -> None:
    provider.discovery = {"end_session_endpoint": "https://elsewhere.example/out/"}

    assert _found()["company sign-in"][0] == "warn"
