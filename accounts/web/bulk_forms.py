"""What a bulk change asks for: each change has its own few fields, and a reason where it needs one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.bulk import NEEDS_REASON, Change, Intent
from accounts.domain.dates import end_of
from accounts.queries import words
from accounts.web.fields import DayField, ReasonField, SizeField
from accounts.web.forms import PanelForm


class BulkForm(PanelForm):
    """The reason, which every change can have; what else is asked comes with the change."""

    change: Change

    reason = ReasonField(required=False, help_text=gettext_lazy("One sentence. It stands in the log of each mailbox."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.change in NEEDS_REASON:
            self.fields["reason"].required = True

    def intent(self) -> Intent:
        return Intent(change=self.change, reason=self.cleaned_data["reason"], **self.arguments())

    def arguments(self) -> dict[str, Any]:
        return {}


class EndThem(BulkForm):
    change = Change.END


class SuspendThem(BulkForm):
    change = Change.SUSPEND


class PurgeThem(BulkForm):
    change = Change.PURGE


class ExtendThem(BulkForm):
    change = Change.EXTEND

    last_day = DayField(
        label=gettext_lazy("New last day"),
        required=False,
        help_text=gettext_lazy("The same day for all. The whole day still counts."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Or longer by so many days"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Counted from the last day of each; for who has ended, from today."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("last_day", "days", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not self.errors and bool(cleaned.get("last_day")) == bool(cleaned.get("days")):
            self.add_error("last_day", _("Choose a day, or give a number of days: one of the two."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        return {"ends_at": _end(self.cleaned_data["last_day"]), "days": self.cleaned_data["days"]}


class ReinstateThem(BulkForm):
    change = Change.REINSTATE

    last_day = DayField(
        label=gettext_lazy("Last day for those whose term is over"),
        required=False,
        help_text=gettext_lazy("Left empty, they stay as they are. Who is suspended keeps the last day."),
    )
    field_order = ("last_day", "reason")

    def arguments(self) -> dict[str, Any]:
        return {"ends_at": _end(self.cleaned_data["last_day"])}


class MoveThem(BulkForm):
    change = Change.MOVE

    campaign = forms.CharField(
        label=gettext_lazy("Campaign"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("A new name makes a new campaign; left empty, they belong to none."),
        widget=forms.TextInput(attrs={"list": "campaigns", "autocomplete": "off"}),
    )
    field_order = ("campaign", "reason")

    def arguments(self) -> dict[str, Any]:
        return {"campaign": self.cleaned_data["campaign"]}


class ProfileThem(BulkForm):
    change = Change.PROFILE

    profile = forms.ChoiceField(
        label=gettext_lazy("Profile"),
        help_text=gettext_lazy("They get its space, grace and retention. Other settings of theirs stay."),
    )
    field_order = ("profile", "reason")

    def offer(self, profiles: list[str]) -> None:
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = [(name, name) for name in profiles]

    def arguments(self) -> dict[str, Any]:
        return {"profile": self.cleaned_data["profile"]}


class QuotaThem(BulkForm):
    change = Change.QUOTA

    quota = SizeField(label=gettext_lazy("Space"), help_text=gettext_lazy("For each mailbox. 0 is no limit."))
    field_order = ("quota", "reason")

    def arguments(self) -> dict[str, Any]:
        return {"quota": self.cleaned_data["quota"]}


FORMS: dict[Change, type[BulkForm]] = {
    form.change: form
    for form in (ExtendThem, EndThem, SuspendThem, ReinstateThem, MoveThem, ProfileThem, QuotaThem, PurgeThem)
}


class ViewForm(PanelForm):
    """A saved view's name, and who sees it."""

    name = forms.CharField(
        label=gettext_lazy("Name of the view"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label=gettext_lazy("Everybody who signs in here sees it"), required=False)


class StartForm(PanelForm):
    """The number that the brake asks for."""

    number = forms.IntegerField(
        label=gettext_lazy("Type the number of mailboxes"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


def _end(day: date | None) -> Any:
    return end_of(day, words.zone()) if day else None
