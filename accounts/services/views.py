"""Saved views of the list: saved under a name, renamed, shared with everybody, deleted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import SavedView, Staff
from accounts.queries import accounts, asked

MOST = 30
_LONGEST = 60


@transaction.atomic
def save_view(*, name: str, filters: accounts.Filters, is_shared: bool, owner: Staff, now: datetime) -> SavedView:
    """Keep what a list is asked for under a name; a name that the person has used already gets the new filters.

    :raises RuleBroken: if the name is missing or too long, there are too many, or this person may not share
    """
    checked = _name(name)
    _require_may_share(owner, is_shared=is_shared)
    view = SavedView.objects.filter(owner=owner, name=checked).first()
    if view is None and SavedView.objects.filter(owner=owner).count() >= MOST:
        raise RuleBroken("too_many_views", field="name", most=MOST)
    view = view or SavedView(owner=owner, name=checked, created_at=now)
    view.is_shared, view.query = is_shared, asked.written(filters)
    view.save()
    return view


@transaction.atomic
def change_view(view_id: int, *, name: str, is_shared: bool, person: Staff) -> SavedView:
    """Give a view another name, or share it with everybody.

    :raises RuleBroken: if it is not this person's, the name is taken, or this person may not share
    """
    view = _own(view_id, person)
    checked = _name(name)
    _require_may_share(person, is_shared=is_shared)
    if SavedView.objects.filter(owner=view.owner, name=checked).exclude(pk=view.pk).exists():
        raise RuleBroken("view_name_taken", field="name", name=checked)
    view.name, view.is_shared = checked, is_shared
    view.save()
    return view


@transaction.atomic
def delete_view(view_id: int, *, person: Staff) -> str:
    """Delete a view and return its name; no account is touched.

    :raises RuleBroken: if it is not this person's
    """
    view = _own(view_id, person)
    view.delete()
    return view.name


def may_change(view: SavedView, person: Staff) -> bool:
    """Say whether a view is this person's to change; an administrator looks after what is shared."""
    return view.owner_id == person.pk or (view.is_shared and person.may(Deed.CHANGE_STAFF))


def _own(view_id: int, person: Staff) -> SavedView:
    view = SavedView.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=view_id).first()
    if view is None or not may_change(view, person):
        raise RuleBroken("no_such_view")
    return view


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise RuleBroken("required", field="name")
    if len(name) > _LONGEST:
        raise RuleBroken("too_long", field="name", longest=_LONGEST)
    if not name.isprintable():
        raise RuleBroken("not_printable", field="name")
    return name


def _require_may_share(person: Staff, *, is_shared: bool) -> None:
    if is_shared and not person.may(Deed.CHANGE_ACCOUNTS):
        raise RuleBroken("may_not_share", field="is_shared")
