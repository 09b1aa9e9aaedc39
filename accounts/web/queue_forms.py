"""What the waiting mail is asked for in the address of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.queries import queue
from accounts.web.forms import PanelForm


class QueueForm(PanelForm):
    """What the waiting mail is asked for in the address of its page."""

    q = forms.CharField(label=gettext_lazy("Sender or recipient"), required=False, max_length=200)
    account = forms.CharField(label=gettext_lazy("One mailbox"), required=False, max_length=254)
    domain = forms.CharField(label=gettext_lazy("Domain"), required=False, max_length=253)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000, widget=forms.HiddenInput)

    def filters(self) -> queue.Filters:
        self.is_valid()
        given: Mapping[str, Any] = self.cleaned_data
        return queue.Filters(
            text=given.get("q", "").strip().lower(),
            account=given.get("account", "").strip().lower(),
            domain=given.get("domain", "").strip().lower().removeprefix("@"),
            page=given.get("page") or 1,
        )
