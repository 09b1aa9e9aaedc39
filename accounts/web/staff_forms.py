"""The forms about people who may sign in here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.domain.addresses import shown
from accounts.domain.people import Role
from accounts.queries import accounts, reach, roles
from accounts.web.forms import PanelForm


class RoleForm(PanelForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = roles.choices()


class NewPersonForm(RoleForm):
    username = forms.CharField(
        label=gettext_lazy("Sign-in name"),
        max_length=150,
        help_text=gettext_lazy("Without blanks, such as lerato.khumalo. The log names this person by it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Notices of the panel go there."),
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
    )
    is_local = forms.BooleanField(
        label=gettext_lazy("Give the emergency key"),
        required=False,
        help_text=gettext_lazy(
            "They can sign in here by a password, also while the company sign-in is down. Each use is told to all "
            "administrators."
        ),
    )
    field_order = ("username", "email", "role", "is_local")

    def __init__(self, *args: Any, offers_key: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("role", Role.OPERATOR.value)
        if not offers_key:
            del self.fields["is_local"]


class LimitsForm(PanelForm):
    domains = forms.MultipleChoiceField(
        label=gettext_lazy("Mail domains"), required=False, widget=forms.CheckboxSelectMultiple
    )
    campaigns = forms.MultipleChoiceField(
        label=gettext_lazy("Campaigns"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, limits: reach.Limits, **kwargs: Any) -> None:
        chosen = {"domains": list(limits.domains), "campaigns": list(limits.campaigns)}
        super().__init__(*args, initial=chosen, **kwargs)
        self._offer("domains", dict.fromkeys([*accounts.domains(), *limits.domains]))
        self._offer("campaigns", dict.fromkeys([*limits.campaigns, *reach.campaigns()]))

    def _offer(self, name: str, choices: Iterable[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = [(choice, shown(choice) if name == "domains" else choice) for choice in choices]


class EmailForm(PanelForm):
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Notices of the panel go there."),
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
    )
