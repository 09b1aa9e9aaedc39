"""Deleting many mailboxes at once: a person looks at them and types their number."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.lifecycle import State
from accounts.domain.people import Deed
from accounts.queries import purges as queries
from accounts.services import lifecycle
from accounts.web.access import StaffRequest, actor, go, may
from accounts.web.clock import now
from accounts.web.kept import given_before
from accounts.web.move_forms import NumberForm
from accounts.web.step_up import confirmed


@may(Deed.PURGE)
@confirmed
def confirm(request: StaffRequest) -> HttpResponse:
    held = queries.held_back(now())
    form = NumberForm(request.POST or None, number=held.number)
    form.refill(given_before(request))
    if request.method == "POST" and form.is_valid():
        swept = lifecycle.sweep(now=now(), confirmed_purges=held.number, by=actor(request))
        if swept.stopped is None:
            deleted = sum(move.after is State.PURGED for move in swept.changed)
            said = ngettext("%(n)s mailbox is being deleted.", "%(n)s mailboxes are being deleted.", deleted)
            messages.success(request, said % {"n": deleted})
            return go(request, reverse("dashboard"))
        # Another one came due between the look and the press of the button.
        held = queries.held_back(now())
        form.add_error("number", _("It is %(n)s by now. Look again, and type that number.") % {"n": held.number})
    return render(request, "accounts/purges.html", {"held": held, "form": form}, status=422 if form.errors else 200)
