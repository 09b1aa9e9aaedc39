"""What campaigns and profiles are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import day_start, end_of, last_day
from accounts.domain.lifecycle import LONGEST_TERM
from accounts.domain.profiles import Limit
from accounts.models import Campaign, Profile
from accounts.queries import words
from accounts.services.profile_checks import LONGEST_GRACE, LONGEST_RETENTION
from accounts.web.fields import DayField, SizeField
from accounts.web.forms import PanelForm
from accounts.web.move_forms import ReasonedMoveForm


class CampaignForm(PanelForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=254,
        help_text=gettext_lazy("The e-mail address of who answers for it. They need no sign-in here."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    first_day = DayField(
        label=gettext_lazy("First day"),
        required=False,
        help_text=gettext_lazy("Mailboxes open on it. Left empty, they open right away."),
    )
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("The whole day still counts. Left empty, each mailbox needs a last day of its own."),
    )
    profile = forms.ChoiceField(
        label=gettext_lazy("Profile"),
        required=False,
        help_text=gettext_lazy("What its new mailboxes get. Those that exist keep what they have."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("For colleagues."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, campaign: Campaign | None = None, profiles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, initial=_of_campaign(campaign) if campaign else {}, **kwargs)
        self.campaign = campaign
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        field.choices = [("", _("The usual one")), *((name, name) for name in profiles)]

    def arguments(self) -> dict[str, Any]:
        cleaned, zone = self.cleaned_data, words.zone()
        given = {name: cleaned[name] for name in ("name", "owner", "profile", "note")}
        # A day that nobody touched keeps its moment: a campaign may have been ended in the middle of it.
        if cleaned["first_day"] != self.initial.get("first_day"):
            given["starts_at"] = day_start(cleaned["first_day"], zone) if cleaned["first_day"] else None
        if cleaned["last_day"] != self.initial.get("last_day"):
            given["ends_at"] = end_of(cleaned["last_day"], zone) if cleaned["last_day"] else None
        return given


class EndCampaignForm(ReasonedMoveForm):
    number = forms.IntegerField(
        label=gettext_lazy("Number of mailboxes"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("reason", "number")


class ProfileForm(PanelForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    address_pattern = forms.CharField(
        label=gettext_lazy("Addresses"),
        max_length=120,
        help_text=gettext_lazy("Made of {first}, {last} or {n}: {first}.{last}, {first:1}{last}, shopper{n:03}."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    domain = forms.ChoiceField(label=gettext_lazy("Mail domain"), required=False)
    aliases = forms.CharField(
        label=gettext_lazy("Second addresses"),
        required=False,
        help_text=gettext_lazy("Patterns, one a line. A domain behind an @ is allowed."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    groups = forms.CharField(
        label=gettext_lazy("Groups"),
        required=False,
        help_text=gettext_lazy("Addresses of groups on the mail server that its mailboxes join, one a line."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    quota = SizeField(label=gettext_lazy("Space"), help_text=gettext_lazy("0 is no limit."))
    term_days = forms.IntegerField(
        label=gettext_lazy("Usual length in days"),
        required=False,
        min_value=1,
        max_value=LONGEST_TERM.days,
        help_text=gettext_lazy("For mailboxes that nobody names a last day for. Left empty, somebody has to."),
    )
    grace_days = forms.IntegerField(
        label=gettext_lazy("Grace in days"),
        min_value=0,
        max_value=LONGEST_GRACE,
        help_text=gettext_lazy("After the last day, mail still comes in for so long."),
    )
    retention_days = forms.IntegerField(
        label=gettext_lazy("Kept after that, in days"),
        min_value=0,
        max_value=LONGEST_RETENTION,
        help_text=gettext_lazy("Then the mailbox and its mail may be deleted."),
    )
    denials = forms.MultipleChoiceField(
        label=gettext_lazy("The holder may not"),
        required=False,
        choices=[(limit.value, words.LIMITS[limit]) for limit in Limit],
        widget=forms.CheckboxSelectMultiple,
    )
    mail_before_start = forms.BooleanField(
        label=gettext_lazy("Take mail before the first day"),
        required=False,
        help_text=gettext_lazy("The mailbox exists already, locked. Otherwise it is made on its first day."),
    )
    server_deadline = forms.BooleanField(
        label=gettext_lazy("Let the mail server lock it by itself"),
        required=False,
        help_text=gettext_lazy(
            "Where it can (0.16), it then locks on time even without this panel. "
            "Its price: the holder cannot change the password alone."
        ),
    )

    def __init__(self, *args: Any, profile: Profile, domains: list[str], usual_domain: str, **kwargs: Any) -> None:
        super().__init__(*args, initial=_of_profile(profile), **kwargs)
        field = self.fields["domain"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells mypy what the class body says
        usual = _("The usual one, %(domain)s") % {"domain": usual_domain}
        field.choices = [("", usual), *((name, name) for name in domains)]

    def arguments(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        given["aliases"], given["groups"] = given["aliases"].splitlines(), given["groups"].splitlines()
        if given["quota"] is None:
            del given["quota"]
        return given


def typed(data: QueryDict) -> list[tuple[str, str]]:
    """Return all that was typed, for a page that asks one more question before it is sent again."""
    return [(name, value) for name, values in data.lists() for value in values if name != "csrfmiddlewaretoken"]


def _of_campaign(campaign: Campaign) -> dict[str, Any]:
    zone = words.zone()

    def first(moment: datetime | None) -> object:
        return words.local_day(moment) if moment else None

    return {
        "version": campaign.version,
        "name": campaign.name,
        "owner": campaign.owner,
        "first_day": first(campaign.starts_at),
        "last_day": last_day(campaign.ends_at, zone) if campaign.ends_at else None,
        "profile": campaign.profile.name if campaign.profile else "",
        "note": campaign.note,
    }


def _of_profile(profile: Profile) -> dict[str, Any]:
    names = ("name", "address_pattern", "quota", "term_days", "grace_days", "retention_days", "denials")
    return {
        **{name: getattr(profile, name) for name in (*names, "mail_before_start", "server_deadline", "version")},
        "domain": profile.domain.name if profile.domain else "",
        "aliases": "\n".join(profile.aliases),
        "groups": "\n".join(profile.groups),
    }
