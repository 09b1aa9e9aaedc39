"""What `setup` needs to know: from a file, or asked on the terminal, each answer held to what it can be."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.domain.errors import RuleBroken
from accounts.domain.mail_domains import check_new
from accounts.management.base import WrongUse
from accounts.queries.sentences import explain

Answers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. What is typed goes through `read`, which says no with a sentence."""

    question: str
    read: Callable[[str], str]
    is_secret: bool = False
    may_be_empty: bool = False


def _server(value: str) -> str:
    address = value.rstrip("/")
    parts = urlsplit(address)
    if address in {"simulator:0.15", "simulator:0.16"} or (parts.scheme in {"http", "https"} and parts.hostname):
        return address
    raise ValueError("Write an address such as https://mail.example.org.")


def _page(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return value.rstrip("/")
    raise ValueError("Write an address such as https://panel.example.org.")


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("Write a time zone such as Africa/Johannesburg.") from None


def _domain(value: str) -> str:
    try:
        return check_new(value)
    except RuleBroken as error:
        raise ValueError(explain(error)) from None


def _mail(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError("Write an e-mail address such as ana@example.org.") from None
    return value


def _text(value: str) -> str:
    return value


QUESTIONS: Mapping[str, Asked] = {
    "STALWART_URL": Asked("Address of the mail server", _server),
    "DOMAIN": Asked("Mail domain for the first mailboxes", _domain),
    "ADMIN_USER": Asked("An administrator of the mail server, asked once and not kept", _text),
    "ADMIN_PASSWORD": Asked("Password of this administrator", _text, is_secret=True),
    "STAFF_NAME": Asked("Who is the first administrator of the panel: a name to sign in by", _text),
    "STAFF_EMAIL": Asked("Their e-mail address for notices, or nothing", _mail, may_be_empty=True),
    "COMPANY_NAME": Asked("Name of the company", _text),
    "TIME_ZONE": Asked("Time zone of the company", _zone),
    "PUBLIC_URL": Asked("Where people open the panel", _page),
}


def from_file(path: Path) -> Answers:
    """Read `NAME=value` lines or one JSON object.

    :raises WrongUse: if it cannot be read, or an answer is not one
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongUse(f"{path} cannot be read.", field="answers") from None
    given = _from_json(text) if text.lstrip().startswith("{") else _from_lines(text)
    return {name: checked(name, value) for name, value in given.items() if value}


def checked(name: str, value: str) -> str:
    """Return an answer as it is used.

    :raises WrongUse: if there is no such question, or the answer is none
    """
    if name not in QUESTIONS:
        raise WrongUse(f"{name} is not asked. Known: {', '.join(QUESTIONS)}.", field=name)
    if not value.isprintable():
        raise WrongUse(f"{name} must be one line of text.", field=name)
    try:
        return QUESTIONS[name].read(value.strip())
    except ValueError as error:
        raise WrongUse(f"{name}: {error}", field=name) from None


def on_terminal(name: str, default: str) -> str:
    """Ask until the answer is one; Enter takes what is in brackets.

    :raises WrongUse: if nobody is there to answer
    """
    asked = QUESTIONS[name]
    if not sys.stdin.isatty():
        raise WrongUse(f"{name} is missing. Add it to the file of --answers.", field=name)
    while True:
        prompt = f"{asked.question}{f' [{default}]' if default else ''}: "
        value = getpass.getpass(prompt) if asked.is_secret else input(prompt)
        try:
            if value := value or default:
                return checked(name, value)
            if asked.may_be_empty:
                return ""
        except WrongUse as error:
            sys.stderr.write(f"{error}\n")


def _from_json(text: str) -> Answers:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise WrongUse(f"The answers are no JSON: {error}.", field="answers") from None
    return {_name(name): str(value) for name, value in content.items() if value is not None}


def _from_lines(text: str) -> Answers:
    found: Answers = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise WrongUse(f"Line {number} of the answers is not NAME=value.", field="answers")
        found[_name(name)] = value.strip()
    return found


def _name(text: str) -> str:
    return text.strip().removeprefix("export ").upper()
