"""Bulk changes in words: what a plan is called, what it will have done, and its rows."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.domain.bulk import Change, Intent
from accounts.models import Batch
from accounts.queries import words

NAMES: dict[Change, Promise] = {
    Change.EXTEND: gettext_lazy("Extend"),
    Change.END: gettext_lazy("End"),
    Change.SUSPEND: gettext_lazy("Suspend"),
    Change.REINSTATE: gettext_lazy("Reinstate"),
    Change.MOVE: gettext_lazy("Move to a campaign"),
    Change.PROFILE: gettext_lazy("Change the profile"),
    Change.QUOTA: gettext_lazy("Change the space"),
    Change.PURGE: gettext_lazy("Purge"),
}
ICONS: dict[Change, str] = {
    Change.EXTEND: "calendar-plus",
    Change.END: "lock",
    Change.SUSPEND: "player-pause",
    Change.REINSTATE: "arrow-back-up",
    Change.MOVE: "flag",
    Change.PROFILE: "pencil",
    Change.QUOTA: "pencil",
    Change.PURGE: "x",
}

_TITLES: dict[Change, Any] = {
    Change.EXTEND: ngettext_lazy("Extend %(n)s mailbox", "Extend %(n)s mailboxes", "n"),
    Change.END: ngettext_lazy("End %(n)s mailbox", "End %(n)s mailboxes", "n"),
    Change.SUSPEND: ngettext_lazy("Suspend %(n)s mailbox", "Suspend %(n)s mailboxes", "n"),
    Change.REINSTATE: ngettext_lazy("Reinstate %(n)s mailbox", "Reinstate %(n)s mailboxes", "n"),
    Change.MOVE: ngettext_lazy("Move %(n)s mailbox", "Move %(n)s mailboxes", "n"),
    Change.PROFILE: ngettext_lazy("Change the profile of %(n)s mailbox", "Change the profile of %(n)s mailboxes", "n"),
    Change.QUOTA: ngettext_lazy("Change the space of %(n)s mailbox", "Change the space of %(n)s mailboxes", "n"),
    Change.PURGE: ngettext_lazy("Purge %(n)s mailbox", "Purge %(n)s mailboxes", "n"),
}
_EFFECTS: dict[Change, Any] = {
    Change.EXTEND: ngettext_lazy("%(n)s gets another last day.", "%(n)s get another last day.", "n"),
    Change.END: ngettext_lazy(
        "Shuts sign-in of %(n)s right away. Mail is still taken while the grace lasts, and nothing is deleted.",
        "Shuts sign-in of %(n)s right away. Mail is still taken while their grace lasts, and nothing is deleted.",
        "n",
    ),
    Change.SUSPEND: ngettext_lazy(
        "Shuts sign-in of %(n)s until somebody reinstates it. Mail still comes in.",
        "Shuts sign-in of %(n)s until somebody reinstates them. Mail still comes in.",
        "n",
    ),
    Change.REINSTATE: ngettext_lazy(
        "Opens sign-in of %(n)s again. The mail is still there, and the same password works.",
        "Opens sign-in of %(n)s again. The mail is still there, and the same passwords work.",
        "n",
    ),
    Change.MOVE: ngettext_lazy(
        "%(n)s moves to %(campaign)s. The dates stay.", "%(n)s move to %(campaign)s. The dates stay.", "n"
    ),
    Change.PROFILE: ngettext_lazy(
        "%(n)s gets the profile %(profile)s, with its space, grace and retention.",
        "%(n)s get the profile %(profile)s, with its space, grace and retention.",
        "n",
    ),
    Change.QUOTA: ngettext_lazy("%(n)s gets %(quota)s of space.", "%(n)s get %(quota)s of space.", "n"),
    Change.PURGE: ngettext_lazy(
        "Deletes %(n)s mailbox%(used)s, for ever. The record stays, and the address stays reserved.",
        "Deletes %(n)s mailboxes%(used)s, for ever. The records stay, and the addresses stay reserved.",
        "n",
    ),
}


def title(intent: Intent, number: int) -> str:
    """Return what the button says: "Extend 48 mailboxes"."""
    return str(_TITLES[intent.change] % {"n": number})


def effect(batch: Batch) -> str:
    """Return what starting a plan brings about, with its numbers."""
    intent, params = Intent.read(batch.params), batch.params
    number = params["changes"]
    values = {
        "n": number,
        "campaign": intent.campaign.strip() or _("no campaign"),
        "profile": intent.profile,
        "quota": words.quota_words(intent.quota or 0),
        "used": _(" and %(size)s of mail") % {"size": words.size_words(params["used"])} if params["used"] else "",
    }
    said = [str(_EFFECTS[intent.change] % values)]
    if intent.change is Change.EXTEND and params["opens"]:
        opens = ngettext("%(n)s of them opens again.", "%(n)s of them open again.", params["opens"])
        said.append(opens % {"n": params["opens"]})
    if intent.change is Change.EXTEND and params["earlier"]:
        earlier = ngettext(
            "For %(n)s the day is earlier than now.", "For %(n)s the day is earlier than now.", params["earlier"]
        )
        said.append(earlier % {"n": params["earlier"]})
    return " ".join(said)


_QUESTIONS: dict[Change, Any] = {
    Change.EXTEND: ngettext_lazy(
        "Until when does %(n)s mailbox stay open?", "Until when do %(n)s mailboxes stay open?", "n"
    ),
    Change.END: ngettext_lazy("End %(n)s mailbox?", "End %(n)s mailboxes?", "n"),
    Change.SUSPEND: ngettext_lazy("Suspend %(n)s mailbox?", "Suspend %(n)s mailboxes?", "n"),
    Change.REINSTATE: ngettext_lazy("Reinstate %(n)s mailbox?", "Reinstate %(n)s mailboxes?", "n"),
    Change.MOVE: ngettext_lazy("Where does %(n)s mailbox go?", "Where do %(n)s mailboxes go?", "n"),
    Change.PROFILE: ngettext_lazy("Which profile for %(n)s mailbox?", "Which profile for %(n)s mailboxes?", "n"),
    Change.QUOTA: ngettext_lazy("How much space for %(n)s mailbox?", "How much space for %(n)s mailboxes?", "n"),
    Change.PURGE: ngettext_lazy("Purge %(n)s mailbox?", "Purge %(n)s mailboxes?", "n"),
}


def question(change: Change, number: int) -> str:
    """Return the heading over what a change asks."""
    return str(_QUESTIONS[change] % {"n": number})
