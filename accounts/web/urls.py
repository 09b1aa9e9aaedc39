from __future__ import annotations

from django.urls import include, path

from accounts.web.views import accounts, audit, dashboard, dns, domains, moves, purges, signing

of_accounts = (
    [
        path("", accounts.index, name="list"),
        path("new/", accounts.new, name="new"),
        path("new/address/", accounts.suggest, name="suggest"),
        path("purges/", purges.confirm, name="purges"),
        path("<int:pk>/", accounts.detail, name="detail"),
        path("<int:pk>/edit/", accounts.edit, name="edit"),
        path("<int:pk>/extend/", moves.extend, name="extend"),
        path("<int:pk>/suspend/", moves.suspend, name="suspend"),
        path("<int:pk>/reinstate/", moves.reinstate, name="reinstate"),
        path("<int:pk>/end/", moves.end, name="end"),
        path("<int:pk>/purge/", moves.purge, name="purge"),
        path("<int:pk>/hold/", moves.hold, name="hold"),
        path("<int:pk>/release/", moves.release, name="release"),
        path("<int:pk>/password/", moves.password, name="password"),
        path("<int:pk>/check/", moves.check, name="check"),
        path("<int:pk>/operations/<uuid:operation>/retry/", moves.retry, name="retry"),
    ],
    "accounts",
)
of_domains = (
    [
        path("", domains.index, name="list"),
        path("new/", domains.new, name="new"),
        path("operations/<uuid:operation>/retry/", domains.retry, name="retry"),
        path("<int:pk>/dns/", dns.page, name="dns"),
        path("<int:pk>/dns/zone/", dns.zone, name="dns-zone"),
        path("<int:pk>/dns/check/", dns.check, name="dns-check"),
    ],
    "domains",
)
of_the_log = ([path("", audit.index, name="list")], "audit")

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("accounts/", include(of_accounts)),
    path("audit/", include(of_the_log)),
    path("domains/", include(of_domains)),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("password/", signing.own_password, name="own-password"),
    path("theme/", signing.theme, name="theme"),
]
