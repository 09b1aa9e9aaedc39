"""Why somebody was not let in, in words: for the person, and for whoever reads the log."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.domain.signing import Refusal


@dataclass(frozen=True, slots=True)
class Words:
    heading: Promise
    text: Promise
    log: Promise


_WORDS: dict[Refusal, Words] = {
    Refusal.PROVIDER_AWAY: Words(
        gettext_lazy("The company sign-in does not answer"),
        gettext_lazy(
            "Nobody can be signed in until it does; mailboxes go on working. Try again in a few minutes. If it is "
            "urgent, a named administrator has an emergency key."
        ),
        gettext_lazy("The company sign-in did not answer."),
    ),
    Refusal.PROVIDER_WRONG: Words(
        gettext_lazy("The company sign-in is not set up right"),
        gettext_lazy(
            "It answered with something that cannot be used. Tell an administrator of this panel: doctor says more."
        ),
        gettext_lazy("The company sign-in answered with something that cannot be used."),
    ),
    Refusal.TOKEN_WRONG: Words(
        gettext_lazy("This sign-in could not be trusted"),
        gettext_lazy(
            "What came back from the company sign-in does not fit what was asked, so nobody was signed in. Begin "
            "again. If it happens twice, tell an administrator of this panel."
        ),
        gettext_lazy("What the company sign-in sent did not pass the checks."),
    ),
    Refusal.NOT_BEGUN_HERE: Words(
        gettext_lazy("This sign-in was not begun here"),
        gettext_lazy(
            "It was used already, waited for too long, or began in another browser. Nothing was changed. Begin again "
            "from this page."
        ),
        gettext_lazy("No sign-in waited for this answer."),
    ),
    Refusal.PROVIDER_SAID_NO: Words(
        gettext_lazy("The company sign-in did not let you in"),
        gettext_lazy(
            "You left it before its end, or you may not use this panel there. Try again, or ask those who look after "
            "the company sign-in."
        ),
        gettext_lazy("The company sign-in said no."),
    ),
    Refusal.NO_ROLE: Words(
        gettext_lazy("You have no role in this panel"),
        gettext_lazy(
            "The company sign-in knows you, but none of your groups opens this panel. Ask your administrator, or those "
            "who look after the company sign-in, for one of these groups: %(groups)s."
        ),
        gettext_lazy("None of the person's groups gives a role."),
    ),
    Refusal.LEFT: Words(
        gettext_lazy("This panel is shut for you"),
        gettext_lazy("An administrator of this panel shut your sign-in. Only they can open it again."),
        gettext_lazy("An administrator shut this sign-in."),
    ),
    Refusal.SOMEBODY_ELSE: Words(
        gettext_lazy("Somebody else answered"),
        gettext_lazy(
            "You are signed in here as one person, and another one signed in there. Nothing was changed. Sign out here "
            "first if you want to change places."
        ),
        gettext_lazy("Another person answered than the one who was signed in."),
    ),
    Refusal.NOT_CONFIRMED: Words(
        gettext_lazy("You were not asked to sign in again"),
        gettext_lazy(
            "The company sign-in let an old sign-in count, and that is not enough for what cannot be undone. Sign out "
            "there, then try again."
        ),
        gettext_lazy("The company sign-in let an old sign-in count."),
    ),
    Refusal.WRONG_PASSWORD: Words(
        gettext_lazy("Not signed in"),
        gettext_lazy("This name and password do not belong together. Check both, then try again."),
        gettext_lazy("Name and password did not belong together."),
    ),
    Refusal.WRONG_CODE: Words(
        gettext_lazy("Not signed in"),
        gettext_lazy("This code is not right, or was used already. Wait for the next one in your app, then type that."),
        gettext_lazy("The password was right, the code was not."),
    ),
    Refusal.TOO_MANY_TRIES: Words(
        gettext_lazy("Too many tries"),
        gettext_lazy("Too many wrong tries. Wait a little, then try again: each wrong one makes the wait longer."),
        gettext_lazy("Too many wrong tries."),
    ),
}


def heading(why: Refusal) -> str:
    return str(_WORDS[why].heading)


def text(why: Refusal) -> str:
    return str(_WORDS[why].text) % {"groups": ", ".join(sorted(settings.OIDC_ROLES))}


def log_note(why: str, detail: str = "") -> str:
    """Return why somebody was not let in, for the log; a reason of a newer version says nothing."""
    if why not in set(Refusal):
        return detail
    return f"{_WORDS[Refusal(why)].log} {detail}".rstrip()
