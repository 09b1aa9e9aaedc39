"""The log as people read it: each event a sentence, with what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audit import Action
from accounts.domain.dates import day_start, end_of
from accounts.domain.lifecycle import State
from accounts.domain.people import OUTBOX, PROVIDER, STRANGER, SWEEP
from accounts.models import Account, AuditDetail, AuditEvent, AuditHead, Campaign, Profile
from accounts.queries import paging, words
from accounts.queries.refusals import log_note
from accounts.queries.sentences import server_said

_DONE: dict[str, Promise] = {
    Action.ACCOUNT_CREATED: gettext_lazy("opened the account"),
    Action.ACCOUNT_EDITED: gettext_lazy("changed the details"),
    Action.TERM_CHANGED: gettext_lazy("moved the last day"),
    Action.ACCOUNT_SUSPENDED: gettext_lazy("suspended it"),
    Action.ACCOUNT_REINSTATED: gettext_lazy("reinstated it"),
    Action.ACCOUNT_ENDED: gettext_lazy("ended it"),
    Action.ACCOUNT_PURGED: gettext_lazy("purged the mailbox"),
    Action.ACCOUNT_HELD: gettext_lazy("put it on hold"),
    Action.ACCOUNT_RELEASED: gettext_lazy("released the hold"),
    Action.STATE_CHANGED: gettext_lazy("moved it on, as its dates say"),
    Action.PASSWORD_SET: gettext_lazy("made a new password"),
    Action.CHECK_ASKED: gettext_lazy("had it compared with the mail server"),
    Action.OPERATION_RETRIED: gettext_lazy("tried a change again"),
    Action.MAILBOX_CHANGED: gettext_lazy("changed the mailbox on the mail server and read it back"),
    Action.MAILBOX_REFUSED: gettext_lazy("gave up on a change that the mail server refused"),
    Action.LOCK_UNDONE: gettext_lazy("found it opened from outside, and is locking it again"),
    Action.CAMPAIGN_CREATED: gettext_lazy("made the campaign"),
    Action.CAMPAIGN_EDITED: gettext_lazy("changed the campaign"),
    Action.CAMPAIGN_ENDED: gettext_lazy("ended the campaign"),
    Action.PROFILE_CREATED: gettext_lazy("made the profile"),
    Action.PROFILE_EDITED: gettext_lazy("changed the profile"),
    Action.SYNC_ASKED: gettext_lazy("had everything compared with the mail server"),
    Action.SERVER_ASKED: gettext_lazy("had everything that waits tried again"),
    Action.SERVER_DOUBTED: gettext_lazy("did not believe the mail server, too much was missing"),
    Action.MAILBOX_ADOPTED: gettext_lazy("took in the mailbox that was on the mail server"),
    Action.DRIFT_PUT_RIGHT: gettext_lazy("had a difference put right on the mail server"),
    Action.DRIFT_ACCEPTED: gettext_lazy("took over what the mail server has"),
    Action.DRIFT_IGNORED: gettext_lazy("left a difference as it is"),
    Action.MAILBOX_GIVEN_UP: gettext_lazy("left it at a mailbox that was deleted from outside"),
    Action.OPERATION_CANCELLED: gettext_lazy("cancelled a change that had not begun"),
    Action.DOMAIN_CREATED: gettext_lazy("added the mail domain"),
    Action.GROUP_CHANGED: gettext_lazy("changed the group"),
    Action.GROUP_DELETED: gettext_lazy("deleted the group"),
    Action.LIST_CHANGED: gettext_lazy("changed the mailing list"),
    Action.LIST_DELETED: gettext_lazy("deleted the mailing list"),
    Action.IP_BLOCKED: gettext_lazy("blocked the address"),
    Action.IP_RELEASED: gettext_lazy("let the address in again"),
    Action.DOMAIN_DESCRIBED: gettext_lazy("changed what the mail domain is for"),
    Action.CATCH_ALL_CHOSEN: gettext_lazy("chose who gets mail to addresses that nobody has"),
    Action.DOMAIN_DELETED: gettext_lazy("gave the mail domain up"),
    Action.DOMAIN_KEPT: gettext_lazy("kept the mail domain, as the mail server did not delete it"),
    Action.KEY_STARTED: gettext_lazy("began a new signing key"),
    Action.KEY_MADE: gettext_lazy("had a new signing key made and read it back"),
    Action.KEY_RECORD_SEEN: gettext_lazy("saw the record of the new signing key on its name servers"),
    Action.KEY_INSISTED: gettext_lazy("let the new signing key sign without its record having been seen"),
    Action.KEY_SIGNS: gettext_lazy("switched to the new signing key and read it back"),
    Action.KEY_REMOVED: gettext_lazy("deleted the old signing key and read it back"),
    Action.KEY_ABANDON_ASKED: gettext_lazy("took the new signing key back"),
    Action.KEY_ABANDONED: gettext_lazy("deleted the new signing key, which was taken back"),
    Action.KEY_COMPROMISED: gettext_lazy("said that a signing key is in other hands, and had it replaced at once"),
    Action.KEY_POLICY_CHOSEN: gettext_lazy("chose how the mail server changes signing keys by itself"),
    Action.MAIL_CANCELLED: gettext_lazy("cancelled waiting mail"),
    Action.MAIL_RETRIED: gettext_lazy("had waiting mail tried again at once"),
    Action.PURGES_STOPPED: gettext_lazy("held back purges, too many at once"),
    Action.JOB_STARTED: gettext_lazy("started a job"),
    Action.JOB_STOPPED: gettext_lazy("stopped a job"),
    Action.JOB_RETRIED: gettext_lazy("tried again what failed of a job"),
    Action.ACCOUNTS_EXPORTED: gettext_lazy("took away a list of mailboxes"),
    Action.LOG_EXPORTED: gettext_lazy("took away entries of the log"),
    Action.STAFF_CREATED: gettext_lazy("added a person who may sign in here"),
    Action.STAFF_EDITED: gettext_lazy("changed the e-mail address of a person"),
    Action.STAFF_DEACTIVATED: gettext_lazy("shut a person out of this panel"),
    Action.STAFF_ACTIVATED: gettext_lazy("let a person into this panel again"),
    Action.STAFF_ROLE_CHANGED: gettext_lazy("changed what a person may do here"),
    Action.STAFF_LIMITED: gettext_lazy("changed which mailboxes a person looks after"),
    Action.STAFF_PASSWORD_CHANGED: gettext_lazy("chose a new password for this panel"),
    Action.SIGNED_IN: gettext_lazy("signed in"),
    Action.SIGN_IN_REFUSED: gettext_lazy("was not let in"),
    Action.EMERGENCY_KEY_USED: gettext_lazy("used the emergency key"),
    Action.EMERGENCY_KEY_CHANGED: gettext_lazy("gave or took an emergency key"),
    Action.SECOND_FACTOR_SET: gettext_lazy("set up a second factor"),
    Action.SECOND_FACTOR_RESET: gettext_lazy("took away a second factor"),
    Action.RECOVERY_CODES_MADE: gettext_lazy("made new recovery codes"),
    Action.RECOVERY_CODE_USED: gettext_lazy("used a recovery code"),
    Action.SESSION_ENDED: gettext_lazy("signed somebody out"),
    Action.TOKEN_CREATED: gettext_lazy("made an API token"),
    Action.TOKEN_REVOKED: gettext_lazy("revoked an API token"),
    Action.TOKEN_REFUSED: gettext_lazy("used an API token that is dead"),
    Action.VALUES_ERASED: gettext_lazy("erased personal values"),
}
_NAMED: dict[str, Promise] = {
    Action.ACCOUNT_CREATED: gettext_lazy("Account opened"),
    Action.ACCOUNT_EDITED: gettext_lazy("Details changed"),
    Action.TERM_CHANGED: gettext_lazy("Last day moved"),
    Action.ACCOUNT_SUSPENDED: gettext_lazy("Suspended"),
    Action.ACCOUNT_REINSTATED: gettext_lazy("Reinstated"),
    Action.ACCOUNT_ENDED: gettext_lazy("Ended by a person"),
    Action.ACCOUNT_PURGED: gettext_lazy("Purged"),
    Action.ACCOUNT_HELD: gettext_lazy("Put on hold"),
    Action.ACCOUNT_RELEASED: gettext_lazy("Hold released"),
    Action.STATE_CHANGED: gettext_lazy("Moved on by its dates"),
    Action.PASSWORD_SET: gettext_lazy("New password"),
    Action.CHECK_ASKED: gettext_lazy("Compared on request"),
    Action.OPERATION_RETRIED: gettext_lazy("Change tried again"),
    Action.MAILBOX_CHANGED: gettext_lazy("Mail server changed"),
    Action.MAILBOX_REFUSED: gettext_lazy("Mail server refused"),
    Action.LOCK_UNDONE: gettext_lazy("Lock undone from outside"),
    Action.CAMPAIGN_CREATED: gettext_lazy("Campaign made"),
    Action.CAMPAIGN_EDITED: gettext_lazy("Campaign changed"),
    Action.CAMPAIGN_ENDED: gettext_lazy("Campaign ended"),
    Action.PROFILE_CREATED: gettext_lazy("Profile made"),
    Action.PROFILE_EDITED: gettext_lazy("Profile changed"),
    Action.SYNC_ASKED: gettext_lazy("All compared on request"),
    Action.SERVER_ASKED: gettext_lazy("All waiting changes tried again"),
    Action.SERVER_DOUBTED: gettext_lazy("Mail server not believed"),
    Action.MAILBOX_ADOPTED: gettext_lazy("Mailbox taken in"),
    Action.DRIFT_PUT_RIGHT: gettext_lazy("Difference put right"),
    Action.DRIFT_ACCEPTED: gettext_lazy("Difference accepted"),
    Action.DRIFT_IGNORED: gettext_lazy("Difference left as it is"),
    Action.MAILBOX_GIVEN_UP: gettext_lazy("Deleted mailbox given up"),
    Action.OPERATION_CANCELLED: gettext_lazy("Change cancelled"),
    Action.DOMAIN_CREATED: gettext_lazy("Mail domain added"),
    Action.GROUP_CHANGED: gettext_lazy("Group changed"),
    Action.GROUP_DELETED: gettext_lazy("Group deleted"),
    Action.LIST_CHANGED: gettext_lazy("Mailing list changed"),
    Action.LIST_DELETED: gettext_lazy("Mailing list deleted"),
    Action.IP_BLOCKED: gettext_lazy("Address blocked"),
    Action.IP_RELEASED: gettext_lazy("Blocked address released"),
    Action.DOMAIN_DESCRIBED: gettext_lazy("Mail domain described"),
    Action.CATCH_ALL_CHOSEN: gettext_lazy("Catch-all chosen"),
    Action.DOMAIN_DELETED: gettext_lazy("Mail domain given up"),
    Action.DOMAIN_KEPT: gettext_lazy("Mail domain kept"),
    Action.KEY_STARTED: gettext_lazy("Signing key begun"),
    Action.KEY_MADE: gettext_lazy("Signing key made"),
    Action.KEY_RECORD_SEEN: gettext_lazy("Signing key's record seen"),
    Action.KEY_INSISTED: gettext_lazy("Signing key insisted on"),
    Action.KEY_SIGNS: gettext_lazy("Signing key switched"),
    Action.KEY_REMOVED: gettext_lazy("Signing key deleted"),
    Action.KEY_ABANDON_ASKED: gettext_lazy("Signing key taken back"),
    Action.KEY_ABANDONED: gettext_lazy("Signing key abandoned"),
    Action.KEY_COMPROMISED: gettext_lazy("Signing key in other hands"),
    Action.KEY_POLICY_CHOSEN: gettext_lazy("Change of keys chosen"),
    Action.MAIL_CANCELLED: gettext_lazy("Waiting mail cancelled"),
    Action.MAIL_RETRIED: gettext_lazy("Waiting mail tried again"),
    Action.PURGES_STOPPED: gettext_lazy("Purges held back"),
    Action.JOB_STARTED: gettext_lazy("Job started"),
    Action.JOB_STOPPED: gettext_lazy("Job stopped"),
    Action.JOB_RETRIED: gettext_lazy("Job tried again"),
    Action.ACCOUNTS_EXPORTED: gettext_lazy("List taken away"),
    Action.LOG_EXPORTED: gettext_lazy("Log taken away"),
    Action.STAFF_CREATED: gettext_lazy("Staff added"),
    Action.STAFF_EDITED: gettext_lazy("Staff details changed"),
    Action.STAFF_DEACTIVATED: gettext_lazy("Staff shut out"),
    Action.STAFF_ACTIVATED: gettext_lazy("Staff let in again"),
    Action.STAFF_ROLE_CHANGED: gettext_lazy("Staff role changed"),
    Action.STAFF_LIMITED: gettext_lazy("Staff limits changed"),
    Action.STAFF_PASSWORD_CHANGED: gettext_lazy("Own password changed"),
    Action.SIGNED_IN: gettext_lazy("Signed in"),
    Action.SIGN_IN_REFUSED: gettext_lazy("Sign-in refused"),
    Action.EMERGENCY_KEY_USED: gettext_lazy("Emergency key used"),
    Action.EMERGENCY_KEY_CHANGED: gettext_lazy("Emergency key given or taken"),
    Action.SECOND_FACTOR_SET: gettext_lazy("Second factor set up"),
    Action.SECOND_FACTOR_RESET: gettext_lazy("Second factor taken away"),
    Action.RECOVERY_CODES_MADE: gettext_lazy("Recovery codes made"),
    Action.RECOVERY_CODE_USED: gettext_lazy("Recovery code used"),
    Action.SESSION_ENDED: gettext_lazy("Signed out by somebody"),
    Action.TOKEN_CREATED: gettext_lazy("API token made"),
    Action.TOKEN_REVOKED: gettext_lazy("API token revoked"),
    Action.TOKEN_REFUSED: gettext_lazy("Dead API token used"),
    Action.VALUES_ERASED: gettext_lazy("Values erased"),
}
_ICONS: dict[str, str] = {
    Action.ACCOUNT_CREATED: "plus",
    Action.ACCOUNT_EDITED: "pencil",
    Action.TERM_CHANGED: "calendar-event",
    Action.ACCOUNT_SUSPENDED: "player-pause",
    Action.ACCOUNT_REINSTATED: "lock-open",
    Action.ACCOUNT_ENDED: "lock",
    Action.ACCOUNT_PURGED: "x",
    Action.ACCOUNT_HELD: "shield-lock",
    Action.ACCOUNT_RELEASED: "shield-lock",
    Action.STATE_CHANGED: "clock",
    Action.PASSWORD_SET: "key",
    Action.CHECK_ASKED: "refresh",
    Action.OPERATION_RETRIED: "refresh",
    Action.MAILBOX_CHANGED: "shield-check",
    Action.MAILBOX_REFUSED: "alert-triangle",
    Action.LOCK_UNDONE: "alert-triangle",
    Action.CAMPAIGN_CREATED: "flag",
    Action.CAMPAIGN_EDITED: "flag",
    Action.CAMPAIGN_ENDED: "flag",
    Action.PROFILE_CREATED: "pencil",
    Action.PROFILE_EDITED: "pencil",
    Action.SYNC_ASKED: "refresh",
    Action.SERVER_ASKED: "refresh",
    Action.SERVER_DOUBTED: "alert-triangle",
    Action.MAILBOX_ADOPTED: "plus",
    Action.DRIFT_PUT_RIGHT: "arrow-back-up",
    Action.DRIFT_ACCEPTED: "check",
    Action.DRIFT_IGNORED: "arrows-diff",
    Action.MAILBOX_GIVEN_UP: "x",
    Action.OPERATION_CANCELLED: "arrow-back-up",
    Action.DOMAIN_CREATED: "world",
    Action.GROUP_CHANGED: "users",
    Action.GROUP_DELETED: "x",
    Action.LIST_CHANGED: "users",
    Action.LIST_DELETED: "x",
    Action.IP_BLOCKED: "hand-stop",
    Action.IP_RELEASED: "lock-open",
    Action.DOMAIN_DESCRIBED: "world",
    Action.CATCH_ALL_CHOSEN: "world",
    Action.DOMAIN_DELETED: "x",
    Action.DOMAIN_KEPT: "alert-triangle",
    Action.KEY_STARTED: "key",
    Action.KEY_MADE: "key",
    Action.KEY_RECORD_SEEN: "check",
    Action.KEY_INSISTED: "alert-triangle",
    Action.KEY_SIGNS: "shield-check",
    Action.KEY_REMOVED: "x",
    Action.KEY_ABANDON_ASKED: "arrow-back-up",
    Action.KEY_ABANDONED: "arrow-back-up",
    Action.KEY_COMPROMISED: "alert-triangle",
    Action.KEY_POLICY_CHOSEN: "refresh",
    Action.MAIL_CANCELLED: "x",
    Action.MAIL_RETRIED: "refresh",
    Action.PURGES_STOPPED: "hand-stop",
    Action.JOB_STARTED: "player-play",
    Action.JOB_STOPPED: "player-pause",
    Action.JOB_RETRIED: "refresh",
    Action.ACCOUNTS_EXPORTED: "download",
    Action.LOG_EXPORTED: "download",
    Action.STAFF_DEACTIVATED: "hand-stop",
    Action.STAFF_ACTIVATED: "lock-open",
    Action.SIGN_IN_REFUSED: "hand-stop",
    Action.EMERGENCY_KEY_USED: "alert-triangle",
    Action.EMERGENCY_KEY_CHANGED: "key",
    Action.SECOND_FACTOR_SET: "shield-check",
    Action.SECOND_FACTOR_RESET: "alert-triangle",
    Action.RECOVERY_CODES_MADE: "key",
    Action.RECOVERY_CODE_USED: "key",
    Action.SESSION_ENDED: "logout",
    Action.TOKEN_CREATED: "key",
    Action.TOKEN_REVOKED: "x",
    Action.TOKEN_REFUSED: "hand-stop",
}
_MOVED_ON: dict[str, Promise] = {
    State.ACTIVE: gettext_lazy("opened it, its first day has come"),
    State.ENDED: gettext_lazy("ended it, its last day is over"),
    State.CLOSED: gettext_lazy("closed it, its grace is over"),
}
_VERSIONED = (
    Action.ACCOUNT_EDITED,
    Action.TERM_CHANGED,
    Action.ACCOUNT_SUSPENDED,
    Action.ACCOUNT_REINSTATED,
    Action.ACCOUNT_ENDED,
    Action.ACCOUNT_PURGED,
    Action.ACCOUNT_HELD,
    Action.ACCOUNT_RELEASED,
)
"""What people do to an account: each counts its version up by one."""
_PROGRAM = {
    SWEEP.name: gettext_lazy("The sweep"),
    OUTBOX.name: gettext_lazy("The panel"),
    PROVIDER: gettext_lazy("The company sign-in"),
    STRANGER: gettext_lazy("Somebody unknown"),
}
_TOLD_WHOLE = frozenset({Action.STATE_CHANGED})
"""Their sentence says all that changed."""
_TROUBLE = frozenset(
    {
        Action.MAILBOX_REFUSED,
        Action.LOCK_UNDONE,
        Action.SERVER_DOUBTED,
        Action.DOMAIN_KEPT,
        Action.KEY_INSISTED,
        Action.KEY_COMPROMISED,
        Action.PURGES_STOPPED,
        Action.SIGN_IN_REFUSED,
        Action.EMERGENCY_KEY_USED,
        Action.TOKEN_REFUSED,
    }
)
_OF_SIGN_IN = (
    Action.SIGNED_IN,
    Action.SIGN_IN_REFUSED,
    Action.EMERGENCY_KEY_USED,
    Action.EMERGENCY_KEY_CHANGED,
    Action.SECOND_FACTOR_SET,
    Action.SECOND_FACTOR_RESET,
    Action.RECOVERY_CODES_MADE,
    Action.RECOVERY_CODE_USED,
    Action.SESSION_ENDED,
    Action.TOKEN_CREATED,
    Action.TOKEN_REVOKED,
    Action.TOKEN_REFUSED,
    Action.STAFF_CREATED,
    Action.STAFF_EDITED,
    Action.STAFF_LIMITED,
    Action.STAFF_DEACTIVATED,
    Action.STAFF_ACTIVATED,
    Action.STAFF_ROLE_CHANGED,
    Action.STAFF_PASSWORD_CHANGED,
)
"""What concerns whether somebody may sign in here, and did."""
_LATEST = (2**62,)
_MANY = 500
"""From so many matches on, the log goes from the newest on instead of collecting them first."""
_OF = {
    "campaign_id": (Action.CAMPAIGN_CREATED, Action.CAMPAIGN_EDITED, Action.CAMPAIGN_ENDED),
    "profile_id": (Action.PROFILE_CREATED, Action.PROFILE_EDITED),
}
_MOST_OF_NAMED = 200


@dataclass(frozen=True, slots=True)
class EventRow:
    id: int
    action: str
    icon: str
    actor: str
    text: str
    subject: str
    account_id: int | None
    changes: list[words.Change]
    reason: str
    note: str
    """What the mail server said, where it refused, why somebody was not let in, or what a token is good for."""
    client: str
    at: datetime
    clock: str
    is_trouble: bool


@dataclass(frozen=True, slots=True)
class Day:
    words: str
    events: list[EventRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the log is asked for; empty is everything."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrow(self) -> bool:
        return any((self.action, self.actor, self.subject, self.since, self.until))

    def written(self) -> dict[str, str]:
        """Return what it is narrowed to, for the log."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class History:
    """The newest events of one account, and whether there are older ones."""

    days: list[Day]
    has_more: bool


