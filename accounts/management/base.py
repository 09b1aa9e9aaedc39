"""What all commands share: an answer in words or as one JSON object, failures alike, and who acts.

Exit 0 is done, 1 something failed, 2 wrong use. With `--json` stdout holds exactly one object, also after a
failure: {"error": {"message", "field"}}. Sentences about errors go to stderr.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from argparse import SUPPRESS
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connections

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Actor
from accounts.mailserver import StalwartError
from accounts.management import database
from accounts.queries.sentences import explain, server_silent


class Failed(CommandError):
    """It could not be done; `field` names the argument that it is about."""

    def __init__(self, message: str, *, field: str | None = None, returncode: int = 1) -> None:
        super().__init__(message, returncode=returncode)
        self.field = field


class WrongUse(Failed):
    """The command was called in a way that makes no sense."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message, field=field, returncode=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did: the object of `--json`, and the lines for a person.

    A `failure` is the sentence about what is not well: the answer is still given, and the exit code is 1.
    """

    content: Mapping[str, Any]
    lines: Iterable[str] = ()
    failure: str = ""


AddAction = Callable[[str, Callable[..., Answer], str], CommandParser]
"""Takes the name of a sub-command, the method behind it and a line of help; returns its parser."""


class ReportingCommand(BaseCommand):
    """A command whose `report` returns an Answer.

    :raises CommandError: as Django's commands do, after the JSON object was written where one was asked for
    """

    requires_system_checks: list[str] = []  # `check` runs before a deploy, not before each command
    needs_tables = True

    def add_arguments(self, parser: CommandParser) -> None:
        offer_json(parser)

    def report(self, *args: Any, **options: Any) -> Answer:
        raise NotImplementedError

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django's, but a wrong use is a failure like any other, also told as JSON."""
        try:
            self.execute(**self._parsed(argv))
        except CommandError as error:
            self.stderr.write(str(error))
            sys.exit(error.returncode)
        finally:
            connections.close_all()

    def handle(self, *_: object, **options: Any) -> None:
        answer = self._answer(options)
        if options.get("json"):
            self._write_json(answer.content)
        else:
            for line in answer.lines:
                self.stdout.write(line)
        if answer.failure:
            raise Failed(answer.failure)

    def _parsed(self, argv: list[str]) -> dict[str, Any]:
        parser = self.create_parser(argv[0], argv[1])
        try:
            if not all(map(_is_text, argv)):
                parser.error("An argument is no text in UTF-8.")
            return vars(parser.parse_args(argv[2:]))
        except CommandError as error:
            message = str(error).removeprefix("Error: ")
            if "--json" in argv:
                self._write_error(message, _argument_in(message))
            raise CommandError(message, returncode=2) from error

    def _answer(self, options: dict[str, Any]) -> Answer:
        try:
            if self.needs_tables:
                database.make_ready()
            return self.report(**options)
        except _SAYS_NO as error:
            failure = as_failure(error)
            if options.get("json"):
                self._write_error(str(failure), failure.field)
            raise failure from error

    def _write_json(self, content: Mapping[str, Any]) -> None:
        self.stdout.write(json.dumps(content, cls=DjangoJSONEncoder))

    def _write_error(self, message: str, about: str | None) -> None:
        self._write_json({"error": {"message": message, "field": about}})


class CommandGroup(ReportingCommand):
    """A command with sub-commands: `add_actions` names them, each is a method that returns an Answer."""

    def add_arguments(self, parser: CommandParser) -> None:
        offer_json(parser)
        actions = parser.add_subparsers(required=True, metavar="ACTION")

        def add(name: str, run: Callable[..., Answer], summary: str) -> CommandParser:
            action: CommandParser = actions.add_parser(name, help=summary, description=summary)
            action.set_defaults(run=run)
            # Whoever has said it before the action's name need not say it again behind it.
            offer_json(action, default=SUPPRESS)
            return action

        self.add_actions(add)

    def add_actions(self, add: AddAction) -> None:
        raise NotImplementedError

    def report(self, *, run: Callable[..., Answer], **options: Any) -> Answer:
        return run(**options)


def offer_json(parser: CommandParser, **more: Any) -> None:
    parser.add_argument("--json", action="store_true", help="Answer with one JSON object and nothing else.", **more)


def clock() -> datetime:
    return datetime.now(UTC)


def actor() -> Actor:
    """Return who the log names: the Unix user that runs the command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = str(os.getuid())
    return Actor(name=f"command:{name}", request_id=uuid4().hex)


_ARGUMENT = re.compile(
    r"^argument (?:--)?([\w-]+)|required: (?:--)?([\w-]+)|^(?:one of the|unrecognized) arguments:? (?:--)?([\w-]+)"
)


def _is_text(argument: str) -> bool:
    """Say whether it was text: Python hands over other bytes as characters that nothing can store."""
    return argument.isascii() or not any("\ud800" <= character <= "\udfff" for character in argument)


def _argument_in(message: str) -> str | None:
    """Return the argument that argparse complains of, by the name that our own refusals use."""
    found = _ARGUMENT.search(message)
    return found[found.lastindex or 0].replace("-", "_").lower() if found else None


_AGAIN = {
    "unreachable": "Run the command again when it does; `manage.py doctor` says more.",
    "busy": "Run the command again in a minute.",
}


def unanswered(error: StalwartError, *, about: str = "", safe: str = "") -> Failed:
    """Say that the mail server was asked in vain, what is `safe`, and what to do: nobody else tries this again."""
    return Failed(" ".join(filter(None, (server_silent(error.code, about), safe, _AGAIN.get(error.code)))))


_SAYS_NO = (Failed, RuleBroken, SeveralRulesBroken, StalwartError, DatabaseError, OSError)


def as_failure(error: Exception) -> Failed:
    """Return what a person is told of an error that is no fault of the program."""
    match error:
        case Failed():
            return error
        case RuleBroken():
            return Failed(explain(error), field=error.field)
        case SeveralRulesBroken():
            return Failed(explain(error), field=error.broken[0].field)
        case StalwartError():
            return unanswered(error)
        case OSError():
            # The data folder is read-only, or the disk is full.
            return Failed(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
    said = " ".join(str(error).split()).rstrip(".?")
    return Failed(f"The database cannot be used: {said}. `manage.py doctor` says more.")
