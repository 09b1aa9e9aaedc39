"""Which account a row speaks of: by its number first, then by its address, then by its name alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from accounts.domain.lifecycle import State
from accounts.domain.sheets.columns import Field, folded
from accounts.domain.sheets.rows import Answer, Entry, Judged, Known


class Accounts:
    """The accounts that there are, found by what a sheet says of a person."""

    def __init__(self, accounts: Collection[Known]) -> None:
        self._numbers: dict[str, list[Known]] = defaultdict(list)
        self._names: dict[str, list[Known]] = defaultdict(list)
        self._addresses = {account.address: account for account in accounts}
        for account in accounts:
            if account.state is not State.PURGED:
                self._names[folded(account.name)].append(account)
                if account.number:
                    self._numbers[account.number.casefold()].append(account)

    def match(self, entry: Entry, judged: Judged) -> None:
        """Find the account of a row, or say what is doubtful about it."""
        address = entry.cell(Field.ADDRESS).lower()
        number = judged.employee_number.casefold()
        if number and number in self._numbers:
            self._by_number(self._numbers[number], address, entry, judged)
        elif address and address in self._addresses:
            self._by_address(self._addresses[address], entry, judged)
        elif not address or number:
            self._by_name(self._names.get(folded(judged.name), []), number, entry, judged)

    def _by_number(self, found: list[Known], address: str, entry: Entry, judged: Judged) -> None:
        same = [account for account in found if folded(account.name) == folded(judged.name)]
        account = judged.account = (same or found)[0]
        if not same and Answer.SAME_PERSON not in entry.answers:
            judged.refuse(
                "known_number_other_name", Field.NAME, number=account.number, name=account.name, address=account.address
            )
        if address and address != account.address:
            judged.refuse("known_other_address", Field.ADDRESS, name=account.name, address=account.address)

    def _by_address(self, account: Known, entry: Entry, judged: Judged) -> None:
        """An address leads to a mailbox with mail in it: a name or number that does not fit is asked about."""
        same_name = folded(account.name) == folded(judged.name)
        if account.state is State.PURGED:
            judged.refuse("address_reserved", Field.ADDRESS, address=account.address, name=account.name)
            return
        judged.account = account
        if Answer.SAME_PERSON in entry.answers:
            return
        if not same_name:
            judged.refuse("known_address_other_name", Field.ADDRESS, address=account.address, name=account.name)
        elif _differ(account.number, judged.employee_number):
            judged.refuse("known_name_other_number", Field.NUMBER, **_facts(account))

    def _by_name(self, found: list[Known], number: str, entry: Entry, judged: Judged) -> None:
        if not found or Answer.OTHER_PERSON in entry.answers:
            return
        unlike = [account for account in found if _differ(account.number, number)]
        like = [account for account in found if account not in unlike]
        if len(like) > 1:
            judged.refuse("known_name_several", Field.NUMBER, name=judged.name, count=len(like))
        elif like:
            self._by_name_alone(like[0], entry, judged)
        elif Answer.SAME_PERSON in entry.answers and len(unlike) == 1:
            judged.account = unlike[0]
        else:
            judged.refuse("known_name_other_number", Field.NUMBER, **_facts(unlike[0]))

    def _by_name_alone(self, account: Known, entry: Entry, judged: Judged) -> None:
        """Within a campaign a name is enough; elsewhere it may be a namesake, who must not get this mailbox."""
        elsewhere = folded(account.campaign) != folded(judged.campaign or account.campaign)
        if elsewhere and Answer.SAME_PERSON not in entry.answers:
            judged.refuse("known_name_elsewhere", Field.NUMBER, name=account.name, address=account.address)
        else:
            judged.account = account


def _differ(known: str, given: str) -> bool:
    return bool(known and given) and known.casefold() != given.casefold()


def _facts(account: Known) -> dict[str, str]:
    return {"name": account.name, "number": account.number, "address": account.address}
