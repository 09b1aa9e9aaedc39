"""What the log is asked for in the address of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries import events
from accounts.web.fields import DayField, LongSelect
from accounts.web.forms import PanelForm


class LogForm(PanelForm):
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False, widget=LongSelect)
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