def actions() -> list[tuple[str, str]]:
    """Return what the log can be narrowed to, by name."""
    return sorted(((action.value, str(_NAMED[action])) for action in Action), key=lambda pair: pair[1])


def of_account(account_id: int, now: datetime, limit: int = 15) -> History:
    found = list(_events().filter(account_id=account_id).order_by("-pk")[: limit + 1])
    return History(by_day(_rows(found[:limit], now), now), has_more=len(found) > limit)


def of_campaign(campaign: Campaign, now: datetime, limit: int = 15) -> History:
    return _of_named("campaign_id", campaign.pk, campaign.name, now, limit)


def of_profile(profile: Profile, now: datetime, limit: int = 15) -> History:
    return _of_named("profile_id", profile.pk, profile.name, now, limit)


def of_person(username: str, now: datetime, limit: int = 15) -> History:
    """Return the newest sign-ins of a person, the refused ones too, and what was changed about them."""
    found = _events().filter(detail__subject=username, action__in=_OF_SIGN_IN).order_by("-pk")[: limit + 1]
    rows = _rows(found, now)
    return History(by_day(rows[:limit], now), has_more=len(rows) > limit)


def since_version(account: Account, version: int, now: datetime) -> list[EventRow]:
    """Return what people did to an account after somebody had it open at this version, newest first."""
    found = _events().filter(account_id=account.pk, action__in=_VERSIONED).order_by("-pk")
    return _rows(found[: max(account.version - version, 0)], now)


