"""What a command may do: the whole table, and that each acts as the Unix user who runs it.

A command or an action of one that is added needs its line here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from django.core.management import get_commands, load_command_class

from accounts.domain.people import COMMAND_ROLE, MAY, Deed
from accounts.management.base import actor

MACHINERY = {"serve", "runner", "seed_demo", "sweep", "sync", "doctor", "preflight", "setup", "ready"}
"""They run the panel, look at it, or fill a demo: deeds of nobody."""
COMMANDS: dict[Deed, set[str]] = {
    Deed.READ: {
        *("account list", "account show", "campaign list", "campaign show", "profile list", "profile show"),
        *(
            "domain list",
            "dkim list",
            "dns check",
            "dns zone",
            "audit verify",
            "audit export",
        ),
    },
    Deed.READ_WHOLE: {"queue list", "queue stats"},
    Deed.READ_PANEL: {"staff list", "token list"},
    Deed.CHANGE_ACCOUNTS: {
        *("account create", "account edit", "account extend", "account suspend", "account reinstate", "account end"),
        *("account move", "account profile", "account quota", "account password"),
        *("campaign create", "campaign edit", "campaign end", "import"),
    },
    Deed.PURGE: {"account purge"},
    Deed.CHANGE_PROFILES: {"profile create", "profile edit"},
    Deed.CHANGE_DOMAINS: {
        *("domain create", "domain describe", "domain catch-all", "domain delete"),
        *("dkim create", "dkim rotate", "dkim check", "dkim activate", "dkim abandon"),
    },
    Deed.CHANGE_QUEUE: {"queue retry", "queue cancel"},
    Deed.CHANGE_STAFF: {
        "staff create",
        "staff role",
        "staff limit",
        "staff emergency",
        "staff reset-otp",
        "staff deactivate",
        "staff activate",
        "token create",
        "token revoke",
    },
}


def _actions(name: str) -> Iterator[str]:
    parser = load_command_class("accounts", name).create_parser("manage.py", name)
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    yield from [f"{name} {action}" for group in groups for action in group.choices] or [name]


OURS = [name for name, app in get_commands().items() if app == "accounts"]


def test_every_command_stands_in_the_table() -> None:
    found = [action for name in OURS if name not in MACHINERY for action in _actions(name)]
    listed = [action for actions in COMMANDS.values() for action in actions]

    assert sorted(found) == sorted(listed)
    assert set(COMMANDS) == set(Deed)


@pytest.mark.parametrize("deed", Deed)
def test_whoever_runs_a_command_may_all_of_it(deed: Deed) -> None:
    assert deed in MAY[COMMAND_ROLE]


def test_the_log_names_the_unix_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "palesa")

    assert actor().name == "command:palesa"


def test_a_user_without_a_name_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 4711)

    assert actor().name == "command:4711"
