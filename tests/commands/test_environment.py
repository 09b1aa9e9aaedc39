"""Settings from the environment: read, or refused with the variable's name and without a stack trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from metrosure_admin import env, keys


@pytest.mark.parametrize(
    ("value", "endpoints"),
    [
        ("", []),
        ("127.0.0.1:5353, 9.9.9.9", [("127.0.0.1", 5353), ("9.9.9.9", 53)]),
        ("[::1]:5353,2620:fe::fe,[2620:fe::9]", [("::1", 5353), ("2620:fe::fe", 53), ("2620:fe::9", 53)]),
    ],
)
def test_name_servers_are_read(value: str, endpoints: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNS_RESOLVERS", value)

    assert env.endpoints("DNS_RESOLVERS", 53) == endpoints


@pytest.mark.parametrize(
    "value", ["resolver.example.org", "127.0.0.1:port", "127.0.0.1:99999", "[::1", "127.0.0.1:53:53"]
)
def test_what_is_no_name_server_stops_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNS_RESOLVERS", value)

    with pytest.raises(ImproperlyConfigured, match="DNS_RESOLVERS="):
        env.endpoints("DNS_RESOLVERS", 53)


def test_addresses_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_ADDRESSES", "198.51.100.24, 2001:DB8::24")

    assert env.addresses("MAIL_ADDRESSES") == ["198.51.100.24", "2001:db8::24"]


def test_a_host_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_ADDRESSES", "mail.example.org")

    with pytest.raises(ImproperlyConfigured, match="MAIL_ADDRESSES="):
        env.addresses("MAIL_ADDRESSES")


@pytest.mark.parametrize(
    ("read", "value", "said"),
    [
        pytest.param(
            lambda: env.number("X", 8000, least=1, most=65535), "99999", "from 1 to 65535", id="port too high"
        ),
        pytest.param(lambda: env.number("X", 15, least=1), "-1", "from 1", id="no time at all"),
        pytest.param(lambda: env.page("X", ""), "panel", "no address of a site", id="no site"),
        pytest.param(lambda: env.database("X", ""), "nonsense", "X is no database", id="no database"),
        pytest.param(lambda: env.database("X", ""), "mysql://u:hunter2@h/n", "X is no database", id="not ours"),
        pytest.param(lambda: env.database("X", ""), "postgres://u:hunter2@h:port/n", "X is no database", id="no port"),
        pytest.param(lambda: env.mail("X", ""), "hunter2", "X cannot be read", id="no way to send"),
        pytest.param(lambda: env.mail("X", ""), "smtp://u:hunter2@h:port", "X cannot be read", id="no port to send to"),
        pytest.param(lambda: env.field_keys("X"), "hunter2", "X holds what is no key", id="no key"),
        pytest.param(lambda: env.zone("X", "UTC"), "../etc", "no time zone", id="no zone"),
    ],
)
def test_what_cannot_be_is_refused_without_repeating_secrets(
    read: Callable[[], object], value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        read()

    assert "hunter2" not in str(refused.value)


def test_several_field_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Fernet.generate_key().decode() for _ in range(2)]
    monkeypatch.setenv("FIELD_KEYS", " , ".join(made))

    assert env.field_keys("FIELD_KEYS") == made


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfe")
    monkeypatch.setenv("STALWART_TOKEN_FILE", str(path))

    with pytest.raises(ImproperlyConfigured, match="no text in UTF-8"):
        env.secret("STALWART_TOKEN")
    with pytest.raises(ImproperlyConfigured, match="no text in UTF-8"):
        env.load_file(path)


def test_damaged_keys_are_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{broken", encoding="utf-8")

    with pytest.raises(ImproperlyConfigured, match=r"keys\.json is damaged"):
        keys.kept_in(tmp_path)

    assert (tmp_path / "keys.json").read_text(encoding="utf-8") == "{broken"


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(ImproperlyConfigured, match=r"DATA_DIR: .*data cannot be used"):
        keys.kept_in(tmp_path / "data")


def test_a_command_tells_a_wrong_setting_as_json() -> None:
    environment = {**os.environ, "PORT": "many", "DJANGO_SETTINGS_MODULE": "metrosure_admin.settings"}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "account", "list", "--json"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert (done.returncode, json.loads(done.stdout)["error"]["field"]) == (1, None)
    assert done.stderr == "PORT='many' cannot be read. Write a whole number such as 8000.\n"
