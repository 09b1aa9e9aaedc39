"""What the pages about differences ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.domain.dates import end_of
from accounts.domain.drift import Remedy
from accounts.domain.errors import SeveralRulesBroken
from accounts.domain.sheet import Line, parse
from accounts.queries import words
from accounts.queries.compared import KINDS
from accounts.services.adopting import Terms
from accounts.web.fields import DayField
from accounts.web.forms import PanelForm
from accounts.web.move_forms import MoveForm

IN_BULK = (Remedy.PUT_RIGHT, Remedy.ACCEPT, Remedy.MAKE_AGAIN, Remedy.LOCK, Remedy.IGNORE)
_NEEDS_REASON = frozenset({Remedy.LOCK, Remedy.IGNORE})


class FilterForm(PanelForm):
    """What the list is asked for in its address; what cannot be read is left out."""

    kind = forms.ChoiceField(required=False, choices=[("", ""), *((kind.value, kind.value) for kind in KINDS)])
    ignored = forms.BooleanField(required=False)

    def wanted(self) -> tuple[str, bool]:
        self.is_valid()
        return self.cleaned_data.get("kind", ""), bool(self.cleaned_data.get("ignored"))


class WhyForm(MoveForm):
    """A reason, which some decisions cannot do without."""

    version = None  # type: ignore[assignment]

    def __init__(self, *args: Any, needed: bool, **kwargs: Any) -> None:
        self.reason_needed = needed
        super().__init__(*args, **kwargs)

    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


class TermsForm(PanelForm):
    """What a record needs that the mailbox does not say."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Who uses the mailbox."))
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=254,
        help_text=gettext_lazy("Who answers for it: a name or an e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("The whole day still counts. Nothing is shut before it is over."),
    )
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200, required=False)

    def arguments(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        ends_at = end_of(cleaned["last_day"], words.zone())
        terms = Terms(name=cleaned["name"], owner=cleaned["owner"], ends_at=ends_at, purpose=cleaned["purpose"])
        return {"terms": terms}


class ManyForm(PanelForm):
    """One decision about all that are ticked."""

    remedy = forms.ChoiceField(
        label=gettext_lazy("With the ticked ones"), choices=[(remedy.value, remedy.value) for remedy in IN_BULK]
    )
    reason = forms.CharField(required=False, max_length=500)
    ids = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, offered: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = self.fields["ids"]
        assert isinstance(ids, forms.MultipleChoiceField)  # noqa: S101 - tells mypy what the class body says
        ids.choices = [(number, number) for number in offered]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("ids"):
            self.add_error("ids", gettext_lazy("Tick at least one difference."))
        if cleaned.get("remedy") in _NEEDS_REASON and not cleaned.get("reason", "").strip():
            self.add_error("reason", gettext_lazy("Say why: the log keeps it."))
        return cleaned

    def sentence(self) -> str:
        return " ".join(str(error) for errors in self.errors.values() for error in errors)


class AdoptionForm(PanelForm):
    """Which mailboxes are to be taken in, and with which terms."""

    pattern = forms.CharField(
        label=gettext_lazy("Which ones"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("A domain such as example.org, or a pattern such as promo*@example.org. Empty: all."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("For those that the lines below say nothing about."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("For those that the lines below say nothing about. The whole day still counts."),
    )
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200, required=False)
    sheet = forms.CharField(
        label=gettext_lazy("Lines from a sheet"),
        required=False,
        max_length=400_000,
        help_text=gettext_lazy("Address, owner, last day: one mailbox a line, copied from a spreadsheet."),
        widget=forms.Textarea(
            attrs={"rows": 6, "spellcheck": "false", "placeholder": "promo7@example.org, Palesa Molefe, 2026-12-18"}
        ),
    )

    def clean_sheet(self) -> dict[str, Line]:
        try:
            return parse(self.cleaned_data["sheet"])
        except SeveralRulesBroken as error:
            self.refuse(error)
            return {}

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("sheet") and not (cleaned.get("owner") and cleaned.get("last_day")) and not self.errors:
            missing = "last_day" if cleaned.get("owner") else "owner"
            self.add_error(missing, gettext_lazy("Give an owner and a last day for all, or paste lines from a sheet."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        has_default = cleaned["owner"] or cleaned["last_day"]
        return {
            "pattern": cleaned["pattern"],
            "default": Line("", cleaned["owner"], cleaned["last_day"]) if has_default else None,
            "purpose": cleaned["purpose"],
            "sheet": cleaned["sheet"],
        }
