"""How the log tells each action: what somebody did, its name in lists, and its picture."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.audit import Action


@dataclass(frozen=True, slots=True)
class Told:
    """An action in words: `done` follows the name of who did it."""

    done: Promise | str
    name: Promise | str
    icon: str = "user"


TOLD: dict[str, Told] = {
    Action.ACCOUNT_CREATED: Told(gettext_lazy("opened the account"), gettext_lazy("Account opened"), "plus"),
    Action.ACCOUNT_EDITED: Told(gettext_lazy("changed the details"), gettext_lazy("Details changed"), "pencil"),
    Action.TERM_CHANGED: Told(gettext_lazy("moved the last day"), gettext_lazy("Last day moved"), "calendar-event"),
    Action.ACCOUNT_SUSPENDED: Told(gettext_lazy("suspended it"), gettext_lazy("Suspended"), "player-pause"),
    Action.ACCOUNT_REINSTATED: Told(gettext_lazy("reinstated it"), gettext_lazy("Reinstated"), "lock-open"),
    Action.ACCOUNT_ENDED: Told(gettext_lazy("ended it"), gettext_lazy("Ended by a person"), "lock"),
    Action.ACCOUNT_PURGED: Told(gettext_lazy("purged the mailbox"), gettext_lazy("Purged"), "x"),
    Action.ACCOUNT_HELD: Told(gettext_lazy("put it on hold"), gettext_lazy("Put on hold"), "shield-lock"),
    Action.ACCOUNT_RELEASED: Told(gettext_lazy("released the hold"), gettext_lazy("Hold released"), "shield-lock"),
    Action.STATE_CHANGED: Told(
        gettext_lazy("moved it on, as its dates say"), gettext_lazy("Moved on by its dates"), "clock"
    ),
    Action.PASSWORD_SET: Told(gettext_lazy("made a new password"), gettext_lazy("New password"), "key"),
    Action.CHECK_ASKED: Told(
        gettext_lazy("had it compared with the mail server"), gettext_lazy("Compared on request"), "refresh"
    ),
    Action.OPERATION_RETRIED: Told(gettext_lazy("tried a change again"), gettext_lazy("Change tried again"), "refresh"),
    Action.MAILBOX_CHANGED: Told(
        gettext_lazy("changed the mailbox on the mail server and read it back"),
        gettext_lazy("Mail server changed"),
        "shield-check",
    ),
    Action.MAILBOX_REFUSED: Told(
        gettext_lazy("gave up on a change that the mail server refused"),
        gettext_lazy("Mail server refused"),
        "alert-triangle",
    ),
    Action.LOCK_UNDONE: Told(
        gettext_lazy("found it opened from outside, and is locking it again"),
        gettext_lazy("Lock undone from outside"),
        "alert-triangle",
    ),
    Action.CAMPAIGN_CREATED: Told(gettext_lazy("made the campaign"), gettext_lazy("Campaign made"), "flag"),
    Action.CAMPAIGN_EDITED: Told(gettext_lazy("changed the campaign"), gettext_lazy("Campaign changed"), "flag"),
    Action.CAMPAIGN_ENDED: Told(gettext_lazy("ended the campaign"), gettext_lazy("Campaign ended"), "flag"),
    Action.PROFILE_CREATED: Told(gettext_lazy("made the profile"), gettext_lazy("Profile made"), "pencil"),
    Action.PROFILE_EDITED: Told(gettext_lazy("changed the profile"), gettext_lazy("Profile changed"), "pencil"),
    Action.SYNC_ASKED: Told(
        gettext_lazy("had everything compared with the mail server"), gettext_lazy("All compared on request"), "refresh"
    ),
    Action.SERVER_ASKED: Told(
        gettext_lazy("had everything that waits tried again"),
        gettext_lazy("All waiting changes tried again"),
        "refresh",
    ),
    Action.SERVER_DOUBTED: Told(
        gettext_lazy("did not believe the mail server, too much was missing"),
        gettext_lazy("Mail server not believed"),
        "alert-triangle",
    ),
    Action.MAILBOX_ADOPTED: Told(
        gettext_lazy("took in the mailbox that was on the mail server"), gettext_lazy("Mailbox taken in"), "plus"
    ),
    Action.DRIFT_PUT_RIGHT: Told(
        gettext_lazy("had a difference put right on the mail server"),
        gettext_lazy("Difference put right"),
        "arrow-back-up",
    ),
    Action.DRIFT_ACCEPTED: Told(
        gettext_lazy("took over what the mail server has"), gettext_lazy("Difference accepted"), "check"
    ),
    Action.DRIFT_IGNORED: Told(
        gettext_lazy("left a difference as it is"), gettext_lazy("Difference left as it is"), "arrows-diff"
    ),
    Action.MAILBOX_GIVEN_UP: Told(
        gettext_lazy("left it at a mailbox that was deleted from outside"),
        gettext_lazy("Deleted mailbox given up"),
        "x",
    ),
    Action.OPERATION_CANCELLED: Told(
        gettext_lazy("cancelled a change that had not begun"), gettext_lazy("Change cancelled"), "arrow-back-up"
    ),
    Action.DOMAIN_CREATED: Told(gettext_lazy("added the mail domain"), gettext_lazy("Mail domain added"), "world"),
    Action.GROUP_CHANGED: Told(gettext_lazy("changed the group"), gettext_lazy("Group changed"), "users"),
    Action.GROUP_DELETED: Told(gettext_lazy("deleted the group"), gettext_lazy("Group deleted"), "x"),
    Action.LIST_CHANGED: Told(gettext_lazy("changed the mailing list"), gettext_lazy("Mailing list changed"), "users"),
    Action.LIST_DELETED: Told(gettext_lazy("deleted the mailing list"), gettext_lazy("Mailing list deleted"), "x"),
    Action.IP_BLOCKED: Told(gettext_lazy("blocked the address"), gettext_lazy("Address blocked"), "hand-stop"),
    Action.IP_RELEASED: Told(
        gettext_lazy("let the address in again"), gettext_lazy("Blocked address released"), "lock-open"
    ),
    Action.DOMAIN_DESCRIBED: Told(
        gettext_lazy("changed what the mail domain is for"), gettext_lazy("Mail domain described"), "world"
    ),
    Action.CATCH_ALL_CHOSEN: Told(
        gettext_lazy("chose who gets mail to addresses that nobody has"), gettext_lazy("Catch-all chosen"), "world"
    ),
    Action.DOMAIN_DELETED: Told(gettext_lazy("gave the mail domain up"), gettext_lazy("Mail domain given up"), "x"),
    Action.DOMAIN_KEPT: Told(
        gettext_lazy("kept the mail domain, as the mail server did not delete it"),
        gettext_lazy("Mail domain kept"),
        "alert-triangle",
    ),
    Action.KEY_STARTED: Told(gettext_lazy("began a new signing key"), gettext_lazy("Signing key begun"), "key"),
    Action.KEY_MADE: Told(
        gettext_lazy("had a new signing key made and read it back"), gettext_lazy("Signing key made"), "key"
    ),
    Action.KEY_RECORD_SEEN: Told(
        gettext_lazy("saw the record of the new signing key on its name servers"),
        gettext_lazy("Signing key's record seen"),
        "check",
    ),
    Action.KEY_INSISTED: Told(
        gettext_lazy("let the new signing key sign without its record having been seen"),
        gettext_lazy("Signing key insisted on"),
        "alert-triangle",
    ),
    Action.KEY_SIGNS: Told(
        gettext_lazy("switched to the new signing key and read it back"),
        gettext_lazy("Signing key switched"),
        "shield-check",
    ),
    Action.KEY_REMOVED: Told(
        gettext_lazy("deleted the old signing key and read it back"), gettext_lazy("Signing key deleted"), "x"
    ),
    Action.KEY_ABANDON_ASKED: Told(
        gettext_lazy("took the new signing key back"), gettext_lazy("Signing key taken back"), "arrow-back-up"
    ),
    Action.KEY_ABANDONED: Told(
        gettext_lazy("deleted the new signing key, which was taken back"),
        gettext_lazy("Signing key abandoned"),
        "arrow-back-up",
    ),
    Action.KEY_COMPROMISED: Told(
        gettext_lazy("said that a signing key is in other hands, and had it replaced at once"),
        gettext_lazy("Signing key in other hands"),
        "alert-triangle",
    ),
    Action.KEY_POLICY_CHOSEN: Told(
        gettext_lazy("chose how the mail server changes signing keys by itself"),
        gettext_lazy("Change of keys chosen"),
        "refresh",
    ),
    Action.MAIL_CANCELLED: Told(gettext_lazy("cancelled waiting mail"), gettext_lazy("Waiting mail cancelled"), "x"),
    Action.MAIL_RETRIED: Told(
        gettext_lazy("had waiting mail tried again at once"), gettext_lazy("Waiting mail tried again"), "refresh"
    ),
    Action.PURGES_STOPPED: Told(
        gettext_lazy("held back purges, too many at once"), gettext_lazy("Purges held back"), "hand-stop"
    ),
    Action.JOB_STARTED: Told(gettext_lazy("started a job"), gettext_lazy("Job started"), "player-play"),
    Action.JOB_STOPPED: Told(gettext_lazy("stopped a job"), gettext_lazy("Job stopped"), "player-pause"),
    Action.JOB_RETRIED: Told(
        gettext_lazy("tried again what failed of a job"), gettext_lazy("Job tried again"), "refresh"
    ),
    Action.ACCOUNTS_EXPORTED: Told(
        gettext_lazy("took away a list of mailboxes"), gettext_lazy("List taken away"), "download"
    ),
    Action.LOG_EXPORTED: Told(gettext_lazy("took away entries of the log"), gettext_lazy("Log taken away"), "download"),
    Action.STAFF_CREATED: Told(gettext_lazy("added a person who may sign in here"), gettext_lazy("Staff added")),
    Action.STAFF_EDITED: Told(
        gettext_lazy("changed the e-mail address of a person"), gettext_lazy("Staff details changed")
    ),
    Action.STAFF_DEACTIVATED: Told(
        gettext_lazy("shut a person out of this panel"), gettext_lazy("Staff shut out"), "hand-stop"
    ),
    Action.STAFF_ACTIVATED: Told(
        gettext_lazy("let a person into this panel again"), gettext_lazy("Staff let in again"), "lock-open"
    ),
    Action.STAFF_ROLE_CHANGED: Told(
        gettext_lazy("changed what a person may do here"), gettext_lazy("Staff role changed")
    ),
    Action.STAFF_LIMITED: Told(
        gettext_lazy("changed which mailboxes a person looks after"), gettext_lazy("Staff limits changed")
    ),
    Action.STAFF_PASSWORD_CHANGED: Told(
        gettext_lazy("chose a new password for this panel"), gettext_lazy("Own password changed")
    ),
    Action.SIGNED_IN: Told(gettext_lazy("signed in"), gettext_lazy("Signed in")),
    Action.SIGN_IN_REFUSED: Told(gettext_lazy("was not let in"), gettext_lazy("Sign-in refused"), "hand-stop"),
    Action.EMERGENCY_KEY_USED: Told(
        gettext_lazy("used the emergency key"), gettext_lazy("Emergency key used"), "alert-triangle"
    ),
    Action.EMERGENCY_KEY_CHANGED: Told(
        gettext_lazy("gave or took an emergency key"), gettext_lazy("Emergency key given or taken"), "key"
    ),
    Action.SECOND_FACTOR_SET: Told(
        gettext_lazy("set up a second factor"), gettext_lazy("Second factor set up"), "shield-check"
    ),
    Action.SECOND_FACTOR_RESET: Told(
        gettext_lazy("took away a second factor"), gettext_lazy("Second factor taken away"), "alert-triangle"
    ),
    Action.RECOVERY_CODES_MADE: Told(
        gettext_lazy("made new recovery codes"), gettext_lazy("Recovery codes made"), "key"
    ),
    Action.RECOVERY_CODE_USED: Told(gettext_lazy("used a recovery code"), gettext_lazy("Recovery code used"), "key"),
    Action.SESSION_ENDED: Told(gettext_lazy("signed somebody out"), gettext_lazy("Signed out by somebody"), "logout"),
    Action.TOKEN_CREATED: Told(gettext_lazy("made an API token"), gettext_lazy("API token made"), "key"),
    Action.TOKEN_REVOKED: Told(gettext_lazy("revoked an API token"), gettext_lazy("API token revoked"), "x"),
    Action.TOKEN_REFUSED: Told(
        gettext_lazy("used an API token that is dead"), gettext_lazy("Dead API token used"), "hand-stop"
    ),
    Action.VALUES_ERASED: Told(gettext_lazy("erased personal values"), gettext_lazy("Values erased")),
}


def told(action: str) -> Told:
    """Return the words of an action; one of another version of this panel is told by its bare name."""
    return TOLD.get(action) or Told(done=action, name=action)
