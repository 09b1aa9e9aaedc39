"""What the pages of imports are sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.rows import Answer
from accounts.domain.sheets.sheet import LARGEST_FILE
from accounts.queries.import_rows import EMPTY_FORMULAS, SWAP_DAYS, Show
from accounts.services.imports import Options
from accounts.web.forms import PanelForm

_PASTED_MOST = 2_000_000


class UploadForm(PanelForm):
    """A file, or cells that were copied; one of them."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, Excel (.xlsx) or OpenDocument (.ods), at most 20 MB and 50,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.ods"}),
    )
    cells = forms.CharField(
        label=gettext_lazy("Or cells"),
        required=False,
        strip=False,
        max_length=_PASTED_MOST,
        error_messages={
            "max_length": gettext_lazy("These are too many cells to paste. Save the spreadsheet, and choose the file.")
        },
        help_text=gettext_lazy("Copy them from the spreadsheet with their headings, and paste them here."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("file") and not (cleaned.get("cells") or "").strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste cells below."))
        return cleaned

    def sheet(self) -> tuple[str, bytes]:
        """Return the name and the bytes; a file that is too large is not read to its end."""
        file = self.cleaned_data.get("file")
        if file:
            return file.name, file.read(LARGEST_FILE + 1)
        return "", self.cleaned_data["cells"].encode()


class OptionsForm(PanelForm):
    """What holds for all rows of a sheet."""

    campaign = forms.CharField(
        label=gettext_lazy("Campaign of rows that name none"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "campaigns", "autocomplete": "off"}),
    )
    days = forms.ChoiceField(
        label=gettext_lazy("Days such as 03/04/2027"),
        choices=[
            ("", gettext_lazy("Ask me, row by row")),
            (Answer.DAY_FIRST, gettext_lazy("The day comes first: 3 April")),
            (Answer.MONTH_FIRST, gettext_lazy("The month comes first: 4 March")),
        ],
        required=False,
    )
    campaign_end = forms.BooleanField(label=gettext_lazy("Rows without a last day take the campaign's"), required=False)
    campaign_owner = forms.BooleanField(label=gettext_lazy("Rows without an owner take the campaign's"), required=False)
    roster = forms.BooleanField(
        label=gettext_lazy("This list is complete: whoever is not on it is to end"),
        required=False,
    )
    roster_owner = forms.CharField(
        label=gettext_lazy("Complete for the people of this owner"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Left empty, it is complete for the campaign above."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    roster_department = forms.CharField(
        label=gettext_lazy("Complete for this department"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As it stands under purpose, such as Field agent."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def options(self) -> Options:
        given = self.cleaned_data
        answers = {answer for answer in (Answer.CAMPAIGN_END, Answer.CAMPAIGN_OWNER) if given[answer]}
        if given["days"]:
            answers.add(Answer(given["days"]))
        return Options(
            campaign=given["campaign"],
            roster=given["roster"],
            roster_owner=given["roster_owner"],
            roster_department=given["roster_department"],
            answers=frozenset(answers),
        )


class RowForm(forms.Form):
    """The cells of a row that were sent, and the button that was pressed."""

    answer = forms.CharField(required=False, max_length=30)
    take_back = forms.CharField(required=False, max_length=30)

    def arguments(self) -> dict[str, Any]:
        self.is_valid()
        sent = {Field(name): str(text) for name, text in self.data.items() if name in set(Field)}
        return {
            "cells": sent,
            "said": _answer(self.data.get("answer", "")),
            "unsaid": _answer(self.data.get("take_back", "")),
            "empty_formulas": self.data.get("answer") == EMPTY_FORMULAS,
            "swap_days": self.data.get("answer") == SWAP_DAYS,
        }


class StartImportForm(PanelForm):
    expected = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.IntegerField(
        label=gettext_lazy("Type the number of mailboxes that end"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class LookForm(forms.Form):
    """What the page of a sheet is asked for in its address; what cannot be read is left out."""

    show = forms.ChoiceField(required=False, choices=[(show, show) for show in Show])
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)
    row = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    def look(self) -> tuple[Show, int, int | None]:
        self.is_valid()
        given = self.cleaned_data
        return Show(given.get("show") or Show.ALL), given.get("page") or 1, given.get("row")


def _answer(text: str) -> Answer | None:
    return Answer(text) if text in set(Answer) else None
