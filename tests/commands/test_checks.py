"""What `manage.py check --deploy` refuses, and that the log's triggers are counted."""

from __future__ import annotations

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
