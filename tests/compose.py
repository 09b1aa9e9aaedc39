"""docker-compose.yml as Compose reads it: with variables filled in, and commands taken apart."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+):-(?P<default>[^}]*)\}")

Service = Mapping[str, Any]


def compose(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file as it is with these variables in `.env`."""
    return _filled_in(yaml.safe_load(FILE.read_text(encoding="utf-8")), environment or {})  # type: ignore[no-any-return]


def services(profile: str) -> dict[str, Service]:
    """Return what one profile starts."""
    return {name: service for name, service in compose()["services"].items() if profile in service["profiles"]}


def arguments(command: str | list[str]) -> list[str]:
    """Return a command or a health check as the arguments that the container is started with."""
    parts = shlex.split(command) if isinstance(command, str) else command
    return [part.replace("$$", "$") for part in parts]


def _filled_in(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_in(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, environment) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: environment.get(found["name"]) or found["default"], value)
    return value
