"""The story behind `make demo`: half a year of a team that opens and ends mailboxes, told through the services.

Everything is done with the clock of its day, the sweep included, so that the log reads as it would have grown.
Nothing is random: the same day tells the same story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby

from django.db import transaction

from accounts import outbox
from accounts.domain import addresses, dates
from accounts.domain.people import Actor, Role
from accounts.models import Account, MailDomain, Staff
from accounts.queries import words
from accounts.services import accounts, blocked, campaigns, domains, lifecycle, profiles, shared, staff
from accounts.services.shared import Sharing

PASSWORD = "demo-metrosure"
PEOPLE = {"admin": Role.ADMIN, "operator": Role.OPERATOR, "auditor": Role.AUDITOR}
DOMAINS = {"metrosure.app": "Staff and field teams", "shop.metrosure.app": "Mystery shoppers"}

_BEGINS = -150
_SERVER_FOLLOWS = timedelta(seconds=20)
_HR = Actor(name="operator", address="10.20.4.18")
_ADMIN = Actor(name="admin", address="10.20.4.7")
_PALESA, _JOHAN = "palesa.mokoena@metrosure.app", "johan.vandermerwe@metrosure.app"
_THANDEKA = "thandeka.cele@metrosure.app"
_SHOPPER = "Mystery shopper"
_SHOP, _OFFICE = "shop.metrosure.app", "metrosure.app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Mailboxes that are alike: `starts` and `lasts` in days, moved a little from one person to the next."""

    people: tuple[str, ...]
    campaign: str
    purpose: str
    owner: str
    domain: str
    starts: int
    lasts: int
    step: int
    """How many days later the next person's term ends."""
    profile: str = ""
    """Where its campaign has one, everybody goes by the campaign, and has no dates of their own."""

    @property
    def last(self) -> int:
        """The last day of the last of them."""
        return self.starts + self.lasts + (0 if self.profile else self.step * (len(self.people) - 1))


_GROUPS = (
    Group(
        people=("Nomvula Khumalo", "Pieter Swanepoel", "Ayesha Patel", "Thabiso Mokgatlhe", "Chantelle Jacobs"),
        campaign="Winter pharmacy visits", purpose="Mystery visits in pharmacies", owner=_PALESA,
        domain=_SHOP, starts=-145, lasts=31, step=2,
    ),
    Group(
        people=(
            "Sibusiso Ndlovu", "Anél Oosthuizen", "Kagiso Molefe", "Fatima Adams", "Renier Bezuidenhout",
            "Lindiwe Zungu", "Jacques Théron",
        ),
        campaign="Fuel forecourt audit", purpose="Audit of forecourts", owner=_JOHAN,
        domain=_SHOP, starts=-120, lasts=38, step=8,
    ),
    Group(
        people=(
            "Zanele Mahlangu", "Heinrich Steyn", "Naledi Motaung", "Yusuf Cassim", "Mpho Radebe", "Ané Coetzee",
            "Tessa Liebenberg",
        ),
        campaign="Autumn store visits", purpose="Mystery visits in clothing stores", owner=_PALESA,
        domain=_SHOP, starts=-45, lasts=32, step=1,
    ),
    Group(
        people=(
            "Zoë Pretorius", "Lerato Mabuza", "Siyabonga Nkosinathi Dlamini-Mthembu", "Michelle Naidoo",
            "Johanna Magdalena van der Westhuizen-Labuschagne", "Themba Buthelezi", "Priya Reddy", "Ruan Botha",
            "Nthabiseng Lekota", "Imraan Davids", "Carla Esterhuizen", "Vusi Shabalala", "Keitumetse Tau",
            "Katlego Phiri",
        ),
        campaign="Bank branch checks", purpose="Branch visits and call-backs", owner=_THANDEKA,
        domain=_SHOP, starts=-32, lasts=33, step=2,
    ),
    Group(
        people=(
            "René du Preez", "Busisiwe Mkhize", "Francois Joubert", "Dineo Sebego", "Shaun Petersen",
            "Nokuthula Gumede", "Hlengiwe Ntuli", "André Viljoen", "Tumelo Mashaba", "Samantha Moodley",
            "Kobus Rautenbach", "Ntombizodwa Xaba",
        ),
        campaign="Holiday call centre", purpose="Agent on the holiday lines", owner=_JOHAN,
        domain=_OFFICE, starts=-16, lasts=60, step=1,
    ),
    Group(
        people=("Gugu Hadebe", "Werner Kruger", "Masego Modise", "Riaan Fourie"),
        campaign="", purpose="Temporary back office", owner=_THANDEKA,
        domain=_OFFICE, starts=-60, lasts=120, step=15,
    ),
    Group(
        people=("Refilwe Sekoto", "Tshepo Maluleke", "Mariska Groenewald", "Xolani Jali"),
        campaign="Forecourt re-audit", purpose="Second look at forecourts", owner=_JOHAN,
        domain=_SHOP, starts=-24, lasts=52, step=4,
    ),
    Group(
        people=(
            "Amahle Zwane", "Stéfan Marais", "Boitumelo Kekana", "Nazreen Salie", "Lwazi Mthethwa", "Elzette Grobler",
        ),
        campaign="Summer store visits", purpose="Mystery visits in clothing stores", owner=_PALESA,
        domain=_SHOP, starts=5, lasts=45, step=2, profile=_SHOPPER,
    ),
)  # fmt: skip