def find(search: Search, after: str, before: str, now: datetime, size: int = 50) -> paging.Page[EventRow]:
    """Return one page of the log, newest first."""
    order = paging.Order(("pk",), descending=True)
    cursor = paging.Cursor.read(before or after, _LATEST, backwards=bool(before)) if before or after else None

    def load(keys: list[paging.Key]) -> Sequence[EventRow]:
        return _rows(_events().filter(pk__in=[key[0] for key in keys]).order_by("-pk"), now)

    return paging.paged([searched(search)], order, cursor, size, load)


def by_day(rows: Iterable[EventRow], now: datetime) -> list[Day]:
    today = words.local_day(now)
    days = groupby(rows, key=lambda row: words.local_day(row.at))
    return [Day(words.heading(day, today), list(events)) for day, events in days]


def entries() -> int:
    """Return how many events the log has, without counting them."""
    return AuditHead.objects.filter(pk=1).values_list("event_id", flat=True).first() or 0


def opened_just_now(address: str, by: str, since: datetime) -> int | None:
    """Return the account that this person opened at this address a moment ago: a form sent twice."""
    account = Account.objects.filter(address=address.strip().lower(), created_at__gte=since).first()
    if account is None:
        return None
    created = _events().filter(account_id=account.pk, action=Action.ACCOUNT_CREATED, detail__actor=by)
    return account.pk if created.exists() else None


