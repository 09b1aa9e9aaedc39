"""What a rule or the mail server said no with, as a sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import last_day
from accounts.domain.errors import RuleBroken, SeveralRulesBroken

_RULES = {
    "required": gettext_lazy("Fill this in."),
    "too_long": gettext_lazy("At most %(longest)s characters fit here."),
    "not_printable": gettext_lazy("This holds a character that cannot be shown, such as a line break. Type it again."),
    "reason_required": gettext_lazy("Say why: the log keeps it."),
    "address_incomplete": gettext_lazy("Type a whole address, such as thandi.nkosi@example.org."),
    "address_too_long": gettext_lazy("The part before the @ can have %(longest)s characters."),
    "address_characters": gettext_lazy(
        "Use letters without accents, digits, dots, hyphens and underscores, and begin and end with a letter or digit."
    ),
    "address_characters_try": gettext_lazy(
        "Use letters without accents, digits, dots, hyphens and underscores. You could write “%(suggestion)s”."
    ),
    "address_taken": gettext_lazy(
        "%(address)s belongs to %(name)s already. Open that account, or type another address."
    ),
    "address_reserved": gettext_lazy(
        "%(address)s was %(name)s's and is kept reserved, so that nobody gets another person's mail. Type another one."
    ),
    "address_held": gettext_lazy("%(address)s is taken already. Type another address."),
    "out_of_reach": gettext_lazy(
        "You look after certain mail domains or campaigns, and this is outside of them. Choose one of yours; an "
        "administrator says which these are."
    ),
    "campaign_out_of_reach": gettext_lazy(
        "This campaign has mailboxes that you do not look after, and its dates are theirs too. Ask an administrator."
    ),
    "address_is_alias": gettext_lazy("%(address)s is a second address of %(holder)s. Type another one."),
    "address_on_server": gettext_lazy(
        "The mail server already has %(address)s, made outside of this panel. Type another address."
    ),
    "address_is_mailbox": gettext_lazy("%(address)s is a mailbox. Type another address."),
    "member_invalid": gettext_lazy("“%(text)s” is no e-mail address. Write one a line."),
    "too_many_members": gettext_lazy("At most %(longest)s members fit. Make a second list, and put it into this one."),
    "network_invalid": gettext_lazy(
        "“%(text)s” is no IP address or network. Write one such as 203.0.113.9 or 203.0.113.0/24."
    ),
    "network_too_wide": gettext_lazy("This network is wider than /%(widest)s. Block a smaller one."),
    "alias_is_own": gettext_lazy("%(address)s is the account's own address. Leave it out."),
    "no_such_message": gettext_lazy("There is no such message in the queue: %(ids)s. It may have been delivered."),
    "message_gone": gettext_lazy("It is not in the queue any more: delivered, given up or cancelled meanwhile."),
    "no_such_recipient": gettext_lazy("%(address)s does not wait for this message."),
    "nothing_chosen": gettext_lazy("Choose at least one message."),
    "domain_unknown": gettext_lazy(
        "%(domain)s is not one of your mail domains. An administrator adds it under Domains. Known: %(known)s."
    ),
    "no_such_domain": gettext_lazy("There is no such mail domain."),
    "domain_invalid": gettext_lazy("This is not a mail domain. Write one such as example.org."),
    "domain_exists": gettext_lazy("%(domain)s is one of your mail domains already."),
    "domain_refused": gettext_lazy(
        "The mail server did not take %(domain)s: %(error)s Nothing was kept; correct the name."
    ),
    "domain_of_others": gettext_lazy(
        "%(domain)s belongs to a mail provider: with it here, mail to its people would never leave this server."
    ),
    "domain_taken_there": gettext_lazy(
        "On the mail server, %(domain)s is another name of one of its domains already. Remove it there first."
    ),
    "domain_being_deleted": gettext_lazy("%(domain)s is being deleted. Wait until the mail server has done it."),
    "domain_not_there": gettext_lazy("The mail server does not have %(domain)s, so it can have no keys."),
    "domain_in_use": gettext_lazy(
        "%(domain)s is still in use: %(used_by)s. Purge these accounts or take these second addresses away first."
    ),
    "domain_in_use_there": gettext_lazy(
        "The mail server kept %(domain)s. %(error)s Move or delete that first; the domain stays as it is."
    ),
    "domain_not_deleted": gettext_lazy(
        "The mail server did not delete %(domain)s: %(error)s The domain stays as it is."
    ),
    "domain_typed_wrong": gettext_lazy("This is another domain than %(domain)s."),
    "catch_all_unknown": gettext_lazy("There is no account %(address)s. Type the address of one of your accounts."),
    "catch_all_no_mailbox": gettext_lazy("%(name)s has no mailbox on the mail server yet. Choose another account."),
    "server_changes_no_keys": gettext_lazy(
        "This mail server never changes a signing key by itself; from Stalwart 0.16 on it can."
    ),
    "policy_days_out_of_range": gettext_lazy("Give a number of days from 1 to %(longest)s."),
    "algorithm_unknown": gettext_lazy("“%(text)s” is no kind of key. Write ed25519 or rsa."),
    "wait_out_of_range": gettext_lazy("Give a number of days from 1 to %(longest)s."),
    "key_signs_already": gettext_lazy(
        "A key of this kind signs already (%(selector)s). Replace it instead of adding a second one."
    ),
    "no_key_to_replace": gettext_lazy("No key of this kind signs yet. Make a first one."),
    "no_such_key": gettext_lazy("The domain has no key “%(selector)s”."),
    "no_such_rotation": gettext_lazy("There is no such change of a key."),
    "rotation_under_way": gettext_lazy("A new %(kind)s key is on its way already. Finish or abandon it first."),
    "keys_need_permission": gettext_lazy(
        "The panel's key on the mail server may not change signing keys. Give its role these permissions there: "
        "%(permissions)s. They also show the server's settings, so take them away again afterwards if you like."
    ),
    "rotation_is_making": gettext_lazy("The mail server is still making the key."),
    "rotation_is_publishing": gettext_lazy("The record of the new key is still waited for."),
    "rotation_is_switching": gettext_lazy("The new key is being switched on already."),
    "rotation_is_waiting": gettext_lazy("The new key signs already; the old one goes by itself."),
    "rotation_is_removing": gettext_lazy("The new key signs already, and the old one is being deleted."),
    "rotation_is_abandoning": gettext_lazy("This new key is being taken back."),
    "rotation_is_done": gettext_lazy("This change of a key is done."),
    "rotation_is_abandoned": gettext_lazy("This new key was taken back."),
    "not_a_date": gettext_lazy("“%(text)s” is no date. Write it as 2026-12-18."),
    "date_out_of_range": gettext_lazy("Choose a date between 2000 and 2199."),
    "end_in_the_past": gettext_lazy("The last day must lie ahead. To end it today, use “End now”."),
    "end_before_start": gettext_lazy("The end lies before the start, %(starts_at)s. Choose a later last day."),
    "term_too_long": gettext_lazy("A term can last %(longest)s days. Choose an earlier last day; it can be extended."),
    "days_out_of_range": gettext_lazy("Give a number of days from 1 to %(longest)s."),
    "days_out_of_bounds": gettext_lazy("Give a number of days from %(least)s to %(most)s."),
    "end_needed": gettext_lazy("Choose a last day: neither a campaign nor the profile says when it ends."),
    "too_many": gettext_lazy("At most %(most)s fit here."),
    "campaign_name_taken": gettext_lazy("There is a campaign “%(name)s” already. Choose another name."),
    "campaign_end_in_the_past": gettext_lazy(
        "The last day must lie ahead. To end its mailboxes today, use “End the campaign”."
    ),
    "campaign_has_no_end": gettext_lazy("The campaign has no last day. Give it one first."),
    "campaign_is_followed": gettext_lazy("%(number)s mailboxes go by its last day. Choose one."),
    "campaign_over": gettext_lazy("The campaign is over, and so are all its mailboxes."),
    "no_such_campaign": gettext_lazy("There is no such campaign."),
    "no_such_profile": gettext_lazy("There is no such profile."),
    "profile_name_taken": gettext_lazy("There is a profile “%(name)s” already. Choose another name."),
    "profile_is_standard": gettext_lazy("“%(name)s” keeps its name: it is for mailboxes that name no profile."),
    "limit_unknown": gettext_lazy("There is no such limit. Known: %(known)s."),
    "pattern_same_for_all": gettext_lazy(
        "Everybody would get the same address. Use {first}, {last} or {n}, such as {first}.{last}."
    ),
    "pattern_counts_twice": gettext_lazy("Use {n} once."),
    "pattern_characters": gettext_lazy(
        "“%(text)s” cannot stand in an address. Use letters without accents, digits, dots, hyphens and underscores."
    ),
    "pattern_braces": gettext_lazy("A brace is missing or too many. Write {first}.{last}, for instance."),
    "pattern_field_unknown": gettext_lazy("“%(text)s” means nothing here. Use {first}, {last} or {n}."),
    "pattern_width": gettext_lazy("In “%(text)s”, give a number from 1 to %(most)s, such as {first:1} or {n:03}."),
    "pattern_has_domain": gettext_lazy("Leave out the part from the @ on. The mail domain is chosen below."),
    "quota_out_of_range": gettext_lazy("Give a size from 0 (no limit) up to 1 PB."),
    "profile_unknown": gettext_lazy("There is no profile “%(name)s”."),
    "no_such_account": gettext_lazy("There is no such account."),
    "no_such_batch": gettext_lazy("There is no such job."),
    "batch_not_running": gettext_lazy("This job does not run."),
    "filter_unreadable": gettext_lazy(
        "“%(text)s” is no filter. Write what stands behind the ? of the list's address, such as state=active&q=gauteng."
    ),
    "no_such_view": gettext_lazy("There is no such view, or it is somebody else's."),
    "view_name_taken": gettext_lazy("You have a view “%(name)s” already. Give this one another name."),
    "too_many_views": gettext_lazy("You have %(most)s views. Delete one that nobody needs first."),
    "may_not_share": gettext_lazy("Only who may change mailboxes shares views with everybody."),
    "changed_since_plan": gettext_lazy(
        "Somebody changed this account after you looked. Trying it again goes by what is so then."
    ),
    "nothing_ticked": gettext_lazy("Tick at least one mailbox, or take all that match."),
    "too_many_at_once": gettext_lazy("These are %(number)s; at most %(most)s go at once. Narrow the list down."),
    "type_the_number": gettext_lazy("Type %(number)s, the number that stands on this page. Nothing has happened yet."),
    "nothing_failed": gettext_lazy("Nothing of this job has failed; there is nothing to try again."),
    "no_such_operation": gettext_lazy("There is no such change."),
    "no_such_staff": gettext_lazy("Nobody signs in as “%(name)s”."),
    "drift_settled": gettext_lazy("This difference is settled already; there is nothing left to decide."),
    "drift_not_offered": gettext_lazy("This cannot be done about this difference. Choose what stands beside it."),
    "drift_stands_open": gettext_lazy(
        "Its account is shut, so it cannot stay open on the mail server. Reinstate the account to open it."
    ),
    "no_end_to_accept": gettext_lazy("The mail server has no end for it, and every account needs one. Put ours back."),
    "operation_begun": gettext_lazy("The mail server was already asked for this change, so it cannot be cancelled."),
    "operation_shuts": gettext_lazy("Locks and ends cannot be cancelled. Reinstate or extend the account instead."),
    "operation_not_cancellable": gettext_lazy(
        "What this change would have to be taken back to is not known. Change the account instead."
    ),
    "operation_moved_on": gettext_lazy(
        "The account was changed again since, so this change cannot be taken back alone. Change the account instead."
    ),
    "sheet_address": gettext_lazy("Line %(line)s has no address: “%(text)s”."),
    "sheet_day": gettext_lazy("Line %(line)s: “%(text)s” is no day. Write it as 2026-12-18."),
    "sheet_too_long": gettext_lazy("At most %(longest)s lines can be read at once."),
    "operation_settled": gettext_lazy("This change is done or under way; there is nothing to try again."),
    "edited_meanwhile": gettext_lazy(
        "Somebody else changed this account while you had it open. Look at what it says now, and save again."
    ),
    "edited_by_another": gettext_lazy(
        "Somebody else changed this while you had it open. Look at what it says now, and save again."
    ),
    "reinstate_needs_end": gettext_lazy("The term ended on %(ends_at)s. Choose a new last day to open it again."),
    "purge_too_early": gettext_lazy(
        "It can be purged from %(purges_at)s on, once it is closed and its retention is over."
    ),
    "purge_on_hold": gettext_lazy("Somebody holds this mailbox. Release the hold first."),
    "already_purged": gettext_lazy("The mailbox is purged already."),
    "already_held": gettext_lazy("It is on hold already: %(reason)s"),
    "not_held": gettext_lazy("Nobody holds this mailbox."),
    "cannot_suspend_scheduled": gettext_lazy("It has not started yet. End it, or move its start."),
    "cannot_suspend_suspended": gettext_lazy("It is suspended already."),
    "cannot_suspend_ended": gettext_lazy("It has ended; nobody can sign in."),
    "cannot_suspend_closed": gettext_lazy("It is closed; nobody can sign in."),
    "cannot_reinstate_scheduled": gettext_lazy("It has not started yet; there is nothing to lift."),
    "cannot_reinstate_active": gettext_lazy("It is active; there is nothing to lift."),
    "cannot_end_ended": gettext_lazy("It has ended already."),
    "cannot_end_closed": gettext_lazy("It has ended already."),
    "cannot_set_password_ended": gettext_lazy("The account is over. Extend it first, then make a password."),
    "cannot_set_password_closed": gettext_lazy("The account is over. Extend it first, then make a password."),
    "purged": gettext_lazy("The mailbox is purged. Only its record is left, and its address stays reserved."),
    "staff_name_invalid": gettext_lazy("Give a sign-in name without blanks, of at most 150 characters."),
    "staff_name_taken": gettext_lazy("Somebody signs in as “%(name)s” already."),
    "only_operators_limited": gettext_lazy(
        "Only operators can be limited: auditors read everything, and administrators run the whole panel."
    ),
    "campaign_unknown": gettext_lazy("There is no campaign “%(name)s”."),
    "sheet_too_large": gettext_lazy("The file is larger than %(megabytes)s MB. Cut it into smaller ones."),
    "sheet_empty": gettext_lazy("There is nothing in this file. Choose another one."),
    "sheet_only_headings": gettext_lazy("There are headings in this file and no rows. Choose another one."),
    "sheet_old_or_locked": gettext_lazy(
        "This is an old Excel file, or one with a password. Save it as .xlsx without a password, and bring that."
    ),
    "sheet_not_one": gettext_lazy("This is no spreadsheet. Bring a .csv, .xlsx or .ods file, or paste the cells."),
    "sheet_damaged": gettext_lazy(
        "This workbook cannot be read; it may be damaged. Open it, save it anew as .xlsx, and bring that."
    ),
    "sheet_unpacks_too_large": gettext_lazy(
        "This workbook unpacks to more than %(megabytes)s MB, so it was not opened. Copy the rows into a new one."
    ),
    "sheet_too_many_rows": gettext_lazy(
        "More than %(most)s rows are too many at once. Cut the file into smaller ones."
    ),
    "sheet_too_many_columns": gettext_lazy(
        "Line %(line)s has more than %(most)s columns. Delete what is right of the table, and bring it again."
    ),
    "sheet_cell_too_long": gettext_lazy(
        "A cell in line %(line)s is longer than %(longest)s characters. Shorten it, and bring the file again."
    ),
    "sheet_has_nul": gettext_lazy(
        "Line %(line)s holds a character that no text has (NUL). Save the file anew from the spreadsheet program."
    ),
    "sheet_quotes": gettext_lazy(
        "The quotation marks around line %(line)s do not match, so rows would be lost. Save the file anew as CSV."
    ),
    "column_twice": gettext_lazy(
        "These columns are to mean the same: %(headings)s. Choose another meaning for all but one."
    ),
    "column_unknown": gettext_lazy("Choose one of the meanings that are offered for each column."),
    "row_again": gettext_lazy("Row %(row)s again: the same person stands there already. Leave one of the two out."),
    "number_twice": gettext_lazy(
        "Row %(row)s has the same number, %(number)s, with another name. Correct one of the two."
    ),
    "address_twice": gettext_lazy("Row %(row)s has the same address, %(address)s. Correct one of the two."),
    "name_twice": gettext_lazy(
        "Row %(row)s has the same name, %(name)s, with another number, %(number)s. Say whether this is somebody else."
    ),
    "name_twice_no_number": gettext_lazy(
        "Row %(row)s has the same name, %(name)s, without a number. Say whether this is somebody else."
    ),
    "formula": gettext_lazy("There is a formula in “%(heading)s”. Type what it stands for."),
    "name_missing": gettext_lazy("There is no name. Type whose mailbox it is."),
    "owner_missing": gettext_lazy("There is no owner. Type the e-mail address of who answers for it."),
    "owner_missing_campaign_has": gettext_lazy("There is no owner. Type one, or take the campaign's, %(owner)s."),
    "owner_no_address": gettext_lazy("“%(text)s” is no e-mail address. Type the owner's e-mail address."),
    "end_missing": gettext_lazy("There is no last day. Type one."),
    "end_missing_campaign_has": gettext_lazy("There is no last day. Type one, or take the campaign's, %(day)s."),
    "end_day_before_start": gettext_lazy("The last day lies before the first day, %(day)s. Correct one of them."),
    "end_day_past": gettext_lazy("The last day, %(day)s, is over. Type one that lies ahead."),
    "not_a_day": gettext_lazy("“%(text)s” is no day. Type it as 18 Dec 2026 or 18/12/2026."),
    "doubtful_day": gettext_lazy("“%(text)s” can be %(day)s or %(other)s. Say which one is meant."),
    "address_not_free": gettext_lazy("%(address)s is taken already. Type another one, or clear the cell."),
    "address_cannot_be_made": gettext_lazy("No address can be made from this name. Type one."),
    "no_domain": gettext_lazy("There is no mail domain yet. An administrator adds one under Domains."),
    "address_numbered": gettext_lazy("Numbered, as %(address)s is taken or was used before."),
    "opens_again": gettext_lazy("Its term was over; this opens it again, with the mail that is in it."),
    "known_number_other_name": gettext_lazy(
        "The number %(number)s belongs to %(name)s, %(address)s. Correct it, or say that it is the same person."
    ),
    "known_other_address": gettext_lazy(
        "%(name)s has %(address)s. An address does not change; clear the cell to keep it."
    ),
    "known_address_other_name": gettext_lazy(
        "%(address)s belongs to %(name)s. Type another address, or say that it is the same person."
    ),
    "known_name_other_number": gettext_lazy(
        "There is a %(name)s with another number, %(number)s, at %(address)s. Say whether this is somebody else."
    ),
    "known_name_elsewhere": gettext_lazy(
        "There is a %(name)s at %(address)s, in other work. Say whether this is somebody else."
    ),
    "known_name_several": gettext_lazy("%(count)s mailboxes are %(name)s's. Type the number or the address of one."),
    "known_name_over": gettext_lazy(
        "%(name)s had %(address)s, now over. Type that address to open it again, or say that this is somebody else."
    ),
    "no_such_row": gettext_lazy("There is no such row any more. Look at the list again."),
    "no_such_import": gettext_lazy("There is no such list any more. Lists are deleted after 7 days; bring it again."),
    "import_started": gettext_lazy("This list is being carried out, or was. Bring a new one."),
    "plan_moved": gettext_lazy("It is %(number)s changes by now, as something changed meanwhile. Look again."),
    "start_stumbled": gettext_lazy("The panel stumbled over this list. Nothing was changed; its log says why."),
    "nothing_to_do": gettext_lazy("There is nothing to do: every row is so already, or has a problem."),
    "roster_of_whom": gettext_lazy("Say whose roster it is: name a campaign, an owner or a department."),
    "role_unknown": gettext_lazy("“%(role)s” is no role. Write one of: %(roles)s."),
    "last_admin": gettext_lazy("This is the last administrator. Make somebody else administrator first."),
    "not_yourself": gettext_lazy("This is you. Ask another administrator to do it."),
    "email_invalid": gettext_lazy("“%(text)s” is no e-mail address."),
    "no_such_session": gettext_lazy("This session is over already."),
    "factor_there": gettext_lazy("There is a second factor already."),
    "factor_missing": gettext_lazy("There is no second factor to take away or to make codes for."),
    "code_wrong": gettext_lazy(
        "This is not the code that the app shows now. Check the time of your phone, wait for the next code, and "
        "type that."
    ),
    "token_spent": gettext_lazy("This was used before."),
    "scopes_missing": gettext_lazy("Choose at least one thing that the token is good for: %(scopes)s."),
    "scope_unknown": gettext_lazy("“%(scope)s” is no scope. Write some of: %(scopes)s."),
    "scope_not_allowed": gettext_lazy(
        "%(name)s may not do “%(scope)s”, so no token of theirs can. They may: %(scopes)s."
    ),
    "token_days": gettext_lazy("A token lasts at least 1 day and at most %(most)s days."),
    "too_many_tokens": gettext_lazy("%(name)s has %(number)s tokens already. Revoke one that nothing uses."),
    "staff_shut_out": gettext_lazy("%(name)s cannot sign in here, so no token of theirs would work."),
    "no_such_token": gettext_lazy("There is no such token. Give its beginning, such as mpt_4k7d2m9x."),
    "token_revoked": gettext_lazy("This token is revoked already."),
    "password_unchanged": gettext_lazy("Choose a new password, not the one you have."),
    "password_weak": gettext_lazy("%(sentences)s"),
}

_SERVER = {
    "unreachable": gettext_lazy("The mail server does not answer. Nothing is lost: we try again by ourselves."),
    "busy": gettext_lazy("The mail server is busy. Nothing is lost: we try again by ourselves."),
    "wrong_credentials": gettext_lazy(
        "The mail server does not accept the panel's own sign-in. An administrator sets the right token or password."
    ),
    "not_permitted": gettext_lazy(
        "The panel's key may not do this on the mail server. An administrator gives it the missing permission."
    ),
    "already_exists": gettext_lazy(
        "The mail server already has this address. It was made outside of this panel and was left alone."
    ),
    "not_found": gettext_lazy("The mail server does not have the mail domain. An administrator adds it under Domains."),
    "no_such_group": gettext_lazy(
        "The mail server does not have one of the groups of its profile. Everything else is as it should be. "
        "An administrator makes the group, then try again."
    ),
    "invalid": gettext_lazy("The mail server refused a value. Correct it, then try again."),
    "in_use": gettext_lazy("Something on the mail server still uses it. Move or delete that first."),
    "unsupported": gettext_lazy(
        "This mail server cannot do it: an external directory owns its mailboxes. Change it in that directory."
    ),
    "unexpected": gettext_lazy(
        "The answer did not come from a Stalwart mail server. An administrator checks its address and any proxy."
    ),
    "own_fault": gettext_lazy(
        "The panel itself stumbled over this change. All others went out. An administrator finds the place in the "
        "panel's log."
    ),
    "other_key_signs": gettext_lazy(
        "Somebody changed the keys on the mail server meanwhile: the new one does not sign. The old one was not "
        "deleted. Look at the keys, then try again."
    ),
    "secret_lost": gettext_lazy(
        "The new password cannot be read any more, as the panel's FIELD_KEYS were changed. Everything else is as it "
        "should be. Make a new password, or an administrator brings the earlier key back, then try again."
    ),
    "gone": gettext_lazy(
        "The mail server no longer has this mailbox: somebody deleted it there. Decide under Differences."
    ),
    "not_shown_yet": gettext_lazy(
        "The mail server took the change but does not show it yet. We look again by ourselves."
    ),
}


_SILENT = {
    "unreachable": gettext_lazy("The mail server does not answer."),
    "busy": gettext_lazy("The mail server is busy."),
}
_SILENT_ABOUT = {
    ("message", "not_permitted"): gettext_lazy(
        "The panel's key may not see the waiting mail. An administrator gives it that permission on the mail server."
    ),
    ("message", "unsupported"): gettext_lazy("This mail server cannot do it: it can only cancel a whole message."),
}
_SERVER_ABOUT = {
    ("message", "unsupported"): gettext_lazy(
        "This mail server can only cancel a whole message. To try one again it says yes and does nothing, so it was "
        "not asked: it tries by itself at its own times."
    ),
}
"""What an error means where its usual sentence would be wrong, by the topic of a wish."""


def explain(error: RuleBroken | SeveralRulesBroken) -> str:
    """Return what a rule said no with; several rules are several sentences."""
    if isinstance(error, SeveralRulesBroken):
        return " ".join(f"{rule.field}: {explain(rule)}" if rule.field else explain(rule) for rule in error.broken)
    code = error.code
    if code.endswith("_purged") and code != "already_purged":
        code = "purged"
    if code == "address_characters" and error.values.get("suggestion"):
        code = "address_characters_try"
    if error.values.get("known") == []:
        error.values["known"] = _("none yet")
    return str(_RULES[code]) % _shown(error.values)


def server_said(code: str, about: str = "") -> str:
    """Return what an operation's error code means, and what a person can do; `about` is the topic of a wish."""
    return str(_SERVER_ABOUT.get((about, code)) or _SERVER.get(code, _SERVER["unexpected"]))


def server_silent(code: str, about: str = "") -> str:
    """Return why nothing can be shown: the mail server was only asked, and nothing waits to be tried again."""
    return str(_SILENT_ABOUT.get((about, code)) or _SILENT.get(code) or server_said(code))


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _show(name, value) for name, value in values.items()}


def _show(name: str, value: object) -> object:
    if isinstance(value, datetime):
        zone = ZoneInfo(settings.TIME_ZONE)
        day = last_day(value, zone) if name == "ends_at" else value.astimezone(zone).date()
        return date_format(day, "l j F Y")
    if isinstance(value, date):
        return date_format(value, "D j M Y")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value
