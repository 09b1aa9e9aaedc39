"""Inputs that Django does not have: a day, a reason, an address in one of our domains, and a size with its unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template import loader
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.domain.dates import in_reach
from accounts.domain.errors import RuleBroken
from accounts.queries.sentences import explain

UNITS = {"MB": 1024**2, "GB": 1024**3}


def _check_reach(day: date) -> None:
    if not in_reach(day):
        raise ValidationError(explain(RuleBroken("date_out_of_range")))


class DayField(forms.DateField):
    """A day of the calendar; the browser shows its own date picker."""

    default_validators = [_check_reach]

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": _("This is no day. Write it as 2026-12-18.")}


class LongSelect(forms.Select):
    """A choice of very many. Django includes two files for each option, which takes longer than the page around it."""

    template_name = "forms/select.html"

    def _render(self, template_name: str, context: dict[str, Any], renderer: object = None) -> SafeString:  # noqa: ARG002
        """Take our own template; the forms' renderer knows only Django's."""
        return loader.render_to_string(template_name, context)


class ReasonField(forms.CharField):
    """Why: a sentence for the log."""

    default_error_messages = {"required": _("Write one sentence. Whoever reads the log later will need it.")}

    def __init__(self, **kwargs: Any) -> None:
        usual = {"label": _("Reason"), "max_length": 500, "help_text": _("One sentence. It stands in the log.")}
        super().__init__(**{**usual, "widget": forms.Textarea(attrs={"rows": 2}), **kwargs})


class PairWidget(forms.MultiWidget):
    """Two inputs that are one answer; the label belongs to the first."""

    use_fieldset = False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class AddressWidget(PairWidget):
    def __init__(self) -> None:
        local = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})
        super().__init__({"0": local, "1": forms.Select(attrs={"aria-label": _("Mail domain")})})

    def decompress(self, value: str | None) -> list[str | None]:
        local, _at, domain = (value or "").partition("@")
        return [local, domain or None]


class AddressField(forms.MultiValueField):
    """The part before the @ and one of our domains; a whole address in the first part is taken as it is."""

    def __init__(self, **kwargs: Any) -> None:
        fields = (forms.CharField(required=False, max_length=254), forms.ChoiceField())
        super().__init__(fields, widget=AddressWidget(), require_all_fields=False, **kwargs)

    def offer(self, domains: list[str]) -> None:
        """Fill in the domains to choose from."""
        choices = [(domain, f"@{domain}") for domain in domains]
        self.fields[1].choices = choices  # type: ignore[attr-defined]
        self.widget.widgets[1].choices = choices

    def compress(self, data_list: list[str]) -> str:
        local, domain = (part.strip() for part in data_list or ["", ""])
        return local if "@" in local else f"{local}@{domain}"


class SizeWidget(PairWidget):
    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"min": "0", "step": "any", "inputmode": "decimal"})
        unit = forms.Select(choices=[(unit, unit) for unit in UNITS], attrs={"aria-label": _("Unit")})
        super().__init__({"0": number, "1": unit})

    def decompress(self, value: int | None) -> list[str]:
        if value is None:
            return ["", "GB"]
        unit = "GB" if value % UNITS["GB"] == 0 else "MB"
        number = f"{Decimal(value) / UNITS[unit]:f}"
        # Only figures behind the point can be left out: 1.50 is 1.5, and 500 stays 500.
        return [number.rstrip("0").rstrip(".") if "." in number else number, unit]


class SizeField(forms.MultiValueField):
    """A number and MB or GB; gives bytes, or None where nothing was typed."""

    def __init__(self, **kwargs: Any) -> None:
        number = forms.DecimalField(min_value=0, required=False)
        unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS])
        super().__init__((number, unit), widget=SizeWidget(), require_all_fields=False, required=False, **kwargs)

    def compress(self, data_list: list[Any]) -> int | None:
        if not data_list or data_list[0] is None:
            return None
        return int(data_list[0] * UNITS[data_list[1]])
