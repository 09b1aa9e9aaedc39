"""The list of accounts, and one account: open it, look at it, change its details."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Deed
from accounts.models import Account, Campaign
from accounts.queries import accounts as queries
from accounts.queries import asked, drift, events, mailserver, naming, views, words
from accounts.queries import detail as details
from accounts.services import accounts as services
from accounts.web.access import StaffRequest, actor, go, is_part, may
from accounts.web.account_forms import AccountForm, EditForm
from accounts.web.clock import now
from accounts.web.move_forms import MoveForm

_A_MOMENT = timedelta(minutes=10)


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    """The list: searched, filtered and sorted by what stands in the address."""
    moment, filters = now(), asked.read(request.META.get("QUERY_STRING", ""))
    cursor = filters.cursor(request.GET.get("after", ""), request.GET.get("before", ""))
    counts = queries.counts(moment)
    context = {
        "filters": filters,
        "query": asked.written(filters),
        "query_of_choice": asked.written(replace(filters, sort=queries.Sort.END, descending=False)),
        "page": queries.find(filters, cursor, moment),
        "counts": counts,
        "total": queries.total(filters, counts),
        "views": [(view, counts.of(view)) for view in queries.VIEWS],
        "own_views": views.own_views(request.user, filters, moment),
        "domains": queries.domains(),
        "state_choices": words.STATES.items(),
        "sizes": queries.SIZES,
    }
    return render(request, "accounts/list_part.html" if is_part(request, "list") else "accounts/list.html", context)


@may(Deed.READ)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    moment = now()
    subject = subject_or_404(pk)
    context = {
        "detail": details.detail(subject, moment),
        "subject": subject,
        "account": subject.account,
        "can": moves_of(request, subject),
        "difference": drift.of_account(pk, moment),
    }
    # While a change is on its way the page asks for this part again, until it is read back.
    template = "accounts/detail_part.html" if is_part(request, "proof") else "accounts/detail.html"
    return render(request, template, context)


@may(Deed.CHANGE_ACCOUNTS)
def new(request: StaffRequest) -> HttpResponse:
    """Open an account, and on wish make its first password."""
    domains = queries.domains()
    initial = _initial(domains, request.GET.get("campaign", ""))
    form = AccountForm(request.POST or None, domains=domains, profiles=queries.profiles(), initial=initial)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"]
        if twice := events.opened_just_now(address, request.user.get_username(), now() - _A_MOMENT):
            return render(request, "accounts/opened_already.html", {"subject": subject_or_404(twice)})
        if account := _created(request, form):
            return _opened(request, account, make_password=form.cleaned_data["make_password"])
    context = {"form": form, "domains": domains, "campaigns": queries.campaigns()}
    return render(request, "accounts/new.html", context, status=422 if form.errors else 200)


@may(Deed.CHANGE_ACCOUNTS)
def suggest(request: StaffRequest) -> HttpResponse:
    """Say which address a name would get, while it is typed."""
    asked = request.GET.get("address_1", "")
    domain = next((known for known in queries.domains() if known == asked), "")
    name, profile, campaign = (request.GET.get(key, "")[:120] for key in ("name", "profile", "campaign"))
    suggestion = naming.suggested(name, domain, naming.pattern_for(profile, campaign)) if domain else ""
    return render(request, "accounts/_suggestion.html", {"suggestion": suggestion, "domain": domain})


@may(Deed.CHANGE_ACCOUNTS)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change details; who comes second sees what the first one changed, and keeps what was typed."""
    subject = subject_or_404(pk)
    if Move.EDIT not in subject.moves:
        messages.warning(request, _("Only the record is left of this mailbox. It cannot be changed."))
        return go(request, reverse("accounts:detail", args=[pk]))
    form = EditForm(request.POST or None, initial=_details(subject.account))
    meanwhile: list[events.EventRow] = []
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_account(pk, by=actor(request), now=now(), **form.arguments())
        except (RuleBroken, SeveralRulesBroken) as rule:
            meanwhile = refuse(form, rule)
        else:
            messages.success(request, _("The details of %(name)s are changed.") % {"name": form.cleaned_data["name"]})
            return go(request, reverse("accounts:detail", args=[pk]))
    context = {"form": form, "subject": subject, "account": subject.account, "meanwhile": meanwhile}
    return render(request, "accounts/edit.html", context, status=422 if form.errors else 200)


def subject_or_404(pk: int) -> details.Subject:
    subject = details.subject(pk, now())
    if subject is None:
        raise Http404
    return subject


def moves_of(request: StaffRequest, subject: details.Subject) -> frozenset[Move]:
    """Return what this person can do to this account now; a page shows these and no others."""
    if not request.user.may(Deed.CHANGE_ACCOUNTS):
        return frozenset()
    return subject.moves if request.user.may(Deed.PURGE) else subject.moves - {Move.PURGE}


def refuse(form: EditForm | MoveForm, rule: RuleBroken | SeveralRulesBroken) -> list[events.EventRow]:
    """Show on the form what the service said no with; after a stale edit return what happened meanwhile."""
    form.refuse(rule)
    if isinstance(rule, SeveralRulesBroken) or rule.code != "edited_meanwhile":
        return []
    account = rule.values["account"]
    assert isinstance(account, Account)  # noqa: S101 - tells mypy what the service promises
    seen: int = form.cleaned_data["version"] or 0
    form.renew(account.version)
    return events.since_version(account, seen, now())


def _created(request: StaffRequest, form: AccountForm) -> Account | None:
    """Open the account; None where a rule or the mail server said no, which the form then shows."""
    try:
        arguments = form.arguments()
        if mailserver.address_taken(arguments["address"], now()):
            raise RuleBroken("address_on_server", field="address", address=arguments["address"])  # noqa: TRY301
        return services.create_account(**arguments, by=actor(request), now=now())
    except (RuleBroken, SeveralRulesBroken) as rule:
        form.refuse(rule)
        return None


def _opened(request: StaffRequest, account: Account, *, make_password: bool) -> HttpResponse:
    if make_password:
        password = services.set_password(account.pk, by=actor(request), now=now())
        context = {"account": account, "password": password, "is_new": True}
        return render(request, "accounts/password.html", context)
    messages.success(request, _("%(address)s is being set up.") % {"address": account.address})
    return go(request, reverse("accounts:detail", args=[account.pk]))


def _initial(domains: list[str], campaign: str) -> dict[str, object]:
    """Return what the form opens with; a link from a campaign brings its name, and its mail domain."""
    if not domains:
        return {}
    joined = Campaign.objects.select_related("profile__domain").filter(name=campaign[:120]).first()
    own = joined.profile.domain if joined and joined.profile else None
    usual = own.name if own else settings.DEFAULT_DOMAIN
    return {"address": f"@{usual if usual in domains else domains[0]}", "campaign": joined.name if joined else ""}


def _details(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "owner": account.owner,
        "purpose": account.purpose,
        "quota": account.quota,
        "aliases": "\n".join(details.aliases(account)),
        "note": account.note,
        "version": account.version,
    }