_SUSPENDED = {
    "tshepo.maluleke": "Phone lost, may be in other hands.",
    "xolani.jali": "Visit reports under review.",
    "shaun.petersen": "On unpaid leave until the new roster.",
    "vusi.shabalala": "Asked for by the client, see the case file.",
}
_EXTENDED = {"nthabiseng.lekota": 14, "imraan.davids": 7, "dineo.sebego": 30}
_HELD = "renier.bezuidenhout"

Deed = Callable[[datetime], object]


@dataclass(slots=True)
class Story:
    """Collects what happened when, and then lets it happen in order."""

    now: datetime
    events: list[tuple[datetime, Deed]] = field(default_factory=list)

    def tell(self) -> None:
        """Do everything, day by day: the sweep after midnight, people at work, the mail server after them."""
        self._plan()
        past = sorted((event for event in self.events if event[0] < self.now), key=lambda event: event[0])
        for _, events in groupby(past, key=lambda event: words.local_day(event[0])):
            day = list(events)
            for at, deed in day:
                deed(at)
            if len(day) > 1:  # more than the sweep, which has its own followed
                _follow(day[-1][0] + _SERVER_FOLLOWS)

    def _plan(self) -> None:
        for day in range(_BEGINS, 1):
            self._at(day, 0, _sweep)
        for group in _GROUPS:
            self._plan_campaign(group)
            for number, name in enumerate(group.people):
                self._plan_account(group, number, name)
        for number, (local, reason) in enumerate(_SUSPENDED.items()):
            self._at(number - 6, 15 * 60 + number * 7, partial(_suspend, local, reason))
        for number, (local, days) in enumerate(_EXTENDED.items()):
            self._at(number - 4, 11 * 60 + number * 3, partial(_extend, local, days))
        self._at(-3, 9 * 60, _hold)
        self._at(-2, 10 * 60, _tidy_addresses)
        self._at(-15, 9 * 60, _share_addresses)

    def _plan_campaign(self, group: Group) -> None:
        """Make a campaign on the morning of the day that its first mailbox is opened."""
        if not group.campaign:
            return

        def create(at: datetime) -> None:
            if group.profile:
                profiles.create_profile(
                    name=group.profile, domain=group.domain, address_pattern="{first}.{last}", quota=500 * 1024**2,
                    denials=["directory", "credentials"], grace_days=7, retention_days=60, by=_ADMIN, now=at,
                )  # fmt: skip
            campaigns.create_campaign(
                name=group.campaign, owner=group.owner, profile=group.profile,
                starts_at=dates.day_start(self._day(group.starts), words.zone()),
                ends_at=dates.end_of(self._day(group.last), words.zone()), by=_HR, now=at,
            )  # fmt: skip

        self._at(_opened(group), 8 * 60 + 5, create)

    def _plan_account(self, group: Group, number: int, name: str) -> None:
        """Open one account shortly before its start, and hand over a password on the first day."""
        first_day = self._day(group.starts)
        last_day = first_day + timedelta(days=group.lasts + group.step * number)
        opened = _opened(group)
        address = f"{addresses.plain(name)}@{group.domain}"

        def create(at: datetime) -> None:
            accounts.create_account(
                address=address, name=name, owner=group.owner, purpose=group.purpose, campaign=group.campaign,
                starts_at=None if group.profile else max(dates.day_start(first_day, words.zone()), at),
                ends_at=None if group.profile else dates.end_of(last_day, words.zone()), by=_HR, now=at,
            )  # fmt: skip

        self._at(opened, 8 * 60 + 30 + number, create)
        self._at(max(group.starts, opened), 9 * 60 + 10 + number, partial(_hand_over, address))

    def _at(self, day: int, minute: int, deed: Deed) -> None:
        local = datetime.combine(self._day(day), time(minute // 60, minute % 60, 20), words.zone())
        self.events.append((local, deed))

    def _day(self, offset: int) -> date:
        return words.local_day(self.now) + timedelta(days=offset)


def _opened(group: Group) -> int:
    """Return the day on which the mailboxes of a group are opened: shortly before they start."""
    return min(group.starts - 3, -1)


def is_told() -> bool:
    return Account.objects.exists()


def welcome_people(now: datetime) -> None:
    """Let the three demo people sign in with the demo password."""
    for name, role in PEOPLE.items():
        if Staff.objects.filter(username=name).exists():
            continue
        with transaction.atomic():
            person, _ = staff.create_staff(name, role=role, by=_ADMIN, now=now)
            person.set_password(PASSWORD)
            person.must_change_password = False
            person.save()


def make_domains(now: datetime) -> None:
    missing = DOMAINS.keys() - set(MailDomain.objects.values_list("name", flat=True))
    for name in sorted(missing):
        domains.create_domain(name, description=DOMAINS[name], by=_ADMIN, now=now, clock=lambda: now)


def begins(now: datetime) -> datetime:
    return now + timedelta(days=_BEGINS - 1)


def _follow(at: datetime) -> None:
    while outbox.work(lambda: at):
        pass


def _sweep(at: datetime) -> None:
    if lifecycle.sweep(now=at).changed:
        _follow(at + _SERVER_FOLLOWS)


def _account(local: str) -> Account:
    return Account.objects.get(address__startswith=f"{local}@")


def _hand_over(address: str, at: datetime) -> None:
    accounts.set_password(Account.objects.get(address=address).pk, by=_HR, now=at)


def _suspend(local: str, reason: str, at: datetime) -> None:
    lifecycle.suspend_account(_account(local).pk, reason=reason, by=_HR, now=at)


def _extend(local: str, days: int, at: datetime) -> None:
    lifecycle.extend_account_by(
        _account(local).pk, days=days, by=_HR, now=at, reason="The client asked for more visits."
    )


def _hold(at: datetime) -> None:
    lifecycle.hold_account(_account(_HELD).pk, reason="Evidence for a disputed invoice.", by=_ADMIN, now=at)


def _share_addresses(at: datetime) -> None:
    """A list for the leads, a forwarding address, a shared desk, and somebody who guessed passwords."""
    leads, agency = f"leads@{_OFFICE}", f"agency@{_SHOP}"
    shared.save(Sharing.LIST, leads, name="Team leads", members=[_PALESA, _JOHAN, _THANDEKA], by=_ADMIN, now=at)
    shared.save(Sharing.LIST, agency, name="Forwarded", members=["desk@agency.example"], by=_ADMIN, now=at)
    desk = Account.objects.filter(domain__name=_OFFICE, mailbox_exists=True).order_by("pk")
    members = desk.values_list("address", flat=True)[:3]
    shared.save(Sharing.GROUP, f"holiday.desk@{_OFFICE}", name="Holiday desk", members=members, by=_ADMIN, now=at)
    blocked.block("203.0.113.9", reason="Guessed passwords all night.", by=_ADMIN, now=at)


def _tidy_addresses(at: datetime) -> None:
    """Give an alias away too early: the server still has it when the new account asks, which is a failed change.

    "Try again" then works, as the alias is free by that time.
    """
    shared = f"visits@{_SHOP}"
    holder = _account("masego.modise")
    accounts.edit_account(holder.pk, aliases=[shared], by=_HR, now=at)
    _follow(at)
    accounts.edit_account(holder.pk, aliases=[], by=_HR, now=at)
    taken = accounts.create_account(
        address=shared, name="Visits desk", owner=holder.owner, purpose="Shared desk of the visits team",
        ends_at=at + timedelta(days=90), by=_HR, now=at + timedelta(minutes=2),
    )  # fmt: skip
    outbox.execute(taken.operations.get().pk, lambda: at + timedelta(minutes=3))
