"""The settings page: what fixes what, whether the mail server answers, and never a secret."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, Profile, Pulse
from stalwart_client.simulator import Simulator

pytestmark = pytest.mark.django_db
TRY = "/settings/connection/try/"


def _page(client: Client) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get("/settings/").content.decode()).split())


def test_what_the_environment_fixes_is_named_by_its_variable(auditor: Client, settings: Settings) -> None:
    settings.COMPANY_NAME, settings.QUEUE_STUCK_COUNT = "Northwind", 1234
    settings.DNS_RESOLVERS = [("127.0.0.1", 5353)]

    page = _page(auditor)

    assert "Name Northwind fixed by COMPANY_NAME" in page
    assert "Waiting mail is much from 1,234 fixed by QUEUE_STUCK_COUNT" in page
    assert "Name servers asked 127.0.0.1:5353 fixed by DNS_RESOLVERS" in page
    assert "Ends that want their number typed more than 10, or 20 % of those looked at by the program" in page
    assert "Signed out in any case after 8 hours by the program" in page


def test_no_secret_ever_stands_there(admin: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.mailserver.is_simulated", lambda: False)
    settings.STALWART_URL = "https://root:hunter2@mail.example.org:8443/mail"
    settings.STALWART_TOKEN = settings.STALWART_PASSWORD = settings.OIDC_CLIENT_SECRET = "hunter2"
    settings.EMAIL_HOST_PASSWORD = settings.METRICS_TOKEN = "hunter2"
    settings.FIELD_KEYS = ["hunter2"]
    settings.OIDC_ENABLED, settings.OIDC_ISSUER = True, "https://id.example.org/"

    whole = admin.get("/settings/").content.decode()

    assert "hunter2" not in whole
    assert "https://mail.example.org:8443/mail" in whole
    assert "a token, which is not shown" in whole
    assert "set, and not shown" in whole


def test_the_connection_is_tried_on_ones_word(auditor: Client, quiet_server: Simulator) -> None:
    assert "Nobody has asked it lately" in _page(auditor)

    answer = auditor.post(TRY, follow=True).content.decode()

    assert "The mail server answers." in answer
    assert "It answers, last asked" in _page(auditor)
    assert "What the panel's key may do there" in answer
    assert not AuditEvent.objects.exclude(action="signed_in").exists()


def test_a_server_that_is_away_is_a_normal_state(auditor: Client, quiet_server: Simulator) -> None:
    quiet_server.faults.go_down()

    answer = auditor.post(TRY, follow=True)

    assert answer.status_code == 200
    assert "The mail server does not answer." in answer.content.decode()


def test_what_the_key_lacks_is_named(auditor: Client) -> None:
    auditor.post(TRY)
    pulse = Pulse.objects.get(name="server")
    pulse.facts = {**pulse.facts, "missing": ["sysAccountCreate"], "lacking": {"queue": ["sysQueuedMessageGet"]}}
    pulse.save()

    page = _page(auditor)

    assert "Mailboxes and their passwords Missing: sysAccountCreate not all" in page
    assert "Waiting mail Missing: sysQueuedMessageGet not all" in page
    assert "Signing keys (DKIM) yes" in page


def test_what_lives_in_the_database_is_changed_by_administrators(auditor: Client, operator: Client) -> None:
    profile = Profile.objects.standard()

    page = auditor.get("/settings/").content.decode()

    assert f"/campaigns/profiles/{profile.pk}/" in page
    assert f"/campaigns/profiles/{profile.pk}/edit/" not in page
    assert operator.get("/settings/").status_code == 403
    assert 'href="/settings/"' not in operator.get("/").content.decode()


def test_an_administrator_is_led_to_the_profile(admin: Client) -> None:
    profile = Profile.objects.standard()

    assert f"/campaigns/profiles/{profile.pk}/edit/" in admin.get("/settings/").content.decode()
