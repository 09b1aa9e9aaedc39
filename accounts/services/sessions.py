"""Where people are signed in: kept in a table, so that each can be looked at and ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.domain.devices import device_of
from accounts.domain.errors import RuleBroken
from accounts.domain.people import PROVIDER, Actor
from accounts.domain.sessions import ABSOLUTE
from accounts.models import SpentToken, Staff, StaffSession

_SPENT_FOR = timedelta(days=1)
"""A logout token is taken for five minutes; a day is more than any two clocks differ."""


def opened(staff: Staff, *, key: str, user_agent: str, address: str, now: datetime) -> None:
    """Remember where somebody signed in."""
    about = {"device": device_of(user_agent), "address": address[:64], "since": now, "seen_at": now}
    StaffSession.objects.update_or_create(key=key, defaults={"staff": staff, **about})


def vouched(key: str, *, provider_session: str) -> None:
    """The company's provider answers for this session: it ends with the provider's own."""
    StaffSession.objects.filter(key=key).update(by_provider=True, provider_session=provider_session[:255])


def seen(key: str, *, now: datetime) -> None:
    StaffSession.objects.filter(key=key).update(seen_at=now)


def renamed(before: str, after: str) -> None:
    """A session got another key, as one does when a password changes."""
    StaffSession.objects.filter(key=before).update(key=after)


def closed(key: str) -> None:
    StaffSession.objects.filter(key=key).delete()


@transaction.atomic
def end_session(session_id: int, *, by: Actor, now: datetime) -> None:
    """Sign somebody out of one browser.

    :raises RuleBroken: if that is over already
    """
    session = StaffSession.objects.select_related("staff").filter(pk=session_id).first()
    if session is None:
        raise RuleBroken("no_such_session")
    _end(StaffSession.objects.filter(pk=session.pk), staff=session.staff, by=by, now=now)


@transaction.atomic
def end_sessions_of(staff: Staff, *, by: Actor, now: datetime, keep: str = "") -> int:
    """Sign somebody out of every browser but the one with the key `keep`; returns of how many."""
    return _end(staff.sessions.exclude(key=keep), staff=staff, by=by, now=now)


def end_by_provider(
    *, token_id: str, subject: str, provider_session: str, issuer: str, by: Actor, now: datetime
) -> int:
    """End what the provider ended: its one session, or all that it answers for of a person; returns how many.

    :raises RuleBroken: if this token was used before
    """
    try:
        with transaction.atomic():
            SpentToken.objects.filter(at__lt=now - _SPENT_FOR).delete()
            SpentToken.objects.create(jti=token_id, at=now)
            return _end_of_provider(
                subject,
                provider_session,
                issuer,
                Actor(name=PROVIDER, address=by.address, request_id=by.request_id),
                now,
            )
    except IntegrityError:
        raise RuleBroken("token_spent") from None


def forget_expired(now: datetime) -> None:
    """Delete sessions that are over, ours and Django's."""
    Session.objects.filter(expire_date__lt=now).delete()
    StaffSession.objects.filter(since__lt=now - ABSOLUTE).delete()


def _end_of_provider(subject: str, provider_session: str, issuer: str, by: Actor, now: datetime) -> int:
    ours = StaffSession.objects.filter(by_provider=True, staff__identity__issuer=issuer)
    if subject:
        ours = ours.filter(staff__identity__subject=subject)
    if provider_session:
        ours = ours.filter(provider_session=provider_session)
    people = Staff.objects.filter(pk__in=ours.values("staff"))
    return sum(_end(ours.filter(staff=staff), staff=staff, by=by, now=now) for staff in people)


def _end(sessions: QuerySet[StaffSession], *, staff: Staff, by: Actor, now: datetime) -> int:
    keys = list(sessions.values_list("key", flat=True))
    if not keys:
        return 0
    Session.objects.filter(pk__in=keys).delete()
    StaffSession.objects.filter(key__in=keys).delete()
    audit.record(audit.Action.SESSION_ENDED, by=by, at=now, subject=staff.username, after={"sessions": len(keys)})
    return len(keys)
