"""Who may open which page: every address with every role, and strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.domain.people import MAY, Deed, Role
from accounts.models import Account, Staff
from accounts.web.access import ANYONE
from tests.web.doors import DOORS

pytestmark = pytest.mark.django_db
_ARGUMENTS = {
    "pk": 1,
    "operation": uuid4(),
    "address": "north@metrosure.app",
    "change": "extend",
    "rotation": 1,
    "message": "b",
    "number": 1,
    "session": 1,
    "token": 1,
}
_POST_ONLY = {
    "changes:hurry",
    "drift:compare",
    "drift:many",
    "sign-out",
    "theme",
    "accounts:check",
    "accounts:retry",
    "domains:retry",
    "domains:check-key",
    "domains:dns-check",
    "addresses:release",
    "addresses:retry",
    "addresses:leave",
    "accounts:job-start",
    "accounts:job-stop",
    "accounts:job-retry",
    "accounts:view-delete",
    "queue:retry",
    "queue:again",
    "queue:leave",
    "settings:try-connection",
}


def _pages(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.callback.__module__.startswith("accounts.web"):
            yield f"{prefix}{pattern.name}", pattern


PAGES = dict(_pages(get_resolver().url_patterns))


def _path(name: str, account: Account) -> str:
    wanted = PAGES[name].pattern.converters
    values = {**_ARGUMENTS, "pk": account.pk}
    return reverse(name, kwargs={key: values[key] for key in wanted})


def test_every_page_lets_in_whom_the_table_says() -> None:
    doors: dict[str, set[str]] = {door: set() for door in DOORS}
    for name, page in PAGES.items():
        doors.setdefault(getattr(page.callback, "door", "no decorator"), set()).add(name)

    assert doors == DOORS


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.callback.door != ANYONE])  # type: ignore[attr-defined]
def test_strangers_are_led_to_the_sign_in(name: str, account: Account) -> None:
    path = _path(name, account)

    answer = Client().post(path) if name in _POST_ONLY else Client().get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('sign-in')}?next={quote(path)}"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if isinstance(page.callback.door, Deed)])  # type: ignore[attr-defined]
def test_each_page_opens_for_those_who_may(
    name: str, method: str, role: Role, signed_in: Callable[[Role], Client], account: Account
) -> None:
    client, door = signed_in(role), PAGES[name].callback.door  # type: ignore[attr-defined]

    answer = getattr(client, method)(_path(name, account))

    assert (answer.status_code == 403) == (door not in MAY[role])


def test_an_auditor_is_offered_nothing_to_do(auditor: Client, account: Account) -> None:
    pages = [
        auditor.get(path).content.decode() for path in ("/", "/accounts/", f"/accounts/{account.pk}/", "/domains/")
    ]

    assert not [page for page in pages if 'method="post"' in page.replace('action="/theme/"', "").split("<main")[1]]
    assert not [page for page in pages if "/new/" in page or "/suspend/" in page or "/edit/" in page]


def test_only_an_administrator_is_offered_to_purge(
    signed_in: Callable[[Role], Client], account: Account, staff: Callable[[Role], Staff]
) -> None:
    Account.objects.update(ends_at="2026-06-01T00:00Z", starts_at="2026-05-01T00:00Z")
    account.refresh_from_db()
    path = f"/accounts/{account.pk}/"

    offered = {role: f"{path}purge/" in signed_in(role).get(path).content.decode() for role in Role}

    assert offered == {Role.AUDITOR: False, Role.OPERATOR: False, Role.ADMIN: True}


def test_a_one_time_password_is_changed_before_anything_else(operator: Client) -> None:
    Staff.objects.update(must_change_password=True)

    answers = [operator.get(path) for path in ("/", "/accounts/", "/audit/")]

    assert {answer["Location"] for answer in answers} == {reverse("own-password")}
    assert operator.get(reverse("own-password")).status_code == 200


def test_a_part_of_a_page_leads_away_too(operator: Client) -> None:
    Staff.objects.update(must_change_password=True)

    answer = operator.get("/accounts/", headers={"HX-Request": "true", "HX-Target": "list"})

    assert answer["HX-Redirect"] == reverse("own-password")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_pages_answer_to_what_browsers_send(operator: Client, method: str) -> None:
    answer = operator.generic(method, "/accounts/")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
