"""Opening the accounts of many rows of an import at once: what they have in common is looked up once for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.domain import addresses
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Actor
from accounts.domain.reach import Reach
from accounts.domain.sheets.rows import Verdict
from accounts.models import Account, Alias, BatchRow, Campaign, MailDomain
from accounts.services import placing
from accounts.services.accounts import Lookup, Opening, checked_opening, write_openings
from accounts.services.batches import Outcome
from accounts.services.checking import Wrong
from accounts.services.import_work import facts_of, numbers_alike


def carry_out_together(rows: Sequence[BatchRow], by: Actor, now: datetime) -> dict[int, Outcome]:
    """Open what can be opened at once, and return what became of these rows by their numbers.

    A row that is missing there is to be carried out alone: it changes or ends somebody, makes a campaign, its
    address or its person is there by now, or a rule refuses it.
    """
    rows = [row for row in rows if row.plan["verdict"] == Verdict.CREATE]
    look = _LookupForAll(rows)
    openings: dict[int, Opening] = {}
    for row in rows:
        if look.is_plain(row) and (opening := _checked(row, look, by, now)):
            openings[row.pk] = opening
    write_openings(list(openings.values()), by=by, now=now)
    return {pk: Outcome(account=opening.account) for pk, opening in openings.items()}


def _checked(row: BatchRow, look: _LookupForAll, by: Actor, now: datetime) -> Opening | None:
    try:
        opening = checked_opening(look, address=row.plan["address"], **facts_of(row.plan, by, now))
    except (RuleBroken, SeveralRulesBroken):
        return None
    # Which second addresses are free turns on those of the rows before, that are not written yet.
    return None if opening.aliases else opening


class _LookupForAll(Lookup):
    """Looks up at once what is asked of every row, in the transaction that writes them."""

    def __init__(self, rows: Sequence[BatchRow]) -> None:
        wanted = {row.plan["address"] for row in rows}
        numbers = {number for row in rows for number in numbers_alike(row.plan["employee_number"])}
        campaigns = {row.plan["campaign"] for row in rows}
        domains = {address.rpartition("@")[2] for address in wanted}
        there = Account.objects.filter(employee_number__in=numbers, purged_at=None)
        self._numbers = set(there.values_list("employee_number", flat=True))
        self._campaigns = {"", *Campaign.everywhere.filter(name__in=campaigns).values_list("name", flat=True)}
        self._domains = {domain.name: domain for domain in MailDomain.everywhere.kept().filter(name__in=domains)}
        self._taken = {
            *Account.everywhere.filter(address__in=wanted).values_list("address", flat=True),
            *Alias.objects.filter(address__in=wanted).values_list("address", flat=True),
        }
        self._places: dict[tuple[str, str], placing.Place] = {}

    def is_plain(self, row: BatchRow) -> bool:
        """Say whether nobody of this row's number is there, and it makes no campaign."""
        is_there = not self._numbers.isdisjoint(numbers_alike(row.plan["employee_number"]))
        return not is_there and row.plan["campaign"] in self._campaigns

    def place(self, campaign: str, profile: str, *, by: Actor, now: datetime, wrong: Wrong) -> placing.Place:
        if found := self._places.get((campaign, profile)):
            return found
        place = super().place(campaign, profile, by=by, now=now, wrong=wrong)
        if not wrong.broken:
            self._places[campaign, profile] = place
        return place

    def free_address(self, text: str, reach: Reach) -> tuple[addresses.Address, MailDomain]:
        address = addresses.parse(text)
        domain = self._domains.get(address.domain)
        if domain is None or str(address) in self._taken:
            raise RuleBroken("address_taken", field="address")  # alone, the row is told what it is
        reach.require_domain(domain.pk)
        self._taken.add(str(address))
        return address, domain
