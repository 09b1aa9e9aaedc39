"""Forms clean what was typed; the services decide, and what they refuse comes back to the field it is about.

Here is what all forms share; each topic has a module of its own beside this one.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.queries.sentences import explain
from accounts.web.fields import DayField, ReasonField
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


class ReasonForm(PanelForm):
    """Asks for nothing but the reason."""

    reason = ReasonField()