def _of_named(number: str, pk: int, name: str, now: datetime, limit: int) -> History:
    """Return the newest events of something that the log knows by name, also under the names it had before."""
    names: set[str] = set()
    older, mine = {name}, []
    while older:
        names |= older
        found = (
            AuditEvent.everywhere.select_related("detail")
            .filter(action__in=_OF[number], detail__subject__in=names)
            .order_by("-pk")[:_MOST_OF_NAMED]
        )
        mine = [event for event in found if (event.detail.after or {}).get(number) == pk]
        before = [event.detail.before or {} for event in mine]
        older = {values["name"] for values in before if "name" in values} - names
    return History(by_day(_rows(mine[:limit], now), now), has_more=len(mine) > limit)


def _events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.select_related("detail")


def searched(search: Search) -> QuerySet[AuditEvent]:
    found: QuerySet[AuditEvent] = AuditEvent.objects.all()
    zone = words.zone()
    if search.action:
        found = found.filter(action=search.action)
    if search.actor:
        found = _having(found, "actor", search.actor)
    if search.subject:
        found = _having(found, "subject", search.subject)
    if search.since:
        found = found.filter(at__gte=day_start(search.since, zone))
    if search.until:
        found = found.filter(at__lt=end_of(search.until, zone))
    return found


def _having(found: QuerySet[AuditEvent], value: str, text: str) -> QuerySet[AuditEvent]:
    """Narrow to events with a text in one of their values. Few are looked up in an index of that value, and named
    one by one; many are met soon enough on the way from the newest on.
    """
    having = AuditDetail.objects.filter(**{f"{value}__icontains": text})
    numbers = list(having.values_list("event", flat=True)[: _MANY + 1])
    return (
        found.filter(pk__in=numbers) if len(numbers) <= _MANY else found.filter(**{f"detail__{value}__icontains": text})
    )


