"""Forms clean what was typed; the services decide, and what they refuse comes back to the field it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import day_start, end_of
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.queries import events, naming, queue, words
from accounts.queries.sentences import explain
from accounts.web import clock
from accounts.web.fields import AddressField, DayField, SizeField
from accounts.web.kept import Kept

_CLASSES = {"select": "form-select", "checkbox": "form-check-input", "hidden": ""}
_FIELD_OF_RULE = {"ends_at": "last_day", "starts_at": "first_day", "days": "last_day"}


class PanelForm(forms.Form):
    """A form in the panel's looks, with its mistakes beside the fields they are about."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for field in self.fields.values():
            field.error_messages["required"] = self._when_missing(field)
            for widget in getattr(field.widget, "widgets", [field.widget]):
                kind = getattr(widget, "input_type", "text")
                widget.attrs.setdefault("class", _CLASSES.get(kind, "form-control"))

    def _when_missing(self, field: forms.Field) -> str:
        own = _("Choose a day.") if isinstance(field, DayField) else _("Fill this in.")
        default = forms.Field.default_error_messages["required"]
        said = field.error_messages["required"]
        return own if said == default else str(said)

    def refuse(self, error: RuleBroken | SeveralRulesBroken) -> None:
        """Put what a rule said no with beside the field that it is about."""
        for broken in error.broken if isinstance(error, SeveralRulesBroken) else [error]:
            field = _FIELD_OF_RULE.get(broken.field or "", broken.field or "")
            self.add_error(field if field in self.fields else None, explain(broken))

    def refill(self, before: Kept | None) -> None:
        """Show again what was filled in before the person had to say who they are."""
        if before is None or self.is_bound:
            return
        for name, field in self.fields.items():
            self.initial[name] = field.widget.value_from_datadict(
                before.fields, MultiValueDict(), self.add_prefix(name)
            )

    def renew(self, version: int) -> None:
        """Take over the newest version after a stale edit: sending the form again is then meant."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["version"] = str(version)
        self.data = data


class NoForm(PanelForm):
    """Asks for nothing but a press of the button."""


class SignInForm(PanelForm):
    username = forms.CharField(
        label=gettext_lazy("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Code from your app"),
        help_text=gettext_lazy("Phone gone? Use one of your ten recovery codes here."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}),
    )

    def name(self) -> str:
        """Return the sign-in name as it is kept: capitals do not matter."""
        typed: str = self.cleaned_data.get("username", "")
        return typed.strip().lower()


class CodeForm(PanelForm):
    code = forms.CharField(
        label=gettext_lazy("Code from your app"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false", "autofocus": True}
        ),
    )


class ConfirmPasswordForm(PanelForm):
    password = forms.CharField(
        label=gettext_lazy("Your password for this panel"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class OwnPasswordForm(PanelForm):
    current = forms.CharField(
        label=gettext_lazy("Password you have now"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("At least 12 characters. Three or four words that do not belong together are good."),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("New password again"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("This differs from the line above."))
        return cleaned


class DetailsForm(PanelForm):
    """What can be said and changed of an account at any time."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Who uses the mailbox, as others see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=254,
        help_text=gettext_lazy("Who answers for it: a name or an e-mail address. They need no sign-in here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What it is for, in a few words."),
    )
    quota = SizeField(label=gettext_lazy("Space"), help_text=gettext_lazy("0 is no limit."))
    aliases = forms.CharField(
        label=gettext_lazy("Also gets mail for"),
        required=False,
        help_text=gettext_lazy("Other addresses that lead to this mailbox, one a line."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("For colleagues. The holder does not see it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def details(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        names = ("name", "owner", "purpose", "note")
        return {**{name: cleaned[name] for name in names}, "aliases": cleaned["aliases"].splitlines()}


class AccountForm(DetailsForm):
    """Everything that a new account needs."""

    address = AddressField(label=gettext_lazy("Address"), required=False)
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy(
            "The whole day still counts. Left empty, the campaign or the profile says when it ends."
        ),
    )
    first_day = DayField(
        label=gettext_lazy("First day"),
        required=False,
        help_text=gettext_lazy("Left empty, it opens right away, or with its campaign."),
    )
    profile = forms.ChoiceField(
        label=gettext_lazy("Profile"),
        required=False,
        help_text=gettext_lazy("What the mailbox gets, and what its holder may not do."),
    )
    campaign = forms.CharField(
        label=gettext_lazy("Campaign"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The piece of work it belongs to. A new name makes a new campaign."),
        widget=forms.TextInput(attrs={"list": "campaigns", "autocomplete": "off"}),
    )
    make_password = forms.BooleanField(
        label=gettext_lazy("Make a password now and show it to me"),
        required=False,
        help_text=gettext_lazy("It is shown once, on the next page, and not kept."),
    )
    field_order = (
        "name",
        "address",
        "owner",
        "last_day",
        "first_day",
        "purpose",
        "campaign",
        "profile",
        "quota",
        "aliases",
        "note",
    )

    def __init__(self, *args: Any, domains: list[str], profiles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profile = self.fields["profile"]
        assert isinstance(profile, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        profile.choices = [("", _("The campaign's, or the standard one")), *((name, name) for name in profiles)]
        self.fields["owner"].required = False
        self.fields["owner"].help_text = _("Who answers for it. Left empty, the owner of its campaign.")
        address = self.fields["address"]
        assert isinstance(address, AddressField)  # noqa: S101 - tells mypy what the class body says
        address.offer(domains)
        self.fields["quota"].help_text = _("Left empty, as its profile says. 0 is no limit.")

    def clean(self) -> dict[str, Any]:
        """Make up an address from the name where none was typed; ask for what nothing else says."""
        cleaned = self.cleaned_data
        alone = not cleaned.get("campaign")
        if alone and not cleaned.get("owner") and "owner" not in self.errors:
            self.add_error("owner", _("Fill this in."))
        says_when = cleaned.get("profile") or naming.standard_has_length()
        if alone and not says_when and not cleaned.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", _("Choose a day."))
        address: str = cleaned.get("address") or ""
        if address.startswith("@") and cleaned.get("name"):
            pattern = naming.pattern_for(cleaned.get("profile", ""), cleaned.get("campaign", ""))
            suggestion = naming.suggested(cleaned["name"], address.removeprefix("@"), pattern)
            if not suggestion:
                self.add_error("address", _("No address can be made from this name. Type one."))
            cleaned["address"] = f"{suggestion}{address}"
        return cleaned

    def arguments(self) -> dict[str, Any]:
        cleaned, zone = self.cleaned_data, words.zone()
        first: date | None = cleaned["first_day"]
        return {
            **self.details(),
            "address": cleaned["address"],
            "ends_at": end_of(cleaned["last_day"], zone) if cleaned["last_day"] else None,
            "starts_at": _start_of(first),
            "campaign": cleaned["campaign"],
            "profile": cleaned["profile"],
            "quota": cleaned["quota"],
        }


class EditForm(DetailsForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    def arguments(self) -> dict[str, Any]:
        given = self.details()
        if self.cleaned_data["quota"] is not None:
            given["quota"] = self.cleaned_data["quota"]
        return {**given, "expected_version": self.cleaned_data["version"]}


class MoveForm(PanelForm):
    """What a move asks for. `reason_needed` says whether it goes without one."""

    reason_needed = False

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("One sentence. It stands in the log."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields and self.reason_needed:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _(
                "Write one sentence. Whoever reads the log later will need it."
            )

    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"], "expected_version": self.cleaned_data["version"]}


class ReasonForm(MoveForm):
    reason_needed = True


class HoldForm(ReasonForm):
    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


class ReleaseForm(MoveForm):
    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


class ExtendForm(MoveForm):
    last_day = DayField(
        label=gettext_lazy("New last day"),
        required=False,
        help_text=gettext_lazy(
            "The whole day still counts. An earlier day than now is fine too, as long as it lies ahead."
        ),
    )
    days = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ("last_day", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "last_day" in cleaned and not cleaned["last_day"] and not cleaned.get("days"):
            self.add_error("last_day", _("Choose a day."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned["last_day"]:
            return {**super().arguments(), "ends_at": end_of(cleaned["last_day"], words.zone())}
        return {**super().arguments(), "days": cleaned["days"]}


class ReinstateForm(MoveForm):
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("The whole day still counts."),
    )
    field_order = ("last_day", "reason")

    def arguments(self) -> dict[str, Any]:
        day: date | None = self.cleaned_data["last_day"]
        return {**super().arguments(), "ends_at": end_of(day, words.zone()) if day else None}


class PurgeForm(ReasonForm):
    typed = forms.CharField(
        label=gettext_lazy("Type the address"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the address, so that it is surely this mailbox.")},
    )
    field_order = ("reason", "typed")

    def __init__(self, *args: Any, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip().lower()
        if typed != self.address:
            raise forms.ValidationError(_("This is another address than %(address)s.") % {"address": self.address})
        return typed


class LogForm(PanelForm):
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    actor = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=100)
    address = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=254)
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["action"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = [("", _("Everything")), *events.actions()]

    def search(self) -> events.Search:
        self.is_valid()
        given: Mapping[str, Any] = self.cleaned_data
        return events.Search(
            action=given.get("action", ""),
            actor=given.get("actor", "").strip(),
            subject=given.get("address", "").strip().lower(),
            since=given.get("since"),
            until=given.get("until"),
        )


def _start_of(first: date | None) -> datetime | None:
    """Return when a first day begins; today begins now, and nothing typed leaves it to the campaign."""
    if first is None:
        return None
    return clock.now() if _is_today(first) else day_start(first, words.zone())


def _is_today(day: date) -> bool:
    """Somebody who types today as the first day means now: the mailbox opens right away."""
    return day == words.local_day(clock.now())


class NumberForm(PanelForm):
    """Asks for a number that stands on the page, so that nobody deletes more than they have seen."""

    number = forms.IntegerField(
        label=gettext_lazy("Type the number of mailboxes"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = number

    def clean_number(self) -> int:
        typed: int = self.cleaned_data["number"]
        if typed != self.expected:
            raise forms.ValidationError(_("There are %(n)s. Nothing was deleted.") % {"n": self.expected})
        return typed


class QueueForm(PanelForm):
    """What the waiting mail is asked for in the address of its page."""

    q = forms.CharField(label=gettext_lazy("Sender or recipient"), required=False, max_length=200)
    account = forms.CharField(label=gettext_lazy("One mailbox"), required=False, max_length=254)
    domain = forms.CharField(label=gettext_lazy("Domain"), required=False, max_length=253)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000, widget=forms.HiddenInput)

    def filters(self) -> queue.Filters:
        self.is_valid()
        given: Mapping[str, Any] = self.cleaned_data
        return queue.Filters(
            text=given.get("q", "").strip().lower(),
            account=given.get("account", "").strip().lower(),
            domain=given.get("domain", "").strip().lower().removeprefix("@"),
            page=given.get("page") or 1,
        )


class CancelMailForm(PanelForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("One sentence. It stands in the log."),
        error_messages={"required": gettext_lazy("Write one sentence. Whoever reads the log later will need it.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
