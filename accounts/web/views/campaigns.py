"""Campaigns: the list, one of them, and its changes, each looked at before it happens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.campaigns import Dates
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Deed
from accounts.models import Batch, Campaign
from accounts.queries import accounts, words
from accounts.queries import campaigns as queries
from accounts.queries.campaigns import Show
from accounts.queries.shifts import Shifts, shifts
from accounts.services import campaigns as services
from accounts.web.access import StaffRequest, actor, go, is_part, may
from accounts.web.campaign_forms import CampaignForm, EndCampaignForm, typed
from accounts.web.clock import now

_TICKS_SHOWN = 500


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    moment = now()
    asked = request.GET.get("show", "")
    show = Show(asked) if asked in set(Show) else Show.RUNNING
    counts = queries.counts(moment)
    context = {
        "show": show,
        "page": queries.find(show, request.GET.get("after", ""), request.GET.get("before", ""), moment),
        "views": [(key, label, counts[key]) for key, label in queries.SHOWN.items()],
        "is_empty": not counts[Show.ALL],
    }
    return render(request, "campaigns/_list.html" if is_part(request, "list") else "campaigns/list.html", context)


@may(Deed.READ)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    campaign = _campaign(pk)
    found = queries.detail(campaign, request.GET.get("after", ""), request.GET.get("before", ""), now())
    context = {"detail": found, "campaign": campaign, "row": found.row, "page": found.page}
    return render(request, "campaigns/_accounts.html" if is_part(request, "list") else "campaigns/detail.html", context)


@may(Deed.CHANGE_ACCOUNTS)
def new(request: StaffRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None, profiles=accounts.profiles())
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.create_campaign(**form.arguments(), by=actor(request), now=now())
        except (RuleBroken, SeveralRulesBroken) as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("“%(name)s” is made. Open mailboxes in it.") % {"name": campaign.name})
            return go(request, reverse("campaigns:detail", args=[campaign.pk]))
    return render(request, "campaigns/form.html", {"form": form}, status=422 if form.errors else 200)


@may(Deed.CHANGE_ACCOUNTS)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a campaign; other dates are first shown with whom they move, and whom not."""
    campaign = _campaign(pk)
    form = CampaignForm(request.POST or None, campaign=campaign, profiles=accounts.profiles())
    if request.method == "POST" and form.is_valid():
        planned = None if "looked" in request.POST else _planned(campaign, form)
        if planned:
            return _ask_about(request, campaign, planned)
        if answer := _saved(request, campaign, form):
            return answer
    context = {"form": form, "campaign": campaign}
    return render(request, "campaigns/form.html", context, status=422 if form.errors else 200)


@may(Deed.CHANGE_ACCOUNTS)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """End a campaign with all its mailboxes, once their number is typed."""
    campaign, moment = _campaign(pk), now()
    form = EndCampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason, typed = form.cleaned_data["reason"], form.cleaned_data["number"]
            job = services.end_campaign(pk, reason=reason, typed=typed, by=actor(request), now=moment)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("“%(name)s” has ended.") % {"name": campaign.name})
            return go(request, _job_or(job, campaign))
    context = {"form": form, "campaign": campaign, "number": len(services.endable(campaign, moment))}
    return render(request, "campaigns/end.html", context, status=422 if form.errors else 200)


def _campaign(pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("profile"), pk=pk)


def _planned(campaign: Campaign, form: CampaignForm) -> Shifts | None:
    """Return what other dates would do; None where they move nobody, or are refused in a moment."""
    given, moment = form.arguments(), now()
    dates = Dates(given.get("starts_at", campaign.starts_at), given.get("ends_at", campaign.ends_at))
    if dates == campaign.dates:
        return None
    try:
        dates.agreed(moment, campaign.dates)
    except RuleBroken:
        return None
    return shifts(campaign, campaign.dates, dates, moment)


def _ask_about(request: StaffRequest, campaign: Campaign, planned: Shifts) -> HttpResponse:
    today = words.local_day(now())
    context = {
        "typed": typed(request.POST),
        "campaign": campaign,
        "planned": planned,
        "own": [(shift, words.last_day_words(shift.account.ends_at, today)) for shift in planned.own[:_TICKS_SHOWN]],
        "moving": [
            (shift.account, words.changes(shift.before, shift.after, today)) for shift in planned.moving[:_TICKS_SHOWN]
        ],
    }
    return render(request, "campaigns/dates.html", context)


def _saved(request: StaffRequest, campaign: Campaign, form: CampaignForm) -> HttpResponse | None:
    """Save the change; None where a rule said no, which the form then shows."""
    also = [int(pk) for pk in request.POST.getlist("also") if pk.isascii() and pk.isdigit() and len(pk) < 18]
    version = form.cleaned_data["version"]
    try:
        edited = services.edit_campaign(
            campaign.pk, **form.arguments(), also=also, expected_version=version, by=actor(request), now=now()
        )
    except (RuleBroken, SeveralRulesBroken) as rule:
        form.refuse(rule)
        if isinstance(rule, RuleBroken) and "version" in rule.values:
            form.renew(int(str(rule.values["version"])))
        return None
    if edited.job is None:
        messages.success(request, _("“%(name)s” is changed.") % {"name": edited.campaign.name})
    else:
        moving = edited.job.rows.exclude(status="skipped").count()
        said = ngettext("%(n)s mailbox moves with it.", "%(n)s mailboxes move with it.", moving)
        messages.success(request, said % {"n": moving})
    return go(request, _job_or(edited.job, edited.campaign))


def _job_or(job: Batch | None, campaign: Campaign) -> str:
    return reverse("accounts:job", args=[job.pk]) if job else reverse("campaigns:detail", args=[campaign.pk])
