"""Rows of one sheet that speak of the same person, the same number or the same address."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.domain.sheets.columns import Field, folded
from accounts.domain.sheets.rows import Answer, Entry, Judged


@dataclass(slots=True)
class Seen:
    """The rows that came before: the first row of each number, name and address."""

    numbers: dict[str, tuple[int, str]] = field(default_factory=dict)
    names: dict[str, tuple[int, str]] = field(default_factory=dict)
    addresses: dict[str, int] = field(default_factory=dict)

    def check(self, entry: Entry, judged: Judged) -> None:
        """Say of a row which earlier one it repeats or nearly repeats, and remember it."""
        name, number = folded(judged.name), judged.employee_number.casefold()
        address = entry.cell(Field.ADDRESS).lower()
        if not self._repeats(name, number, address, judged):
            self._nearly_repeats(name, number, entry, judged)
        self.numbers.setdefault(number, (entry.number, name))
        self.names.setdefault(name, (entry.number, number))
        if address:
            self.addresses.setdefault(address, entry.number)

    def _repeats(self, name: str, number: str, address: str, judged: Judged) -> bool:
        row, first_name = self.numbers.get(number, (0, "")) if number else (0, "")
        if row and first_name == name:
            judged.refuse("row_again", Field.NUMBER, row=row)
        elif row:
            judged.refuse("number_twice", Field.NUMBER, row=row, number=judged.employee_number)
        elif address and address in self.addresses:
            judged.refuse("address_twice", Field.ADDRESS, row=self.addresses[address], address=address)
        return bool(judged.problems)

    def _nearly_repeats(self, name: str, number: str, entry: Entry, judged: Judged) -> None:
        row, first_number = self.names.get(name, (0, ""))
        if not row or not name or Answer.OTHER_PERSON in entry.answers:
            return
        if number == first_number:
            judged.refuse("row_again", Field.NAME, row=row)
        else:
            code = "name_twice" if first_number else "name_twice_no_number"
            judged.refuse(code, Field.NUMBER, row=row, name=judged.name, number=first_number.upper())
