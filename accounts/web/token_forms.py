"""The form for a new API token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.domain.tokens import LONGEST_LABEL, USUAL_DAYS
from accounts.models import Staff
from accounts.queries import tokens
from accounts.web.forms import PanelForm


class NewTokenForm(PanelForm):
    label = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=LONGEST_LABEL,
        help_text=gettext_lazy("The program that gets it, such as “Payroll export”. One program, one token."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.ChoiceField(
        label=gettext_lazy("Works for"),
        initial=str(USUAL_DAYS),
        help_text=gettext_lazy("Then it ends by itself. It cannot be made longer; make a new one in time."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it can do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one.")},
    )

    def __init__(self, *args: Any, person: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("scopes", tokens.choices(person)), ("days", tokens.lengths())):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
            field.choices = choices

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "days": int(self.cleaned_data["days"])}
