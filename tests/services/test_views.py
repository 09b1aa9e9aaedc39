"""Saved views: own ones and shared ones, with names that nobody confuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Role
from accounts.models import SavedView, Staff
from accounts.queries import asked
from accounts.services.views import MOST, change_view, delete_view, save_view

pytestmark = pytest.mark.django_db

Person = Callable[..., Staff]


@pytest.fixture
def person(now: datetime) -> Person:
    def make(name: str, role: Role = Role.OPERATOR) -> Staff:
        return Staff.objects.create(username=name, role=role, created_at=now)

    return make


def saved(
    owner: Staff, now: datetime, name: str = "Gauteng", query: str = "q=gauteng", *, is_shared: bool = False
) -> SavedView:
    return save_view(name=name, filters=asked.read(query), is_shared=is_shared, owner=owner, now=now)


def test_a_view_keeps_filters_and_order(person: Person, now: datetime) -> None:
    filters = asked.read(
        "q=gauteng&state=active&state=ended&look=failed&sort=-name&domain=metrosure.app&ends=2026-12-01"
    )

    view = save_view(name=" Gauteng ", filters=filters, is_shared=False, owner=person("lerato"), now=now)

    assert view.name == "Gauteng"
    assert asked.read(view.query) == filters


def test_each_sees_their_own_and_what_is_shared(person: Person, now: datetime) -> None:
    lerato, riaan = person("lerato"), person("riaan")
    saved(lerato, now, "Mine")
    saved(lerato, now, "Ours", is_shared=True)
    saved(riaan, now, "His")

    assert [view.name for view in SavedView.objects.seen_by(lerato)] == ["Mine", "Ours"]
    assert [view.name for view in SavedView.objects.seen_by(riaan)] == ["His", "Ours"]


def test_the_same_name_again_gets_the_new_filters(person: Person, now: datetime) -> None:
    lerato = person("lerato")
    saved(lerato, now)
    saved(lerato, now, query="q=limpopo")

    assert list(SavedView.objects.values_list("name", "query")) == [("Gauteng", "q=limpopo")]


def test_renaming_and_sharing(person: Person, now: datetime) -> None:
    lerato = person("lerato")
    view = saved(lerato, now)
    change_view(view.pk, name="All of Gauteng", is_shared=True, person=lerato)

    assert list(SavedView.objects.values_list("name", "is_shared")) == [("All of Gauteng", True)]


def test_only_their_own_can_be_changed_and_an_administrator_minds_the_shared(person: Person, now: datetime) -> None:
    lerato, riaan, admin = person("lerato"), person("riaan"), person("admin", Role.ADMIN)
    own, shared = saved(lerato, now, "Mine"), saved(lerato, now, "Ours", is_shared=True)
    for view, who in [(own, riaan), (shared, riaan), (own, admin)]:
        with pytest.raises(RuleBroken, match="no_such_view"):
            change_view(view.pk, name="Taken", is_shared=False, person=who)
        with pytest.raises(RuleBroken, match="no_such_view"):
            delete_view(view.pk, person=who)

    assert delete_view(shared.pk, person=admin) == "Ours"
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("  ", "required", id="none"),
        pytest.param("x" * 61, "too_long", id="too long"),
        pytest.param("a\nb", "not_printable", id="two lines"),
    ],
)
def test_a_name_is_a_short_line(person: Person, now: datetime, name: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        saved(person("lerato"), now, name)


def test_two_views_of_one_person_have_two_names(person: Person, now: datetime) -> None:
    lerato = person("lerato")
    saved(lerato, now, "One")
    view = saved(lerato, now, "Two")

    with pytest.raises(RuleBroken, match="view_name_taken"):
        change_view(view.pk, name="One", is_shared=False, person=lerato)


def test_an_auditor_shares_nothing(person: Person, now: datetime) -> None:
    auditor = person("audit", Role.AUDITOR)
    saved(auditor, now)

    with pytest.raises(RuleBroken, match="may_not_share"):
        saved(auditor, now, is_shared=True)


def test_there_are_not_too_many(person: Person, now: datetime) -> None:
    lerato = person("lerato")
    for number in range(MOST):
        saved(lerato, now, f"View {number}")

    with pytest.raises(RuleBroken, match="too_many_views"):
        saved(lerato, now, "One more")
