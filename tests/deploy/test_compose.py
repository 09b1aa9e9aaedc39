"""docker-compose.yml follows the compose specification, hangs together, and gives no container more than it needs."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from tests.compose import FILE, ROOT, Service, arguments, compose, services

SERVICES: dict[str, Service] = compose()["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
HARDENED = {name: service for name, service in SERVICES.items() if not name.startswith("stalwart-")}
SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "metrosure_admin" / "settings.py").read_text()))
SECRETS = set(
    re.findall(
        r'env\.(?:secret|database|mail|field_keys)\(\s*"([A-Z_]+)"',
        (ROOT / "metrosure_admin" / "settings.py").read_text(),
    )
)
"""What also comes as NAME_FILE."""
each_of_ours = pytest.mark.parametrize("name", OURS)


def parsed(file: dict[str, Any]) -> PyCompose:
    return PyCompose.from_yaml(yaml.safe_dump(file))


def test_it_follows_the_specification() -> None:
    assert sorted(parsed(compose()).service_names()) == sorted(SERVICES)


@pytest.mark.parametrize(
    "mistake", [{"read-only": True}, {"ports": ["x:y"]}, {"depends_on": {"postgres": {"condition": "happy"}}}]
)
def test_the_specification_refuses_a_mistake(mistake: dict[str, Any]) -> None:
    file = compose()
    file["services"]["web"] |= mistake

    with pytest.raises(ValueError, match=r"services\.web"):
        parsed(file)


def test_every_variable_has_a_value_that_starts() -> None:
    """A profile that is not used must not ask for variables of its own."""
    assert re.findall(r"(?<!\$)\$(?!\$|\{\w+:-)[^\s]*", FILE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("kind", ["secrets", "networks", "volumes"])
def test_whatever_a_service_names_is_defined_and_used(kind: str) -> None:
    used = {name for service in SERVICES.values() for name in _names(service, kind)}

    assert used == set(compose()[kind])


def _names(service: Service, kind: str) -> set[str]:
    named = service.get(kind, {} if kind != "networks" else ["default"])
    if kind != "volumes":
        return set(named)
    sources = {mount.split(":")[0] for mount in named}
    return {source for source in sources if not source.startswith(".")}


def test_whatever_is_mounted_from_here_is_here() -> None:
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", ())]

    assert [mount for mount in mounts if mount.startswith(".")] == ["./deploy/caddy/Caddyfile"]
    assert (ROOT / "deploy" / "caddy" / "Caddyfile").is_file()


@pytest.mark.parametrize("profile", ["parts", "small", "embedded"])
def test_what_a_part_waits_for_starts_with_it_and_can_be_seen_to_be_healthy(profile: str) -> None:
    started = services(profile)

    for service in started.values():
        for name, wait in service.get("depends_on", {}).items():
            assert wait == {"condition": "service_healthy"}
            assert started[name]["healthcheck"]["test"]


def test_every_profile_is_one_that_the_file_explains() -> None:
    header = FILE.read_text(encoding="utf-8").partition("\nname:")[0]
    used = {profile for service in SERVICES.values() for profile in service["profiles"]}

    assert used == {"parts", "small", "embedded", "proxy", "stalwart-0.15", "stalwart-0.16"}
    assert [profile for profile in used if profile not in header] == []


@each_of_ours
def test_our_settings_are_settings(name: str) -> None:
    given = set(OURS[name]["environment"]) - {"HEARTBEAT_FILE"}
    files = {setting.removesuffix("_FILE") for setting in given if setting.endswith("_FILE")}

    assert {setting.removesuffix("_FILE") for setting in given} <= SETTINGS
    assert files <= SECRETS


@each_of_ours
def test_what_people_set_reaches_the_panel(name: str) -> None:
    """Every setting that README explains, but for what the container or its host says itself."""
    of_the_host = {"PORT", "DATA_DIR", "ALLOWED_HOSTS", "REQUIRE_OTP"}
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    given = {setting.removesuffix("_FILE") for setting in OURS[name]["environment"]}
    of_parts = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS"} if name == "embedded" else set()

    assert (named & SETTINGS) - of_the_host - of_parts - given == set()


@each_of_ours
def test_secrets_come_as_files_only(name: str) -> None:
    environment, secrets = OURS[name]["environment"], OURS[name]["secrets"]
    plain = {environment[setting] for setting in SECRETS & set(environment)}

    assert plain <= {"postgres://panel@postgres:5432/panel", "redis://redis:6379/0"}
    assert {value for value in environment.values() if value.startswith("/run/secrets/")} == {
        f"/run/secrets/{secret}" for secret in secrets
    }


def test_the_panel_and_postgres_read_one_password() -> None:
    assert (
        SERVICES["web"]["environment"]["DATABASE_PASSWORD_FILE"]
        == SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"]
    )


@pytest.mark.parametrize("name", HARDENED)
def test_a_container_can_do_no_more_than_it_needs(name: str) -> None:
    service = HARDENED[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", ())) <= {
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
        "NET_BIND_SERVICE",
    }
    assert "privileged" not in service


@each_of_ours
def test_our_containers_need_no_right_at_all(name: str) -> None:
    assert "cap_add" not in OURS[name]
    assert "user" not in OURS[name]  # the image says it
    assert OURS[name]["tmpfs"] == ["/tmp:size=64m,mode=1777"]  # noqa: S108 - a name inside the container


@pytest.mark.parametrize("name", SERVICES)
def test_only_mail_and_the_proxy_can_be_reached_from_other_machines(name: str) -> None:
    outside = [port for port in SERVICES[name].get("ports", ()) if not port.startswith("127.0.0.1:")]

    assert bool(outside) == (name == "proxy" or name.startswith("stalwart-"))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_the_stores_are_alone_in_a_network_without_a_way_out(name: str) -> None:
    assert SERVICES[name]["networks"] == ["stores"]
    assert compose()["networks"]["stores"] == {"internal": True}


@pytest.mark.parametrize("name", [name for name in SERVICES if "image" in SERVICES[name] and name not in OURS])
def test_other_images_are_pinned(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+[\w.-]*", SERVICES[name]["image"])


def test_both_generations_of_the_mail_server_are_the_ones_that_were_tried() -> None:
    assert SERVICES["stalwart-0.15"]["image"] == "stalwartlabs/stalwart:v0.15.5"
    assert SERVICES["stalwart-0.16"]["image"] == "stalwartlabs/stalwart:v0.16.18"


@each_of_ours
def test_the_commands_are_ours(name: str) -> None:
    command = arguments(OURS[name]["command"])
    program = command[3:] if command[:3] == ["python", "manage.py", "ready"] else command

    assert program[0] in {"gunicorn", "celery"} or program[:3] == ["python", "manage.py", "serve"]
