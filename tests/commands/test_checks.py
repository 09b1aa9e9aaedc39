"""What `manage.py check --deploy` refuses, and that the log's triggers are counted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.db import connection
from pytest_django.fixtures import Settings

from accounts import checks

WELL = {"STALWART_URL": "https://mail.example.org", "STALWART_TOKEN": "token", "SECURE": True}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({}, [], id="well"),
        pytest.param({"STALWART_URL": "simulator:0.16"}, ["panel.E001"], id="simulator"),
        pytest.param({"STALWART_TOKEN": ""}, ["panel.E002"], id="no credentials"),
        pytest.param({"SECURE": False}, ["panel.W001"], id="plain http"),
    ],
)
def test_an_unsafe_configuration_is_named(settings: Settings, change: dict[str, Any], found: list[str]) -> None:
    for name, value in {**WELL, "STALWART_USER": "", **change}.items():
        setattr(settings, name, value)

    assert ids(checks.configuration) == found


COMPANY = {
    "OIDC_ISSUER": "https://auth.example.org/application/o/panel/",
    "OIDC_CLIENT_ID": "panel",
    "OIDC_CLIENT_SECRET": "secret",
    "OIDC_ROLES": {"mail-admins": "admin"},
    "REQUIRE_OTP": True,
    "SECURE": True,
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({}, [], id="well"),
        pytest.param(dict.fromkeys(("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"), ""), [], id="none"),
        pytest.param({"OIDC_ISSUER": ""}, ["panel.E004"], id="no issuer"),
        pytest.param({"OIDC_CLIENT_ID": ""}, ["panel.E005"], id="no client"),
        pytest.param({"OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": ""}, ["panel.E005"] * 2, id="only the issuer"),
        pytest.param({"OIDC_ROLES": {}}, ["panel.E006"], id="no roles"),
        pytest.param({"OIDC_ROLES": {"hr": "operator"}}, ["panel.E006"], id="no administrator"),
        pytest.param({"OIDC_ALLOW_UNSECURED_JWT": True}, ["panel.E007"], id="unsigned tokens"),
        pytest.param({"OIDC_ISSUER": "http://auth.example.org/"}, ["panel.W002"], id="plain http"),
        pytest.param({"REQUIRE_OTP": False}, ["panel.W003"], id="a password alone"),
    ],
)
def test_a_half_filled_sign_in_is_named(settings: Settings, change: dict[str, Any], found: list[str]) -> None:
    for name, value in {**COMPANY, **change}.items():
        setattr(settings, name, value)

    assert ids(checks.sign_in) == found


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("OIDC_ROLES", "hr=boss", "'boss'"),
        ("OIDC_ROLES", "hr", "key=value"),
        ("OIDC_ALGORITHM", "HS256", "RS256, ES256"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "addresses or networks"),
    ],
)
def test_a_wrong_value_stops_the_start(name: str, value: str, says: str) -> None:
    environment = {**os.environ, name: value, "DJANGO_SETTINGS_MODULE": "metrosure_admin.settings"}

    ended = subprocess.run(
        [sys.executable, "-c", "import metrosure_admin.settings"],
        env=environment, capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 1
    assert f"{name}" in ended.stderr.decode()
    assert says in ended.stderr.decode()


@pytest.mark.django_db
def test_the_log_is_guarded() -> None:
    assert checks.log_is_guarded(databases=["default"]) == []


@pytest.mark.django_db
def test_a_trigger_that_went_is_missed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER auditevent_no_update")

    [error] = checks.log_is_guarded(databases=["default"])
    assert "auditevent_no_update" in error.msg


def ids(check: Callable[[], list[CheckMessage]]) -> list[str | None]:
    return [message.id for message in check()]
