"""Signing in by the company's provider: who it is, in which role, and what is said when it cannot be."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.audit import Action
from accounts.domain.people import Deed
from accounts.models import AuditDetail, AuditEvent, OidcIdentity, Staff, StaffSession
from accounts.provider import forget
from tests.conftest import Clock
from tests.provider import Provider, begin, come_back, sign_in

pytestmark = pytest.mark.django_db


def _words(page: bytes) -> str:
    return " ".join(page.decode().split())


def test_the_company_comes_first_and_the_emergency_key_is_folded_away(provider: Provider) -> None:
    page = Client().get("/sign-in/?next=/audit/").content.decode()

    assert 'href="/oidc/sign-in/?next=/audit/"' in page
    assert page.index("Continue with Metrosure sign-in") < page.index("Emergency key")
    assert '<details class="fold">' in page


def test_without_a_provider_there_is_only_the_form(db: None) -> None:
    page = Client().get("/sign-in/").content.decode()

    assert "oidc" not in page
    assert "Emergency" not in page
    assert Client().get("/oidc/sign-in/").status_code == 404
    assert Client().get("/oidc/callback/").status_code == 404
    assert Client().post("/oidc/backchannel-logout/").status_code == 404


def test_a_new_person_comes_in_with_the_role_of_their_group(provider: Provider) -> None:
    client = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})

    answer = sign_in(client, provider, next="/audit/?actor=x")

    assert answer["Location"] == "/audit/?actor=x"
    assert client.get("/").status_code == 200
    person = Staff.objects.get()
    assert (person.username, person.display_name, person.role) == ("lerato", "Lerato Khumalo", "operator")
    assert not person.has_usable_password()
    identity = OidcIdentity.objects.get()
    assert (identity.issuer, identity.subject, identity.staff) == (provider.issuer, "u1", person)
    session = StaffSession.objects.get()
    assert (session.device, session.address, session.by_provider) == ("Firefox, Windows", "127.0.0.1", True)
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [Action.STAFF_CREATED, Action.SIGNED_IN]


def test_the_request_is_bound_to_this_browser_by_state_nonce_and_pkce(provider: Provider) -> None:
    request = begin(Client())

    assert request["response_type"] == "code"
    assert request["code_challenge_method"] == "S256"
    assert len(request["code_challenge"]) == 43
    assert min(len(request["state"]), len(request["nonce"])) >= 32
    assert request["redirect_uri"] == "http://testserver/oidc/callback/"
    assert "offline_access" not in request["scope"]


def test_another_verifier_gets_no_token(provider: Provider) -> None:
    client = Client()
    request = begin(client)
    code = provider.log_in({**request, "code_challenge": "x" * 43}, "u1")

    answer = come_back(client, code=code, state=request["state"])

    assert answer.status_code == 403
    assert not Staff.objects.exists()


def test_only_issuer_and_subject_tell_who_it_is(provider: Provider, settings: Settings) -> None:
    """Somebody else's name and e-mail address open nobody else's sign-in."""
    Staff.objects.create(username="lerato", email="lerato@x.org", role="admin", created_at="2026-01-01T00:00Z")

    sign_in(Client(), provider)

    came = OidcIdentity.objects.get().staff
    assert came.username == "lerato@x.org"
    assert came.role == "operator"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        pytest.param(["hr", "mail-admins"], "admin", id="the highest"),
        pytest.param(["audit", "unknown"], "auditor", id="downwards"),
        pytest.param("mail-admins", "admin", id="one word instead of a list"),
    ],
)
def test_the_role_is_taken_anew_at_every_sign_in(groups: object, role: str, provider: Provider) -> None:
    sign_in(Client(), provider)
    provider.people["u1"]["groups"] = groups

    sign_in(Client(), provider)

    assert Staff.objects.get().role == role
    event = AuditEvent.objects.filter(action=Action.STAFF_ROLE_CHANGED).get()
    assert event.detail.after == {"role": role}


def test_entitlements_can_give_the_roles_too(provider: Provider, settings: Settings) -> None:
    settings.OIDC_ROLE_CLAIM = "entitlements"
    provider.people["u1"] |= {"groups": ["hr"], "entitlements": ["mail-admins"]}

    sign_in(Client(), provider)

    assert Staff.objects.get().role == "admin"


@pytest.mark.parametrize("groups", [[], ["HR"], ["other"], None, [1, {"hr": 1}], {"hr": True}])
def test_without_a_mapped_group_nobody_comes_in_and_the_page_says_whom_to_ask(
    groups: object, provider: Provider
) -> None:
    provider.people["u1"]["groups"] = groups

    answer = sign_in(Client(), provider)

    assert answer.status_code == 403
    assert "You have no role in this panel" in _words(answer.content)
    assert "Ask your administrator, or those who look after the company sign-in" in _words(answer.content)
    assert "audit, hr, mail-admins" in _words(answer.content)
    assert not Staff.objects.exists()
    assert "no_role" in str(AuditDetail.objects.get().after)


def test_whoever_loses_their_role_is_out_of_every_browser(provider: Provider) -> None:
    here, there = Client(), Client()
    sign_in(here, provider)
    sign_in(there, provider)
    provider.people["u1"]["groups"] = []

    answer = sign_in(Client(), provider)

    assert answer.status_code == 403
    assert here.get("/").status_code == there.get("/").status_code == 302
    assert not any(Staff.objects.get().may(deed) for deed in Deed)


def test_a_role_that_comes_back_opens_the_panel_again(provider: Provider) -> None:
    sign_in(Client(), provider)
    provider.people["u1"]["groups"] = []
    sign_in(Client(), provider)
    provider.people["u1"]["groups"] = ["audit"]
    client = Client()

    sign_in(client, provider)

    assert client.get("/").status_code == 200
    assert Staff.objects.get().role == "auditor"


def test_somebody_shut_out_here_stays_out(provider: Provider) -> None:
    sign_in(Client(), provider)
    Staff.objects.update(is_active=False)

    answer = sign_in(Client(), provider)

    assert answer.status_code == 403
    assert "This panel is shut for you" in _words(answer.content)


def test_a_provider_that_is_away_is_said_and_the_emergency_key_named(provider: Provider) -> None:
    provider.down = True

    answer = Client().get("/oidc/sign-in/")

    assert answer.status_code == 503
    assert "The company sign-in does not answer" in _words(answer.content)
    assert "provider_away" in str(AuditDetail.objects.get().after)


def test_a_provider_that_goes_away_halfway(provider: Provider) -> None:
    client = Client()
    request = begin(client)
    code = provider.log_in(request, "u1")
    provider.down = True

    answer = come_back(client, code=code, state=request["state"])

    assert answer.status_code == 503
    assert client.get("/").status_code == 302


def test_half_filled_settings_open_nothing(provider: Provider, settings: Settings) -> None:
    settings.OIDC_CLIENT_SECRET = ""

    assert Client().get("/oidc/sign-in/").status_code == 503


@pytest.mark.parametrize(
    "documents",
    [
        {"issuer": "http://127.0.0.1:1/application/o/panel"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": ["x"]},
    ],
    ids=["another issuer", "no token endpoint", "a file", "no address"],
)
def test_documents_that_do_not_fit_are_not_followed(documents: dict[str, object], provider: Provider) -> None:
    provider.discovery = documents

    answer = Client().get("/oidc/sign-in/")

    assert answer.status_code == 503
    assert "not set up right" in _words(answer.content)


def test_a_rotated_key_is_looked_for(provider: Provider) -> None:
    sign_in(Client(), provider)
    provider.key_id = "key-2"

    answer = sign_in(Client(), provider)

    assert answer.status_code == 302
    assert [path for path, _ in provider.asked if path.endswith("/jwks/")] == ["/application/o/panel/jwks/"] * 2


def test_keys_and_documents_are_kept(provider: Provider) -> None:
    for _ in range(3):
        sign_in(Client(), provider)

    asked = [path.rsplit("/", 2)[-2:] for path, _ in provider.asked]
    assert asked.count([".well-known", "openid-configuration"]) == 1
    assert asked.count(["jwks", ""]) == 1


def test_leaving_the_providers_page_is_no_fault(provider: Provider) -> None:
    client = Client()
    request = begin(client)

    answer = come_back(client, error="access_denied", state=request["state"])

    assert answer.status_code == 403
    assert "did not let you in" in _words(answer.content)


def test_signing_out_ends_it_at_the_provider_too(provider: Provider) -> None:
    client = Client()
    sign_in(client, provider)

    leads = urlsplit(client.post("/sign-out/")["Location"])

    asked = parse_qs(leads.query)
    assert leads.path == "/application/o/panel/end-session/"
    assert asked["post_logout_redirect_uri"] == ["http://testserver/sign-in/"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert client.get("/").status_code == 302
    assert not StaffSession.objects.exists()


@pytest.mark.parametrize("is_down", [True, False], ids=["away", "its way out is elsewhere"])
def test_signing_out_here_works_whatever_the_provider_does(is_down: bool, provider: Provider) -> None:
    client = Client()
    sign_in(client, provider)
    provider.down = is_down
    provider.discovery = {"end_session_endpoint": "https://elsewhere.example/out/"}
    forget()

    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_on_within_the_panel_only(to: str, provider: Provider) -> None:
    assert sign_in(Client(), provider, next=to)["Location"] == "/"


def test_another_person_in_the_same_browser_takes_nothing_over(provider: Provider) -> None:
    provider.people["u2"] = {**provider.people["u1"], "preferred_username": "riaan"}
    client = Client()
    sign_in(client, provider, "u1")
    client.post("/theme/", {"theme": "dark"})
    before = client.cookies[configured.SESSION_COOKIE_NAME].value
    request = begin(Client())  # a sign-in of another browser

    assert come_back(client, code=provider.log_in(request, "u2"), state=request["state"]).status_code == 403
    assert client.cookies[configured.SESSION_COOKIE_NAME].value == before
    assert "<span>Lerato Khumalo</span>" in client.get("/").content.decode()


def test_a_session_of_somebody_shut_out_is_over_at_once(provider: Provider, clock: Clock) -> None:
    client = Client()
    sign_in(client, provider)

    Staff.objects.update(is_active=False)

    assert client.get("/").status_code == 302
