"""The first configuration, by questions or from a file; running it again changes only what is answered anew."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser

from accounts.mailserver import StalwartError
from accounts.management import answers as questions
from accounts.management import checking, envfile
from accounts.management.base import Answer, Failed, ReportingCommand, WrongUse, actor, clock
from accounts.models import Staff
from accounts.queries.sentences import server_silent
from accounts.services import doctor, first_run
from accounts.services.first_run import Key

_SITE = ("COMPANY_NAME", "TIME_ZONE", "PUBLIC_URL")
_SIMULATOR = "simulator:"


class Command(ReportingCommand):
    help = "Sets the panel up: makes it a key on the mail server, writes .env, and adds the first administrator."

    needs_tables = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        names = ", ".join(questions.QUESTIONS)
        parser.add_argument("--answers", type=Path, metavar="FILE", help=f"JSON or lines of NAME=value: {names}")
        parser.add_argument("--carry-on", action="store_true", help="Used by the command itself.")

    def report(self, *, answers: Path | None, carry_on: bool, **options: Any) -> Answer:
        if carry_on:
            return _second_half(**json.loads(sys.stdin.read()))
        return _first_half(Given(questions.from_file(answers) if answers else {}, answers))


@dataclass(frozen=True, slots=True)
class Given:
    """The answers of a file, or nothing: then a person is asked."""

    answers: Mapping[str, str]
    file: Path | None

    def get(self, name: str, default: str = "") -> str:
        """Return an answer. A file that is silent leaves what is set already."""
        if value := self.answers.get(name):
            return value
        return default if default and self.file else questions.on_terminal(name, default)

    def person(self) -> dict[str, str]:
        if self.file:
            return {"name": self.answers.get("STAFF_NAME", ""), "email": self.answers.get("STAFF_EMAIL", "")}
        return {"name": self.get("STAFF_NAME"), "email": self.get("STAFF_EMAIL")}


def _first_half(given: Given) -> Answer:
    """Ask, make the key and write `.env`; what comes after that needs the new settings from its start."""
    path = _env_file()
    url = given.get("STALWART_URL", "" if settings.STALWART_URL.startswith(_SIMULATOR) else settings.STALWART_URL)
    domain = given.get("DOMAIN", settings.DEFAULT_DOMAIN)
    values = {name: given.get(name, str(getattr(settings, name))) for name in _SITE}
    person = given.person()
    values |= {"STALWART_URL": url, "DEFAULT_DOMAIN": domain, **_keys()}
    key = _key(url, domain, given)
    if key:
        values["STALWART_TOKEN"] = key.token
    envfile.write(path, values)
    told = _carry_on(path, values, {**person, "domain": domain})
    return Answer({**_told_of_key(path, url, key), **told}, [*_lines_of_key(path, url, key, given), *_lines(told)])


def _key(url: str, domain: str, given: Given) -> Key | None:
    """Return a new key; None where the panel has one that is accepted, or the server is simulated."""
    if url.startswith(_SIMULATOR):
        return None
    try:
        if settings.STALWART_TOKEN and first_run.is_accepted(url, settings.STALWART_TOKEN):
            return None
        user, password = given.get("ADMIN_USER"), given.get("ADMIN_PASSWORD")
        return first_run.make_key(url, user=user, password=password, domain=domain)
    except StalwartError as error:
        raise _not_made(error, url) from error


def _not_made(error: StalwartError, url: str) -> Failed:
    match error.code:
        case "wrong_credentials":
            return Failed("The mail server does not accept this administrator and password.", field="ADMIN_PASSWORD")
        case "not_permitted":
            return Failed("This person may not make a key there. Name an administrator.", field="ADMIN_USER")
        case "unreachable":
            return Failed(f"No mail server answers at {url}. Nothing was changed.", field="STALWART_URL")
    return Failed(server_silent(error.code), field="STALWART_URL")


def _keys() -> dict[str, str]:
    """Return the panel's own keys where production has none yet; an embedded panel keeps them in its data folder."""
    if settings.EMBEDDED:
        return {}
    made = {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": Fernet.generate_key().decode()}
    return {name: value for name, value in made.items() if not settings.KEYS_GIVEN[name]}


def _carry_on(path: Path, values: Mapping[str, str], about: Mapping[str, str]) -> dict[str, Any]:
    """Run the second half in a process that starts with what was just written."""
    environment = {**os.environ, **values, "PANEL_ENV_FILE": str(path)}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "setup", "--carry-on", "--json"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, input=json.dumps(about), env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Failed(f"{path} is written, but the panel does not start with it: see above.") from None
    if error := told.get("error"):
        raise Failed(f"{path} is written. {error['message']}", field=error["field"])
    return told


def _second_half(*, name: str, email: str, domain: str) -> Answer:
    """Make the tables, take in the domain, add the person, and look at everything once."""
    call_command("migrate", interactive=False, verbosity=0)
    if not first_run.take_in(domain, clock(), clock, by=actor()):
        raise Failed(f"The mail server has no domain {domain}.", field="DOMAIN")
    if not name and not Staff.objects.exists():
        raise WrongUse("STAFF_NAME is missing: nobody could sign in.", field="STAFF_NAME")
    person, password = first_run.first_person(name, email=email, by=actor(), now=clock()) if name else (None, "")
    staff = {"name": person.username, "role": person.role, "password": password or None} if person else None
    return Answer({"domain": domain, "staff": staff, **checking.checks(doctor.examine(clock)).content})


def _env_file() -> Path:
    path = Path(settings.ENV_FILE)
    if (path.exists() and not path.is_file()) or not os.access(path.parent, os.W_OK):
        raise WrongUse(f"{path} cannot be written. Set PANEL_ENV_FILE to a file that can.", field="PANEL_ENV_FILE")
    return path


def _told_of_key(path: Path, url: str, key: Key | None) -> dict[str, Any]:
    return {"env_file": str(path), "server": url, "key": {"name": key.name if key else None, "made": bool(key)}}


def _lines_of_key(path: Path, url: str, key: Key | None, given: Given) -> list[str]:
    lines = [f"Settings: {path}, readable by its owner only."]
    if url.startswith(_SIMULATOR):
        lines.append("A simulated mail server needs no key.")
    elif key is None:
        lines.append("The panel has a key that the mail server accepts: kept.")
    else:
        lines.append(f"The panel signs in to {url} by a key of its own, {key.name}. The administrator is forgotten.")
    if key and key.others:
        lines.append(f"Older keys stay on the mail server: {', '.join(key.others)}. Delete what nobody uses.")
    if given.file and given.answers.get("ADMIN_PASSWORD"):
        lines.append(f"Delete {given.file}: the administrator's password stands in it.")
    return lines


def _lines(told: Mapping[str, Any]) -> list[str]:
    """Say who may sign in, and what the doctor found that needs somebody."""
    staff, checks = told["staff"], told["checks"]
    lines = [f"Mail domain: {told['domain']}."]
    if staff and staff["password"]:
        lines.append(f"{staff['name']} signs in with {staff['password']} once, and then chooses a password.")
    elif staff:
        lines.append(f"{staff['name']} may sign in already: kept.")
    wrong = [each for each in checks if each["verdict"] in {"fail", "warn"}]
    lines += [f"{each['verdict']:<5}{each['name']:<22}{each['found']} {each['advice']}".rstrip() for each in wrong]
    well = sum(each["verdict"] == "ok" for each in checks)
    return [*lines, f"{well} of {len(checks)} checks are well. Start it: python manage.py serve"]
