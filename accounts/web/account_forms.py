"""What an account is opened with, and what can be changed of it later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import day_start, end_of
from accounts.queries import naming, words
from accounts.web import clock
from accounts.web.fields import AddressField, DayField, SizeField
from accounts.web.forms import PanelForm


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


def _start_of(first: date | None) -> datetime | None:
    """Return when a first day begins; today begins now, and nothing typed leaves it to the campaign."""
    if first is None:
        return None
    return clock.now() if _is_today(first) else day_start(first, words.zone())


def _is_today(day: date) -> bool:
    """Somebody who types today as the first day means now: the mailbox opens right away."""
    return day == words.local_day(clock.now())
