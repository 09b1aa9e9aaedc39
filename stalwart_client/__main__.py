"""Look at a mail server from a shell: `python -m stalwart_client --url https://mail.example.org mailboxes`."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from inspect import get_annotations
from itertools import islice
from typing import Any

import httpx

from stalwart_client import AppPassword, Credentials, QueuedRecipient, StalwartClient, StalwartError

Row = Mapping[str, Any]

_NOTHING = "-"

_ENVIRONMENT = """
environment: STALWART_URL, STALWART_USER, STALWART_PASSWORD, STALWART_TOKEN stand for the options; a password
that is nowhere is asked for. Exit status: 0 done, 1 the server says no or nothing, 2 wrong use.
"""


@dataclass(frozen=True, slots=True)
class _Command:
    """What can be asked, and which columns a table of the answer has."""

    help: str
    ask: Callable[[StalwartClient, argparse.Namespace], Iterable[Any]]
    columns: tuple[str, ...]
    argument: str = ""


_COMMANDS = {
    "mailboxes": _Command(
        "every mailbox",
        lambda client, options: islice(client.walk(), options.limit),
        ("address", "name", "used", "quota", "denials", "deadline"),
    ),
    "mailbox": _Command(
        "one mailbox",
        lambda client, options: [client.mailbox(options.address)],
        ("address", "name", "aliases", "groups", "lists", "used", "quota", "denials", "deadline", "app_passwords"),
        "address",
    ),
    "domains": _Command("every mail domain", lambda client, _: client.domains(), ("name", "aliases", "description")),
    "groups": _Command("every group", lambda client, _: client.groups.all(), ("address", "name", "members")),
    "lists": _Command("every mailing list", lambda client, _: client.lists.all(), ("address", "name", "members")),
    "log": _Command(
        "what the server wrote about an address",
        lambda client, options: client.log.lines(options.address, limit=options.limit or 100),
        ("at", "level", "event", "text"),
        "address",
    ),
    "queue": _Command(
        "messages on their way out",
        lambda client, options: client.queue.messages(limit=options.limit or 50).messages,
        ("id", "sender", "recipients", "created_at", "next_try_at", "last_answer"),
    ),
    "dkim": _Command(
        "the DKIM keys of a domain",
        lambda client, options: client.dkim.keys(options.domain),
        ("selector", "algorithm", "stage", "created_at", "public_key"),
        "domain",
    ),
    "dns": _Command(
        "the DNS records a domain should have",
        lambda client, options: client.dns_records(options.domain),
        ("type", "name", "content"),
        "domain",
    ),
    "facts": _Command(
        "what the server is, and what we may do",
        lambda client, _: [client.facts()],
        ("generation", "version", "edition", "missing", "lacking", "external_directory", "clock"),
    ),
    "blocked": _Command(
        "addresses that are kept out",
        lambda client, _: client.blocked.all(),
        ("address", "reason", "created_at", "expires_at"),
    ),
}


def main(arguments: Sequence[str] | None = None, *, transport: httpx.BaseTransport | None = None) -> int:
    """Ask the server one thing, print the answer, and return the exit status."""
    options = _options(arguments)
    command = _COMMANDS[options.command]
    with closing(StalwartClient(options.url, _credentials(options), transport=transport)) as client:
        try:
            rows = [_row(each, command.columns) for each in command.ask(client, options)]
        except StalwartError as error:
            about = f" ({error.subject})" if error.subject else ""
            said = f" [{error.said}]" if error.said else ""
            sys.stderr.write(f"{error}{about}{said} {error.advice}\n")
            return 1
    sys.stdout.write(_as_json(rows) if options.json else _table(rows, command.columns))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stalwart_client", description=__doc__, epilog=_ENVIRONMENT)
    parser.add_argument("--url", default=os.environ.get("STALWART_URL"), help="where the server is")
    parser.add_argument("--user", default=os.environ.get("STALWART_USER", ""))
    parser.add_argument("--password", default=os.environ.get("STALWART_PASSWORD", ""))
    parser.add_argument("--token", default=os.environ.get("STALWART_TOKEN", ""), help="instead of user and password")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--limit", type=int, help="print no more than so many")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in _COMMANDS.items():
        each = commands.add_parser(name, help=command.help)
        if command.argument:
            each.add_argument(command.argument)
    options = parser.parse_args(arguments)
    if not options.url:
        parser.error("where is the server? Give --url or STALWART_URL.")
    return options


def _credentials(options: argparse.Namespace) -> Credentials:
    if options.user and not options.password and not options.token:
        options.password = getpass.getpass(f"Password of {options.user}: ")
    return Credentials(user=options.user, secret=options.password, token=options.token)


def _row(item: Any, columns: Sequence[str]) -> Row:
    """Return the parts of an answer, and the columns, some of which are computed."""
    return {name: getattr(item, name) for name in (*get_annotations(type(item)), *columns)}


def _as_json(rows: Sequence[Row]) -> str:
    return json.dumps(rows, default=_plain, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case set() | frozenset():
            return sorted(value)
    return asdict(value)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return rows under their headings, or one row as a list of its parts."""
    texts = [[_text(row[column]) for column in columns] for row in rows]
    if len(texts) == 1:
        widest = max(map(len, columns))
        return "".join(f"{column:<{widest}}  {text}\n" for column, text in zip(columns, texts[0], strict=True))
    lines = [[column.upper() for column in columns], *texts]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    padded = ("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)
    return "".join(f"{line.rstrip()}\n" for line in padded)


def _text(value: Any) -> str:
    match value:
        case None | "":
            return _NOTHING
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case dict():
            return "; ".join(f"{key}: {_text(each)}" for key, each in value.items()) or _NOTHING
        case frozenset():
            return ", ".join(sorted(value)) or _NOTHING
        case tuple():
            return ", ".join(_text(each) for each in value) or _NOTHING
        case AppPassword():
            return value.name
        case QueuedRecipient():
            return value.address
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