def _rows(found: Iterable[AuditEvent], now: datetime) -> list[EventRow]:
    today = words.local_day(now)
    return [_row(event, today) for event in found]


def _row(event: AuditEvent, today: date) -> EventRow:
    detail = event.detail
    before: dict[str, Any] = detail.before or {}
    after: dict[str, Any] = detail.after or {}
    return EventRow(
        id=event.pk,
        action=str(_NAMED.get(event.action, event.action)),
        icon=_ICONS.get(event.action, "user"),
        actor=_actor(detail.actor),
        text=_what(event.action, before, after),
        subject=detail.subject or "",
        account_id=event.account_id,
        changes=[] if event.action in _TOLD_WHOLE or not (before and after) else words.changes(before, after, today),
        reason=detail.reason or "",
        note=_note(after),
        client=detail.client or "",
        at=event.at,
        clock=words.clock_words(event.at),
        is_trouble=event.action in _TROUBLE,
    )


def _what(action: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the sentence of an event, without who did it."""
    if action == Action.MAILBOX_CHANGED and not before:
        return _("made the mailbox on the mail server and read it back")
    if action == Action.MAILBOX_CHANGED and not after:
        return _("deleted the mailbox on the mail server and read it back")
    if action == Action.MAILBOX_CHANGED and "password" in after:
        return _("put the new password on the mail server and read it back")
    if action == Action.STATE_CHANGED and after.get("state") in _MOVED_ON:
        return str(_MOVED_ON[after["state"]])
    if action in {Action.MAIL_CANCELLED, Action.MAIL_RETRIED}:
        return _mail(action, after)
    if action == Action.PURGES_STOPPED:
        return _("held back %(n)s purges, too many at once") % {"n": after.get("purges")}
    if action == Action.STAFF_CREATED:
        return _("let a person sign in here, as %(role)s") % {"role": words.ROLES.get(str(after.get("role")), "")}
    if which := after.get("selector") or after.get("label"):
        return f"{_DONE[action]} ({which})"
    return str(_DONE.get(action, action))


def _mail(action: str, after: dict[str, Any]) -> str:
    """Name whom one message was for; count several."""
    number, to = int(after.get("messages", 1)), ", ".join(after.get("to", []))
    if action == Action.MAIL_CANCELLED:
        said = ngettext("cancelled a waiting message to %(to)s", "cancelled %(n)s waiting messages", number)
    else:
        said = ngettext(
            "had a waiting message to %(to)s tried again at once",
            "had %(n)s waiting messages tried again at once",
            number,
        )
    return said % {"n": number, "to": to or _("nobody")}


def _note(after: dict[str, Any]) -> str:
    if "error_code" in after:
        return server_said(str(after["error_code"]))
    if "scopes" in after:
        return ", ".join(map(str, after["scopes"]))
    return log_note(str(after["refused"]), str(after.get("detail", ""))) if "refused" in after else ""


def _actor(name: str | None) -> str:
    if name is None:
        return _("Somebody, name erased")
    return str(_PROGRAM.get(name, name))
