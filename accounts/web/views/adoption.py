"""Taking in mailboxes that were on the server before this panel: look first, then do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.people import Deed
from accounts.queries import compared
from accounts.services import taking_in
from accounts.web.access import StaffRequest, actor, go, may
from accounts.web.clock import now
from accounts.web.drift_forms import AdoptionForm

_SHOWN = 100


@may(Deed.CHANGE_ACCOUNTS)
def adoption(request: StaffRequest) -> HttpResponse:
    """Nothing happens before the plan was looked at; what happens then is that plan and no other."""
    form = AdoptionForm(request.POST or None)
    plan = None
    if request.method == "POST" and form.is_valid():
        plan = taking_in.plan(**form.arguments(), now=now())
        if "apply" in request.POST and request.POST.get("number") == str(len(plan.ready)):
            return _carry_out(request, plan)
        if "apply" in request.POST:
            messages.warning(request, _("The list has changed since you looked at it. Look again."))
    context = {
        "form": form,
        "plan": plan,
        "shown": plan.ready[:_SHOWN] if plan else [],
        "shown_problems": plan.problems[:_SHOWN] if plan else [],
        "number": compared.counts()["only_there"],
        "at_once": taking_in.AT_ONCE,
    }
    return render(request, "drift/adoption.html", context, status=422 if form.errors else 200)


def _carry_out(request: StaffRequest, plan: taking_in.Plan) -> HttpResponse:
    taken, failed = taking_in.carry_out(plan, by=actor(request), now=now())
    said = ngettext("%(n)s mailbox is taken in.", "%(n)s mailboxes are taken in.", len(taken))
    messages.success(request, said % {"n": len(taken)})
    if failed:
        first = failed[0]
        said = ngettext("%(n)s could not be: %(why)s", "%(n)s could not be: %(why)s", len(failed))
        messages.warning(request, said % {"n": len(failed), "why": f"{first.drift.address}: {first.problem}"})
    return go(request, reverse("drift:adoption") if compared.counts()["only_there"] else reverse("drift:list"))
