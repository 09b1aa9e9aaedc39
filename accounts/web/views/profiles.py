"""Profiles: what new mailboxes get, and which that exist are taken along when one is changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Deed
from accounts.models import Profile
from accounts.queries import accounts
from accounts.queries import profiles as queries
from accounts.queries.gifts import given
from accounts.services import profile_checks
from accounts.services import profiles as services
from accounts.web.access import StaffRequest, actor, go, may
from accounts.web.campaign_forms import ProfileForm, typed
from accounts.web.clock import now


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "profiles/list.html", {"rows": queries.rows()})


@may(Deed.READ)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    profile = get_object_or_404(Profile.objects.select_related("domain"), pk=pk)
    context = {
        "profile": profile,
        "row": queries.one(profile),
        "domain": queries.domain_of(profile),
        "history": queries.history(profile, now()),
    }
    return render(request, "profiles/detail.html", context)


@may(Deed.CHANGE_PROFILES)
def new(request: StaffRequest) -> HttpResponse:
    form = _form(request, Profile())
    if request.method == "POST" and form.is_valid():
        try:
            profile = services.create_profile(**form.arguments(), by=actor(request), now=now())
        except SeveralRulesBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("The profile “%(name)s” is made.") % {"name": profile.name})
            return go(request, reverse("campaigns:profile", args=[profile.pk]))
    return render(request, "profiles/form.html", {"form": form}, status=422 if form.errors else 200)


@may(Deed.CHANGE_PROFILES)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a profile; where mailboxes have it as it was, first show them and ask whether they are meant too."""
    profile = get_object_or_404(Profile.objects.select_related("domain"), pk=pk)
    form = _form(request, profile)
    if request.method == "POST" and form.is_valid():
        choice = request.POST.get("existing", "")
        try:
            if not choice and (preview := _preview(pk, form)):
                context = {"typed": typed(request.POST), "profile": profile, "preview": preview}
                return render(request, "profiles/preview.html", context)
            return _saved(request, pk, form, also_existing=choice == "also")
        except (RuleBroken, SeveralRulesBroken) as rule:
            form.refuse(rule)
            if isinstance(rule, RuleBroken) and "version" in rule.values:
                form.renew(int(str(rule.values["version"])))
    return render(request, "profiles/form.html", {"form": form, "profile": profile}, status=422 if form.errors else 200)


@may(Deed.READ)
def example(request: StaffRequest) -> HttpResponse:
    """Say which address a pattern makes, while it is typed."""
    pattern, domain = request.GET.get("address_pattern", ""), request.GET.get("domain", "")
    known = domain if domain in accounts.domains() else queries.domain_of(Profile())
    return render(request, "profiles/_example.html", {"example": queries.example(pattern, known)})


def _form(request: StaffRequest, profile: Profile) -> ProfileForm:
    usual = queries.domain_of(Profile())
    return ProfileForm(request.POST or None, profile=profile, domains=accounts.domains(), usual_domain=usual)


def _preview(pk: int, form: ProfileForm) -> queries.Preview:
    """Foresee the change on a copy that is not saved.

    :raises SeveralRulesBroken: if it makes no sense
    """
    wanted = Profile.objects.get(pk=pk)
    before = given(wanted)
    details: Any = form.arguments()
    profile_checks.fill(wanted, details)
    return queries.preview(wanted, before, given(wanted), now())


def _saved(request: StaffRequest, pk: int, form: ProfileForm, *, also_existing: bool) -> HttpResponse:
    version = form.cleaned_data["version"]
    edited = services.edit_profile(
        pk,
        **form.arguments(),
        also_existing=also_existing,
        expected_version=version,
        by=actor(request),
        now=now(),
    )
    if edited.job is None:
        said = _("The profile “%(name)s” is changed, for new mailboxes.") % {"name": edited.profile.name}
        messages.success(request, said)
        return go(request, reverse("campaigns:profile", args=[pk]))
    taken = edited.job.rows.exclude(status="skipped").count()
    said = ngettext("%(n)s mailbox takes it over.", "%(n)s mailboxes take it over.", taken)
    messages.success(request, said % {"n": taken})
    return go(request, reverse("accounts:job", args=[edited.job.pk]))
