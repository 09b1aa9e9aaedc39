"""What every row of a sheet would do: create, update, nothing, or why it cannot be said."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accounts.domain import addresses
from accounts.domain.dates import day_start, last_day
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.sheets.columns import Field, alike, folded
from accounts.domain.sheets.duplicates import Seen
from accounts.domain.sheets.matching import Accounts
from accounts.domain.sheets.rows import Answer, Entry, Judged, Known, KnownCampaign, Verdict, World
from accounts.domain.sheets.terms import read_term

_LONGEST = {
    Field.NAME: 120,
    Field.NUMBER: 40,
    Field.OWNER: 254,
    Field.PURPOSE: 200,
    Field.NOTE: 2000,
    Field.CAMPAIGN: 120,
    Field.PROFILE: 80,
}
_MAIL = re.compile(r"[^\s@,;<>\"]{1,64}@([^\s@,;<>\"]{3,190})")


def judge(entries: Iterable[Entry], world: World) -> list[Judged]:
    """Judge all rows together: whether a row repeats another, only the whole sheet can say."""
    judging = _Judging(world)
    judged = [judging.row(entry) for entry in entries]
    judging.make_addresses(judged)
    return judged


def missing(judged: Iterable[Judged], scope: Iterable[Known]) -> list[Known]:
    """Return who of a roster's scope the sheet does not name, the first to end first.

    A row with a problem, or left out, still names its person: nobody is ended because a cell is wrong.
    """
    rows = list(judged)
    accounts = {row.account.id for row in rows if row.account}
    names = {folded(row.name) for row in rows}
    numbers = {row.employee_number.casefold() for row in rows if row.employee_number}
    addresses = {row.address for row in rows if row.address}
    unnamed = [
        known
        for known in scope
        if known.id not in accounts
        and folded(known.name) not in names
        and known.number.casefold() not in numbers
        and known.address not in addresses
    ]
    return sorted(unnamed, key=lambda known: (known.ends_at, known.address))


class _Judging:
    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts = Accounts(world.accounts)
        self.seen = Seen()
        self.new_campaigns: dict[str, str] = {}
        self.names: dict[int, tuple[str, str]] = {}
        self.given: set[str] = set()

    def row(self, entry: Entry) -> Judged:
        judged = Judged(number=entry.number)
        self._who(entry, judged)
        if Answer.LEAVE_OUT in entry.answers:
            self.accounts.match(entry, judged)
            judged.verdict, judged.problems = Verdict.LEFT_OUT, []
            return judged
        for field, heading in entry.formulas:
            judged.refuse("formula", field or "", heading=heading)
        self.seen.check(entry, judged)
        campaign = self._campaign(entry, judged)
        if not judged.problems:
            self.accounts.match(entry, judged)
        self._stay_within_reach(judged)
        self._texts(entry, judged, campaign)
        self._owner(entry, judged, campaign)
        self._address(judged)
        read_term(entry, judged, campaign, self.world)
        self._conclude(entry, judged)
        return judged

    def make_addresses(self, judged: list[Judged]) -> None:
        """Make the missing addresses, first for the rows that will be created: others do not take theirs away."""
        missing = [row for row in judged if not row.address and row.name and row.verdict is not Verdict.LEFT_OUT]
        for row in sorted(missing, key=lambda row: row.verdict is Verdict.PROBLEM):
            self._make_address(row)

    def _who(self, entry: Entry, judged: Judged) -> None:
        first, last = entry.cell(Field.FIRST_NAME), entry.cell(Field.LAST_NAME)
        judged.name = entry.cell(Field.NAME) or f"{first} {last}".strip()
        judged.employee_number = entry.cell(Field.NUMBER)
        judged.address = entry.cell(Field.ADDRESS).lower()
        judged.address_is_given = bool(judged.address)
        if not (first or last):
            first, _, last = judged.name.partition(" ")
        self.names[entry.number] = (first, last)
        if not judged.name:
            judged.refuse("name_missing", Field.NAME if Field.NAME in entry.cells else Field.FIRST_NAME)
        self._fits(judged, Field.NAME, judged.name)
        self._fits(judged, Field.NUMBER, judged.employee_number)

    def _campaign(self, entry: Entry, judged: Judged) -> KnownCampaign | None:
        name = entry.cell(Field.CAMPAIGN) or self.world.default_campaign
        if not name or not self._fits(judged, Field.CAMPAIGN, name):
            return None
        known = self.world.campaigns
        campaign = known.get(name.casefold()) or known.get(alike(name))
        # Two spellings of a new one are one campaign.
        judged.campaign = campaign.name if campaign else self.new_campaigns.setdefault(alike(name) or name, name)
        judged.campaign_is_new = campaign is None
        return campaign

    def _stay_within_reach(self, judged: Judged) -> None:
        """Refuse a campaign that is somebody else's, and a person whom somebody else looks after; neither is told."""
        beyond = self.world.beyond
        if judged.employee_number and judged.employee_number.casefold() in beyond.numbers:
            judged.refuse("out_of_reach", Field.NUMBER)
        in_none = not judged.campaign and judged.account is None
        needs_another = beyond.needs_campaign and (in_none or judged.campaign_is_new)
        # One within reach goes before one beyond that is only spelt alike.
        is_anothers = judged.campaign_is_new and beyond.campaigns & {judged.campaign.casefold(), alike(judged.campaign)}
        if needs_another or is_anothers:
            judged.refuse("out_of_reach", Field.CAMPAIGN)

    def _texts(self, entry: Entry, judged: Judged, campaign: KnownCampaign | None) -> None:
        judged.purpose, judged.note = entry.cell(Field.PURPOSE), entry.cell(Field.NOTE)
        self._fits(judged, Field.PURPOSE, judged.purpose)
        self._fits(judged, Field.NOTE, judged.note)
        if given := entry.cell(Field.PROFILE):
            profiles = self.world.profiles
            judged.profile = profiles.get(given.casefold()) or profiles.get(alike(given)) or ""
            if not judged.profile:
                judged.refuse("profile_unknown", Field.PROFILE, name=given[:80])
        elif campaign and not judged.account:
            judged.profile = campaign.profile

    def _owner(self, entry: Entry, judged: Judged, campaign: KnownCampaign | None) -> None:
        owner = entry.cell(Field.OWNER)
        if not owner and campaign and campaign.owner and Answer.CAMPAIGN_OWNER in entry.answers:
            owner = campaign.owner
        if not owner:
            if judged.account is None:
                code = "owner_missing_campaign_has" if campaign and campaign.owner else "owner_missing"
                judged.refuse(code, Field.OWNER, owner=campaign.owner if campaign else "")
            return
        judged.owner = owner if judged.account and judged.account.owner == owner else owner.lower()
        if not _is_mail(owner) and not (judged.account and judged.account.owner == owner):
            judged.refuse("owner_no_address", Field.OWNER, text=owner[:80])
        self._fits(judged, Field.OWNER, owner)

    def _address(self, judged: Judged) -> None:
        """Check an address that the sheet gives; an account that is there keeps its own."""
        if judged.account:
            judged.address = judged.account.address
            return
        if not judged.address:
            return
        try:
            address = addresses.parse(judged.address, field=Field.ADDRESS)
        except RuleBroken as rule:
            judged.problems.append(rule)
            return
        judged.address = str(address)
        if address.domain in self.world.beyond.domains:
            judged.refuse("out_of_reach", Field.ADDRESS)
        elif address.domain not in self.world.domains:
            known = sorted(self.world.domains)[:10]
            judged.refuse("domain_unknown", Field.ADDRESS, domain=address.domain, known=known)
        elif judged.address in self.world.taken and not judged.problems:
            judged.refuse("address_not_free", Field.ADDRESS, address=judged.address)
        self.given.add(judged.address)

    def _conclude(self, entry: Entry, judged: Judged) -> None:
        if judged.account and not judged.problems:
            judged.changes = self._changes(judged, judged.account)
            if judged.changes and judged.account.is_over and Answer.SAME_PERSON not in entry.answers:
                self._ask_about_return(entry, judged, judged.account)
        if judged.problems:
            judged.verdict = Verdict.PROBLEM
        elif judged.account:
            judged.verdict = Verdict.UPDATE if judged.changes else Verdict.SAME

    def _ask_about_return(self, entry: Entry, judged: Judged, account: Known) -> None:
        """Somebody comes back to an old mailbox. By the name alone it may be a stranger, who would read the mail."""
        if not account.number and not entry.cell(Field.ADDRESS):
            judged.refuse("known_name_over", Field.NAME, name=account.name, address=account.address)
        elif "ends_at" in judged.changes:
            judged.notes.append(RuleBroken("opens_again"))
        else:
            # Details of what is over are history.
            judged.changes = {}

    def _changes(self, judged: Judged, account: Known) -> dict[str, tuple[str, str]]:
        zone, now = self.world.zone, self.world.now
        changes: dict[str, tuple[str, str]] = {}
        _differs(changes, "name", account.name, judged.name)
        _differs(changes, "employee_number", account.number, judged.employee_number)
        _differs(changes, "owner", account.owner, judged.owner)
        _differs(changes, "purpose", account.purpose, judged.purpose)
        _differs(changes, "campaign", account.campaign, judged.campaign)
        _differs(changes, "profile", account.profile, judged.profile)
        _differs(changes, "note", " ".join(account.note.split()), judged.note)
        if judged.last_day:
            _differs(changes, "ends_at", last_day(account.ends_at, zone).isoformat(), judged.last_day.isoformat())
        if judged.first_day and account.state is State.SCHEDULED:
            start = account.starts_at.astimezone(zone).date()
            if judged.first_day != start and day_start(judged.first_day, zone) > now:
                changes["starts_at"] = (start.isoformat(), judged.first_day.isoformat())
        return changes

    def _make_address(self, judged: Judged) -> None:
        first, last = self.names[judged.number]
        refused: list[str] = []

        def is_taken(address: str) -> bool:
            if address in self.given or address in self.world.taken:
                refused.append(address)
                return True
            return False

        address = self.world.new_address(first, last, judged.profile, is_taken)
        if not address:
            judged.refuse("address_cannot_be_made" if self.world.domains else "no_domain", Field.ADDRESS)
            judged.verdict = Verdict.PROBLEM
            return
        judged.address = address
        if address.partition("@")[2] in self.world.beyond.domains:
            judged.refuse("out_of_reach", Field.ADDRESS)
            judged.verdict = Verdict.PROBLEM
        if judged.verdict is not Verdict.CREATE:
            return
        self.given.add(address)
        if refused:
            judged.notes.append(RuleBroken("address_numbered", address=refused[0]))

    def _fits(self, judged: Judged, field: Field, text: str) -> bool:
        if len(text) > _LONGEST[field]:
            judged.refuse("too_long", field, longest=_LONGEST[field])
        elif not text.isprintable():
            judged.refuse("not_printable", field)
        else:
            return True
        return False


def _is_mail(text: str) -> bool:
    """Say whether it is an e-mail address, of any company."""
    found = _MAIL.fullmatch(text)
    if not found:
        return False
    try:
        addresses.check_domain(found[1])
    except RuleBroken:
        return False
    return True


def _differs(changes: dict[str, tuple[str, str]], name: str, before: str, after: str) -> None:
    """Note a change; an empty cell leaves things as they are, and capitals are no difference."""
    if after and before.casefold() != after.casefold():
        changes[name] = (before, after)
