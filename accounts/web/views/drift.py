"""Differences between the mail server and this panel: the list, and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.domain.drift import Remedy
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Deed
from accounts.queries import compared, drift, paging
from accounts.queries.sentences import explain
from accounts.services import adopting
from accounts.services import drift as services
from accounts.web.access import StaffRequest, actor, go, layout, may
from accounts.web.clock import now
from accounts.web.drift_forms import IN_BULK, FilterForm, ManyForm, TermsForm, WhyForm
from accounts.web.forms import PanelForm


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that can be done: how it is asked for, and what is so afterwards."""

    act: Callable[..., Any]
    name: Promise
    said: Promise


DECISIONS: dict[Remedy, Decision] = {
    Remedy.ADOPT: Decision(
        adopting.adopt, gettext_lazy("Take it in"), gettext_lazy("%(address)s is looked after from now on.")
    ),
    Remedy.LOCK: Decision(
        adopting.lock, gettext_lazy("Lock"), gettext_lazy("%(address)s is taken in suspended. The lock is on its way.")
    ),
    Remedy.MAKE_AGAIN: Decision(
        services.make_again, gettext_lazy("Make again"), gettext_lazy("%(address)s is being made again, empty.")
    ),
    Remedy.END: Decision(services.give_up, gettext_lazy("End"), gettext_lazy("%(address)s is given up.")),
    Remedy.PUT_RIGHT: Decision(
        services.put_right, gettext_lazy("Put right"), gettext_lazy("%(address)s is being put right.")
    ),
    Remedy.ACCEPT: Decision(
        services.accept, gettext_lazy("Accept"), gettext_lazy("The panel took over what the server has of %(address)s.")
    ),
    Remedy.IGNORE: Decision(
        services.ignore, gettext_lazy("Leave it"), gettext_lazy("%(address)s is left as it is, until it changes.")
    ),
}


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    """The list: cards, or one card where there are too many of a kind to be people's doing."""
    moment = now()
    kind, ignored = FilterForm(request.GET).wanted()
    counts = compared.counts()
    context = {
        "page": drift.cards(kind, ignored=ignored, cursor=_cursor(request), now=moment),
        "piles": [] if kind or ignored else compared.piles(counts),
        "counts": counts,
        "kinds": [(value.value, words, counts[value]) for value, words in compared.KINDS.items()],
        "kind": kind,
        "ignored": ignored,
        "open": sum(counts[value] for value in compared.KINDS),
        "compared": compared.compared(moment),
        "bulk": [(remedy, DECISIONS[remedy].name) for remedy in IN_BULK],
    }
    return render(request, "drift/list.html", context)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def compare(request: StaffRequest) -> HttpResponse:
    """Note that everything is to be compared; the worker does it."""
    services.ask_for_sync(by=actor(request), now=now())
    messages.success(request, _("All mailboxes are compared within half a minute. Load this page again then."))
    return redirect("drift:list")


@may(Deed.CHANGE_ACCOUNTS)
def decide(request: StaffRequest, pk: int, remedy: Remedy) -> HttpResponse:
    """Ask for what one decision needs, and carry it out."""
    card = drift.card(pk, now())
    if card is None:
        if not drift.was_seen(pk):
            raise Http404
        messages.warning(request, _("This difference is settled already."))
        return go(request, reverse("drift:list"))
    form = _form(request, card, remedy)
    if request.method == "POST" and form.is_valid():
        try:
            DECISIONS[remedy].act(pk, by=actor(request), now=now(), **_arguments(form))
        except (RuleBroken, SeveralRulesBroken) as rule:
            form.refuse(rule)
        else:
            messages.success(request, str(DECISIONS[remedy].said) % {"address": card.address})
            return go(request, reverse("drift:list"))
    context = {
        "card": card,
        "form": form,
        "remedy": remedy,
        "question": DECISIONS[remedy].name,
        "layout": layout(request),
    }
    return render(request, "drift/decide.html", context, status=422 if form.errors else 200)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def many(request: StaffRequest) -> HttpResponse:
    """Do one thing to all that are ticked, each for itself: one that cannot be done stops no other."""
    form = ManyForm(request.POST, offered=services.open_of(_numbers(request.POST.getlist("ids"))))
    if not form.is_valid():
        messages.warning(request, form.sentence())
        return redirect("drift:list")
    remedy, reason = Remedy(form.cleaned_data["remedy"]), form.cleaned_data["reason"]
    refused: list[str] = []
    for pk in form.cleaned_data["ids"]:
        try:
            DECISIONS[remedy].act(pk, by=actor(request), now=now(), reason=reason)
        except (RuleBroken, SeveralRulesBroken) as rule:
            refused.append(explain(rule))
    _tell(request, len(form.cleaned_data["ids"]) - len(refused), refused)
    return redirect("drift:list")


def _tell(request: StaffRequest, done: int, refused: list[str]) -> None:
    if done:
        said = ngettext("%(n)s difference is decided.", "%(n)s differences are decided.", done)
        messages.success(request, said % {"n": done})
    if refused:
        said = ngettext("%(n)s could not be: %(why)s", "%(n)s could not be: %(why)s", len(refused))
        messages.warning(request, said % {"n": len(refused), "why": " ".join(dict.fromkeys(refused))})


def _form(request: StaffRequest, card: drift.Card, remedy: Remedy) -> PanelForm:
    if remedy is Remedy.ADOPT and card.account_id is None:
        name = card.there_name or card.address.partition("@")[0]
        return TermsForm(request.POST or None, initial={"name": name})
    # A form without a field would never count as filled in, so a reason can be given for everything.
    data = request.POST if request.method == "POST" else None
    is_lock_taken_over = remedy is Remedy.ACCEPT and card.is_shut_there
    return WhyForm(data, needed=remedy in {Remedy.LOCK, Remedy.IGNORE} or is_lock_taken_over)


def _arguments(form: PanelForm) -> dict[str, Any]:
    assert isinstance(form, WhyForm | TermsForm)  # noqa: S101 - tells mypy what `_form` makes
    return form.arguments()


def _cursor(request: StaffRequest) -> paging.Cursor | None:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    return paging.Cursor.read(after or before, drift.FIRST_KEY, backwards=bool(before)) if after or before else None


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[: drift.SIZE * 10] if text.isascii() and text.isdigit() and len(text) < 19]
