"""The words of imports: what a column can hold, what a row would do, and what can be said to its question."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.rows import Answer, Verdict

FIELDS: dict[str, Promise] = {
    Field.FIRST_NAME: gettext_lazy("First name"),
    Field.LAST_NAME: gettext_lazy("Surname"),
    Field.NAME: gettext_lazy("Whole name"),
    Field.NUMBER: gettext_lazy("Number"),
    Field.ADDRESS: gettext_lazy("Address"),
    Field.FIRST_DAY: gettext_lazy("First day"),
    Field.LAST_DAY: gettext_lazy("Last day"),
    Field.CAMPAIGN: gettext_lazy("Campaign"),
    Field.OWNER: gettext_lazy("Owner"),
    Field.PURPOSE: gettext_lazy("Purpose"),
    Field.PROFILE: gettext_lazy("Profile"),
    Field.NOTE: gettext_lazy("Note"),
}
"""What a column can hold, in the order of the choice."""

VERDICTS: dict[str, Promise] = {
    Verdict.CREATE: gettext_lazy("Create"),
    Verdict.UPDATE: gettext_lazy("Update"),
    Verdict.SAME: gettext_lazy("Same"),
    Verdict.PROBLEM: gettext_lazy("Problem"),
    Verdict.LEFT_OUT: gettext_lazy("Left out"),
    Verdict.END: gettext_lazy("End"),
}
MEANS: dict[str, Promise] = {
    Verdict.CREATE: gettext_lazy("A new mailbox. A campaign that is not there yet is made with it."),
    Verdict.UPDATE: gettext_lazy("There is a mailbox, and the list says something else: what was and what would be."),
    Verdict.SAME: gettext_lazy("All of it is so already. An empty cell leaves things as they are."),
    Verdict.PROBLEM: gettext_lazy(
        "Left out until it is mended: type into the cell, press what is offered beside it, or leave the row out."
    ),
    Verdict.END: gettext_lazy(
        "Only where you say that the list is complete for a campaign, an owner or a department: who is not on it."
    ),
}
"""What a verdict says, for somebody who meets it for the first time."""
MARKS: dict[str, tuple[str, str]] = {
    Verdict.CREATE: ("new", "active"),
    Verdict.UPDATE: ("update", "scheduled"),
    Verdict.SAME: ("same", "closed"),
    Verdict.PROBLEM: ("bad", "bad"),
    Verdict.LEFT_OUT: ("same", "closed"),
    Verdict.END: ("ended", "ended"),
}
SHORT: dict[str, Promise] = {
    "row_again": gettext_lazy("Twice in this list"),
    "number_twice": gettext_lazy("Number twice"),
    "address_twice": gettext_lazy("Address twice"),
    "name_twice": gettext_lazy("Same name"),
    "name_twice_no_number": gettext_lazy("Same name"),
    "known_name_other_number": gettext_lazy("Same name"),
    "known_name_elsewhere": gettext_lazy("Same name"),
    "known_number_other_name": gettext_lazy("Same number"),
    "known_address_other_name": gettext_lazy("Address taken"),
    "known_name_over": gettext_lazy("Had a mailbox before"),
    "end_missing": gettext_lazy("Last day missing"),
    "end_missing_campaign_has": gettext_lazy("Last day missing"),
    "end_day_before_start": gettext_lazy("Dates the wrong way"),
    "end_day_past": gettext_lazy("Last day is over"),
    "owner_missing": gettext_lazy("Owner missing"),
    "owner_missing_campaign_has": gettext_lazy("Owner missing"),
    "name_missing": gettext_lazy("Name missing"),
    "formula": gettext_lazy("Formula"),
    "doubtful_day": gettext_lazy("Which day?"),
    "not_a_day": gettext_lazy("Not a day"),
}
"""What is wrong, in the few words of a badge."""

_OTHER = gettext_lazy("It is somebody else")
_SAME = gettext_lazy("It is the same person")
OFFERS: dict[str, tuple[tuple[Answer, Promise], ...]] = {
    "name_twice": ((Answer.OTHER_PERSON, _OTHER),),
    "name_twice_no_number": ((Answer.OTHER_PERSON, _OTHER),),
    "known_name_other_number": ((Answer.OTHER_PERSON, _OTHER), (Answer.SAME_PERSON, _SAME)),
    "known_name_elsewhere": ((Answer.OTHER_PERSON, _OTHER), (Answer.SAME_PERSON, _SAME)),
    "known_number_other_name": ((Answer.SAME_PERSON, _SAME),),
    "known_address_other_name": ((Answer.SAME_PERSON, _SAME),),
    "known_name_over": ((Answer.OTHER_PERSON, _OTHER),),
    "end_missing_campaign_has": ((Answer.CAMPAIGN_END, gettext_lazy("Take the campaign's")),),
    "owner_missing_campaign_has": ((Answer.CAMPAIGN_OWNER, gettext_lazy("Take the campaign's")),),
}
"""What can be said to a question."""
