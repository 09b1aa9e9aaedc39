"""What a move of an account asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import end_of
from accounts.queries import words
from accounts.web.fields import DayField, ReasonField
from accounts.web.forms import PanelForm


class MoveForm(PanelForm):
    """What a move asks for. `reason_needed` says whether it goes without a reason."""

    reason_needed = False

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.reason_needed:
            self.fields["reason"].required = True

    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"], "expected_version": self.cleaned_data["version"]}


class ReasonedMoveForm(MoveForm):
    reason_needed = True


class HoldForm(ReasonedMoveForm):
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


class PurgeForm(ReasonedMoveForm):
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
