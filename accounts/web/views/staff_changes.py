"""Changes of one person who may sign in: each a question that names its effect, and asks again who asks."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import Staff
from accounts.queries import staff as queries
from accounts.queries import words
from accounts.queries.reach import limits as limits_of
from accounts.services import factors, sessions
from accounts.services import staff as services
from accounts.web.access import StaffRequest, actor, go, layout, may
from accounts.web.clock import now
from accounts.web.forms import NoForm, PanelForm, ReasonForm
from accounts.web.kept import given_before
from accounts.web.staff_forms import EmailForm, LimitsForm, RoleForm
from accounts.web.step_up import confirmed
from accounts.web.views.staff import person_or_404


@may(Deed.CHANGE_STAFF)
@confirmed
def role(request: StaffRequest, pk: int) -> HttpResponse:
    person = person_or_404(pk)
    form = RoleForm(request.POST or None, initial={"role": person.role})

    def act() -> None:
        services.change_role(person.username, **form.cleaned_data, by=actor(request), now=now())

    return _ask(request, person, form, "staff/role.html", act, gettext_lazy("%(name)s has another role now."))


@may(Deed.CHANGE_STAFF)
@confirmed
def limits(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose the mail domains and campaigns that an operator looks after."""
    person = person_or_404(pk)
    # What was sent may be empty: that takes the limits away.
    form = LimitsForm(request.POST if request.method == "POST" else None, limits=limits_of(person))

    def act() -> None:
        services.limit_staff(person.username, **form.cleaned_data, by=actor(request), now=now())

    return _ask(request, person, form, "staff/limits.html", act, gettext_lazy("The limits of %(name)s are changed."))


@may(Deed.CHANGE_STAFF)
@confirmed
def email(request: StaffRequest, pk: int) -> HttpResponse:
    person = person_or_404(pk)
    # What was sent may be empty: that takes the address away.
    form = EmailForm(_sent(request), initial={"email": person.email})

    def act() -> None:
        services.change_email(person.username, **form.cleaned_data, by=actor(request), now=now())

    return _ask(request, person, form, "staff/email.html", act, gettext_lazy("The e-mail address is changed."))


@may(Deed.CHANGE_STAFF)
@confirmed
def deactivate(request: StaffRequest, pk: int) -> HttpResponse:
    person = person_or_404(pk)
    form = ReasonForm(request.POST or None)

    def act() -> None:
        services.deactivate(person.username, **form.cleaned_data, by=actor(request), now=now())

    said = gettext_lazy("%(name)s is signed out everywhere and can no longer sign in.")
    return _ask(request, person, form, "staff/deactivate.html", act, said)


@may(Deed.CHANGE_STAFF)
@confirmed
def activate(request: StaffRequest, pk: int) -> HttpResponse:
    person = person_or_404(pk)

    def act() -> None:
        services.activate(person.username, by=actor(request), now=now())

    said = gettext_lazy("%(name)s can sign in again.")
    return _ask(request, person, NoForm(_sent(request)), "staff/activate.html", act, said)


@may(Deed.CHANGE_STAFF)
@confirmed
def emergency_key(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the emergency key, or take it: whichever it is not now."""
    person = person_or_404(pk)
    gives = not person.is_local

    def act() -> str:
        return services.mark_local(person.username, is_local=gives, by=actor(request), now=now())[1]

    has = gettext_lazy("%(name)s has the emergency key.")
    said = has if gives else gettext_lazy("%(name)s has no emergency key any more.")
    return _ask(request, person, NoForm(_sent(request)), "staff/emergency_key.html", act, said)


@may(Deed.CHANGE_STAFF)
@confirmed
def reset_factor(request: StaffRequest, pk: int) -> HttpResponse:
    person = person_or_404(pk)

    def act() -> None:
        factors.reset_factor(person.username, by=actor(request), now=now())

    said = gettext_lazy("The second factor of %(name)s is taken away. A new one is set up at the next sign-in.")
    return _ask(request, person, NoForm(_sent(request)), "staff/reset_factor.html", act, said)


@may(Deed.CHANGE_STAFF)
@confirmed
def end_session(request: StaffRequest, pk: int, session: int) -> HttpResponse:
    """Sign a person out of one browser."""
    person = person_or_404(pk)
    found = queries.session_of(person, session)
    if found is None:
        raise Http404

    def act() -> None:
        sessions.end_session(session, by=actor(request), now=now())

    said = gettext_lazy("%(name)s is signed out there.")
    return _ask(request, person, NoForm(_sent(request)), "staff/end_session.html", act, said, device=found.device)


@may(Deed.CHANGE_STAFF)
@confirmed
def end_sessions(request: StaffRequest, pk: int) -> HttpResponse:
    """Sign a person out of every browser but the one that asks."""
    person = person_or_404(pk)

    def act() -> None:
        keep = request.session.session_key or ""
        sessions.end_sessions_of(person, by=actor(request), now=now(), keep=keep)

    said = gettext_lazy("%(name)s is signed out everywhere else.")
    said = said if person == request.user else gettext_lazy("%(name)s is signed out everywhere.")
    return _ask(request, person, NoForm(_sent(request)), "staff/end_sessions.html", act, said)


def _sent(request: StaffRequest) -> dict[str, str] | None:
    """Return what was sent to a form that may be sent empty."""
    return request.POST.dict() if request.method == "POST" else None


def _ask(
    request: StaffRequest,
    person: Staff,
    form: PanelForm,
    template: str,
    act: Callable[[], str | None],
    said: Promise,
    **context: str,
) -> HttpResponse:
    """Ask, do it, and lead back; a one-time password that came of it is shown first."""
    form.refill(given_before(request))
    if request.method == "POST" and form.is_valid():
        try:
            password = act()
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            return _done(request, person, password, said)
    shown = {
        "form": form,
        "person": person,
        "layout": layout(request),
        "role_words": words.ROLES[person.role],
        "by_company": settings.OIDC_ENABLED,
        **context,
    }
    return render(request, template, shown, status=422 if form.errors else 200)


def _done(request: StaffRequest, person: Staff, password: str | None, said: Promise) -> HttpResponse:
    if password:
        context = {"person": person, "password": password, "layout": layout(request)}
        return render(request, "staff/password.html", context)
    messages.success(request, str(said) % {"name": person.shown_name})
    return go(request, reverse("staff:detail", args=[person.pk]))
