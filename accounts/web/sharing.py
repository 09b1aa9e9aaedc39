"""Forms about groups, mailing lists and blocked addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.queries.shared import SharedRow
from accounts.web.fields import AddressField
from accounts.web.forms import PanelForm, ReasonForm


class SharedForm(PanelForm):
    """A group or a mailing list; the address of one that exists stays."""

    address = AddressField(label=gettext_lazy("Address"))
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("What it is for, as others see it."),
    )
    members = forms.CharField(
        label=gettext_lazy("Members"),
        required=False,
        help_text=gettext_lazy("E-mail addresses, one a line."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, domains: list[str], row: SharedRow | None = None, **kwargs: Any) -> None:
        initial = {"name": row.name, "members": "\n".join(row.members)} if row else {}
        super().__init__(*args, initial=initial, **kwargs)
        if row:
            del self.fields["address"]
            return
        address = self.fields["address"]
        assert isinstance(address, AddressField)  # noqa: S101 - tells mypy what the class body says
        address.offer(domains)

    def arguments(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "members": self.cleaned_data["members"].split()}


class BlockForm(ReasonForm):
    address = forms.CharField(
        label=gettext_lazy("IP address or network"),
        max_length=60,
        help_text=gettext_lazy("Such as 203.0.113.9 or 203.0.113.0/24. Nothing from there reaches the mail server."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("address", "reason")

    def arguments(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["address"], "reason": self.cleaned_data["reason"]}
