"""Typed readers of the environment: a wrong value stops the start with the variable's name and what would be right.

A secret may come as `NAME_FILE`, the path of a file that holds it (Docker and systemd hand secrets over like that).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def load_file(path: Path) -> None:
    """Take variables from a `.env` file; the real environment wins."""
    try:
        if path.is_file():
            environ.Env.read_env(path)
    except (OSError, UnicodeError) as exc:
        raise ImproperlyConfigured(f"{path} cannot be read: {_why(exc)}.") from exc


def is_before_setup() -> bool:
    """Say whether a command runs that comes before there are keys and a data folder, and uses neither."""
    return sys.argv[1:2] in (["preflight"], ["setup"]) and "--carry-on" not in sys.argv


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "") or default


def secret(name: str) -> str:
    """Return the value of NAME, or the contents of the file that NAME_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as exc:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({_why(exc)}).") from exc


def number(name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
    """Return a whole number that is within bounds."""
    value = _read(name, default, int, f"a whole number such as {default}")
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={value} cannot be. Write a whole number from {least} to {most}.")
    return value


def flag(name: str, *, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return _read(name, default, lambda value: words[value.lower()], "yes or no")


def items(name: str) -> list[str]:
    """Return a comma list without blanks."""
    return _listed(text(name))


def pairs(name: str, default: str = "") -> Mapping[str, str]:
    """Read `key=value,key=value`."""
    return _read(name, _pairs(default), _pairs, "key=value,key=value")


def networks(name: str, default: str = "") -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks, `10.0.0.5,172.16.0.0/12`."""
    return _read(name, _networks(default), _networks, "addresses or networks such as 127.0.0.1,172.16.0.0/12")


def roles(name: str, default: str, *allowed: str) -> Mapping[str, str]:
    """Read `group=role,group=role`; a role that does not exist stops the start."""
    found = pairs(name, default)
    if unknown := sorted(set(found.values()) - set(allowed)):
        raise ImproperlyConfigured(f"{name} gives the role {unknown[0]!r}. Write one of: {', '.join(allowed)}.")
    return found


def zone(name: str, default: str) -> str:
    """Return the name of a time zone that exists."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ImproperlyConfigured(f"{name}={value!r} is no time zone. Write one such as {default}.") from exc
    return value


def choice(name: str, default: str, *allowed: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not known. Write one of: {', '.join(allowed)}.")
    return value


def chosen(name: str, default: str, *allowed: str) -> frozenset[str]:
    """Return a comma list of known words."""
    given = frozenset(items(name) or [default])
    if given - frozenset(allowed):
        raise ImproperlyConfigured(f"{name}={text(name)!r} is not known. Write some of: {', '.join(allowed)}.")
    return given


def server(name: str, default: str) -> str:
    """Return the address of a mail server, or which simulator stands in for it."""
    value = text(name, default).rstrip("/")
    simulated = value.startswith("simulator:") and value.removeprefix("simulator:") in {"0.15", "0.16"}
    if simulated or (urlsplit(value).scheme in {"http", "https"} and urlsplit(value).hostname):
        return value
    raise ImproperlyConfigured(
        f"{name}={value!r} is no mail server. Write https://mail.example.org, simulator:0.15 or simulator:0.16."
    )


def page(name: str, default: str) -> str:
    """Return the address of a site, without a slash at its end."""
    value = text(name, default).rstrip("/")
    if urlsplit(value).scheme in {"http", "https"} and urlsplit(value).hostname:
        return value
    raise ImproperlyConfigured(f"{name}={value!r} is no address of a site. Write https://panel.example.org.")


def database(name: str, default: str) -> dict[str, Any]:
    """Return what Django wants to know of a database of ours. A refusal repeats nothing: a password may stand in it."""
    url = secret(name) or default
    try:
        if url.partition(":")[0] in {"sqlite", "postgres", "postgresql"}:
            return dict(environ.Env.db_url_config(url))
    except ValueError:
        pass
    raise ImproperlyConfigured(
        f"{name} is no database that the panel can use. "
        "Write postgres://user:password@host/name, or sqlite:////path/panel.sqlite3."
    )


def mail(name: str, default: str) -> Mapping[str, Any]:
    """Return how Django sends mail. A refusal repeats nothing: a password may stand in it."""
    try:
        return dict(environ.Env.email_url_config(secret(name) or default))
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write smtp+tls://user:password@mail.example.org:587."
        ) from None


def field_keys(name: str) -> list[str]:
    """Return keys that encrypt columns; a broken one stops the start, not the first password that needs it."""
    found = _listed(secret(name))
    try:
        for key in found:
            Fernet(key)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} holds what is no key. README, “Settings”, says how to make one; several are separated by commas."
        ) from None
    return found


def addresses(name: str) -> list[str]:
    """Return a comma list of IP addresses."""
    return _read(
        name, [], lambda value: [str(ip_address(item)) for item in _listed(value)], "198.51.100.24,2001:db8::24"
    )


def endpoints(name: str, port: int) -> list[tuple[str, int]]:
    """Return a comma list of IP addresses with their ports: `127.0.0.1:5353,[::1]:5353,9.9.9.9`."""
    return _read(name, [], lambda value: [_endpoint(item, port) for item in _listed(value)], "127.0.0.1:5353,9.9.9.9")


def _endpoint(item: str, port: int) -> tuple[str, int]:
    if item.count(":") > 1 and not item.startswith("["):
        return str(ip_address(item)), port
    parts = urlsplit(f"//{item}")
    return str(ip_address(parts.hostname or "")), parts.port or port


def _listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(item.strip()) for item in value.split(",") if item.strip())


def _pairs(value: str) -> Mapping[str, str]:
    return {key.strip(): mapped.strip() for key, mapped in (item.split("=", 1) for item in value.split(",") if item)}


def _read(name: str, default: T, read: Callable[[str], T], example: str) -> T:
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        return read(value)
    except (ValueError, KeyError) as exc:
        raise ImproperlyConfigured(f"{name}={value!r} cannot be read. Write {example}.") from exc


def _why(error: OSError | UnicodeError) -> str:
    return (error.strerror or "no reason given") if isinstance(error, OSError) else "it is no text in UTF-8"
