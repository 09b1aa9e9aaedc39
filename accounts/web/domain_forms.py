"""Forms about mail domains and their signing keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.rotation import DEFAULT_WAIT_DAYS, LONGEST_WAIT_DAYS
from accounts.models import KeyAlgorithm
from accounts.web.forms import PanelForm, ReasonForm

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_LONGEST_POLICY = 3650


class DomainForm(PanelForm):
    name = forms.CharField(
        label=gettext_lazy("Mail domain"),
        max_length=253,
        help_text=gettext_lazy("The part after the @, such as example.org."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    description = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)


class DescriptionForm(PanelForm):
    description = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)


class CatchAllForm(PanelForm):
    address = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("The address of one of your accounts. Left empty, such mail bounces."),
        widget=forms.TextInput(attrs={**_PLAIN, "list": "catchers"}),
    )


class TypedForm(ReasonForm):
    """Asks for a reason, and for the name of the domain, so that it is surely this one."""

    typed = forms.CharField(
        label=gettext_lazy("Type the name of the domain"),
        widget=forms.TextInput(attrs=_PLAIN),
        error_messages={"required": gettext_lazy("Type the name, so that it is surely this domain.")},
    )

    def __init__(self, *args: Any, names: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip().lower()
        if typed not in self.names:
            raise forms.ValidationError(_("This is another domain than %(name)s.") % {"name": max(self.names)})
        return typed


class CompromisedForm(TypedForm):
    selector = forms.ChoiceField(label=gettext_lazy("Which key"))
    field_order = ("selector", "reason", "typed")

    def __init__(self, *args: Any, selectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["selector"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = selectors


class NewKeyForm(PanelForm):
    algorithm = forms.ChoiceField(label=gettext_lazy("Kind of key"))
    days = forms.IntegerField(
        label=gettext_lazy("Keep the old key for days"),
        min_value=1,
        max_value=LONGEST_WAIT_DAYS,
        initial=DEFAULT_WAIT_DAYS,
        help_text=gettext_lazy(
            "Counted from the day the new one signs: mail with the old signature is still on its way."
        ),
        error_messages={
            "invalid": gettext_lazy("Give a number of days."),
            "min_value": gettext_lazy("Give at least one day."),
            "max_value": gettext_lazy("Give at most 90 days."),
        },
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["algorithm"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = kinds
        if is_first:
            self.fields.pop("days")


class PolicyForm(PanelForm):
    """How the mail server changes keys by itself; no kind of key ticked means that it does not."""

    algorithms = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of key"),
        required=False,
        choices=KeyAlgorithm.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: the mail server changes no key by itself."),
    )
    rotate_days = forms.IntegerField(
        label=gettext_lazy("A new key every … days"), min_value=1, max_value=_LONGEST_POLICY
    )
    retire_days = forms.IntegerField(
        label=gettext_lazy("The old one signs on for … days"), min_value=1, max_value=_LONGEST_POLICY
    )
    delete_days = forms.IntegerField(
        label=gettext_lazy("The old one is deleted after … days"), min_value=1, max_value=_LONGEST_POLICY
    )
