"""The settings: how the panel is set up, what fixes it, and whether the mail server answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.people import Deed
from accounts.queries import panel_settings as queries
from accounts.queries import profiles
from accounts.services import connection
from accounts.web.access import StaffRequest, may
from accounts.web.clock import now


@may(Deed.READ_PANEL)
def index(request: StaffRequest) -> HttpResponse:
    context = {
        "connection": queries.connection_facts(now()),
        "sections": queries.sections(),
        "profiles": profiles.rows(),
    }
    return render(request, "settings/page.html", context)


@may(Deed.READ_PANEL)
@require_POST
def try_connection(request: StaffRequest) -> HttpResponse:
    """Ask the mail server now; that changes nothing there."""
    if silent := connection.try_connection(now()):
        messages.warning(request, silent)
    else:
        messages.success(request, _("The mail server answers."))
    return redirect("settings:list")
