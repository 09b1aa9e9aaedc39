"""The page that shows who may what."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.domain.people import COMMAND_ROLE, MAY, Deed, Role
from accounts.queries import roles

pytestmark = pytest.mark.django_db


def test_the_table_says_what_the_program_keeps_to(operator: Client) -> None:
    page = operator.get("/staff/roles/").content.decode().split("</table>")[0]
    rows = re.findall(r'<th scope="row".*?</tr>', page, flags=re.DOTALL)
    shown = [re.findall(r"\b(yes|no)\b", row.split("</th>")[1]) for row in rows]

    assert shown == [["yes" if deed in MAY[role] else "no" for role in Role] for deed in Deed]


def test_each_deed_and_role_has_words() -> None:
    assert len({row.name for row in roles.table()}) == len(Deed)
    assert len({role.means for role in roles.roles()}) == len(Role)


def test_nobody_may_what_an_administrator_may_not() -> None:
    assert set().union(*MAY.values()) == MAY[Role.ADMIN] == set(Deed)
    assert all(Deed.READ in deeds for deeds in MAY.values())


def test_an_auditor_may_only_look() -> None:
    assert {deed for deed in MAY[Role.AUDITOR] if not deed.startswith("read")} == set()


def test_commands_act_as_an_administrator(auditor: Client) -> None:
    page = " ".join(auditor.get("/staff/roles/").content.decode().split())

    assert COMMAND_ROLE is Role.ADMIN
    assert "they act as Administrator. The log names the Unix user." in page
