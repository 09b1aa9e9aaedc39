from __future__ import annotations

from django.urls import include, path

from accounts.domain.drift import Remedy
from accounts.services.shared import Sharing
from accounts.web.oidc import ending
from accounts.web.oidc import views as oidc
from accounts.web.views import (
    accounts,
    adoption,
    audit,
    bulk,
    campaigns,
    changes,
    dashboard,
    dns,
    domains,
    drift,
    exports,
    flow,
    imports,
    jobs,
    keys,
    letting_through,
    machines,
    moves,
    panel_settings,
    profiles,
    proving,
    purges,
    queue,
    saved,
    sharing,
    signing,
    staff,
    staff_changes,
    tokens,
)

of_accounts = (
    [
        path("", accounts.index, name="list"),
        path("new/", accounts.new, name="new"),
        path("new/address/", accounts.suggest, name="suggest"),
        path("purges/", purges.confirm, name="purges"),
        path("bulk/<str:change>/", bulk.ask, name="bulk"),
        path("jobs/<int:pk>/", jobs.show, name="job"),
        path("jobs/<int:pk>/start/", jobs.start, name="job-start"),
        path("jobs/<int:pk>/stop/", jobs.stop, name="job-stop"),
        path("jobs/<int:pk>/retry/", jobs.retry, name="job-retry"),
        path("jobs/<int:pk>/report.csv", jobs.report, name="job-report"),
        path("views/save/", saved.save, name="view-save"),
        path("views/<int:pk>/", saved.change, name="view"),
        path("views/<int:pk>/delete/", saved.delete, name="view-delete"),
        path("mailboxes.csv", exports.csv, name="export-csv"),
        path("mailboxes.xlsx", exports.xlsx, name="export-xlsx"),
        path("<int:pk>/", accounts.detail, name="detail"),
        path("<int:pk>/edit/", accounts.edit, name="edit"),
        path("<int:pk>/flow/", flow.of_account, name="flow"),
        path("<int:pk>/extend/", moves.extend, name="extend"),
        path("<int:pk>/follow/", moves.follow, name="follow"),
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
of_campaigns = (
    [
        path("", campaigns.index, name="list"),
        path("new/", campaigns.new, name="new"),
        path("<int:pk>/", campaigns.detail, name="detail"),
        path("<int:pk>/edit/", campaigns.edit, name="edit"),
        path("<int:pk>/end/", campaigns.end, name="end"),
        path("profiles/", profiles.index, name="profiles"),
        path("profiles/new/", profiles.new, name="new-profile"),
        path("profiles/new/address/", profiles.example, name="example"),
        path("profiles/<int:pk>/", profiles.detail, name="profile"),
        path("profiles/<int:pk>/edit/", profiles.edit, name="edit-profile"),
    ],
    "campaigns",
)
of_domains = (
    [
        path("", domains.index, name="list"),
        path("new/", domains.new, name="new"),
        path("operations/<uuid:operation>/retry/", domains.retry, name="retry"),
        path("<int:pk>/flow/", flow.of_domain, name="flow"),
        path("<int:pk>/sheet/", letting_through.sheet, name="sheet"),
        path("<int:pk>/sheet.txt", letting_through.text, name="sheet-text"),
        path("<int:pk>/", domains.detail, name="detail"),
        path("<int:pk>/describe/", domains.describe, name="describe"),
        path("<int:pk>/catch-all/", domains.catch_all, name="catch-all"),
        path("<int:pk>/delete/", domains.delete, name="delete"),
        path("<int:pk>/keys/new/", keys.new, name="new-key"),
        path("<int:pk>/keys/policy/", keys.policy, name="key-policy"),
        path("<int:pk>/keys/compromised/", keys.compromised, name="key-compromised"),
        path("<int:pk>/keys/<int:rotation>/check/", keys.check, name="check-key"),
        path("<int:pk>/keys/<int:rotation>/switch/", keys.switch, name="switch-key"),
        path("<int:pk>/keys/<int:rotation>/abandon/", keys.abandon, name="abandon-key"),
        path("<int:pk>/dns/", dns.page, name="dns"),
        path("<int:pk>/dns/zone/", dns.zone, name="dns-zone"),
        path("<int:pk>/dns/check/", dns.check, name="dns-check"),
    ],
    "domains",
)
of_addresses = (
    [
        path("", sharing.index, name="list"),
        path("groups/new/", sharing.new, {"kind": Sharing.GROUP}, name="new-group"),
        path("groups/<str:address>/", sharing.detail, {"kind": Sharing.GROUP}, name="group"),
        path("groups/<str:address>/change/", sharing.change, {"kind": Sharing.GROUP}, name="change-group"),
        path("groups/<str:address>/delete/", sharing.delete, {"kind": Sharing.GROUP}, name="delete-group"),
        path("lists/new/", sharing.new, {"kind": Sharing.LIST}, name="new-list"),
        path("lists/<str:address>/", sharing.detail, {"kind": Sharing.LIST}, name="list-detail"),
        path("lists/<str:address>/change/", sharing.change, {"kind": Sharing.LIST}, name="change-list"),
        path("lists/<str:address>/delete/", sharing.delete, {"kind": Sharing.LIST}, name="delete-list"),
        path("blocked/", sharing.blocked_addresses, name="blocked"),
        path("blocked/new/", sharing.block, name="block"),
        path("blocked/release/", sharing.release, name="release"),
        path("operations/<uuid:operation>/retry/", sharing.retry, name="retry"),
        path("operations/<uuid:operation>/leave/", sharing.leave, name="leave"),
    ],
    "addresses",
)
of_queue = (
    [
        path("", queue.index, name="list"),
        path("cancel/", queue.cancel, name="cancel"),
        path("retry/", queue.retry, name="retry"),
        path("retry/all/", queue.retry_all, name="retry-all"),
        path("messages/<slug:message>/", queue.detail, name="detail"),
        path("operations/<uuid:operation>/again/", queue.again, name="again"),
        path("operations/<uuid:operation>/leave/", queue.leave, name="leave"),
    ],
    "queue",
)
of_imports = (
    [
        path("", imports.index, name="list"),
        path("new/", imports.new, name="new"),
        path("help/", imports.explain_lists, name="help"),
        path("<int:pk>/", imports.detail, name="detail"),
        path("<int:pk>/columns/", imports.columns, name="columns"),
        path("<int:pk>/options/", imports.options, name="options"),
        path("<int:pk>/rows/<int:number>/", imports.mend, name="mend"),
        path("<int:pk>/start/", imports.start, name="start"),
        path("<int:pk>/not-done.csv", imports.not_done, name="not-done"),
        path("jobs/<int:pk>/", imports.job, name="job"),
        path("<int:pk>/throw-away/", imports.throw_away, name="throw-away"),
    ],
    "imports",
)
of_drift = (
    [
        path("", drift.index, name="list"),
        path("compare/", drift.compare, name="compare"),
        path("many/", drift.many, name="many"),
        path("take-in/", adoption.adoption, name="adoption"),
        *(
            path(f"<int:pk>/{remedy.replace('_', '-')}/", drift.decide, {"remedy": remedy}, name=remedy.value)
            for remedy in Remedy
        ),
    ],
    "drift",
)
of_changes = (
    [
        path("", changes.index, name="list"),
        path("hurry/", changes.hurry, name="hurry"),
        path("<uuid:operation>/cancel/", changes.cancel, name="cancel"),
    ],
    "changes",
)
of_staff = (
    [
        path("", staff.index, name="list"),
        path("new/", staff.new, name="new"),
        path("roles/", staff.roles, name="roles"),
        path("<int:pk>/", staff.detail, name="detail"),
        path("<int:pk>/role/", staff_changes.role, name="role"),
        path("<int:pk>/limits/", staff_changes.limits, name="limits"),
        path("<int:pk>/email/", staff_changes.email, name="email"),
        path("<int:pk>/deactivate/", staff_changes.deactivate, name="deactivate"),
        path("<int:pk>/activate/", staff_changes.activate, name="activate"),
        path("<int:pk>/emergency-key/", staff_changes.emergency_key, name="emergency-key"),
        path("<int:pk>/reset-factor/", staff_changes.reset_factor, name="reset-factor"),
        path("<int:pk>/sessions/end/", staff_changes.end_sessions, name="end-sessions"),
        path("<int:pk>/sessions/<int:session>/end/", staff_changes.end_session, name="end-session"),
        path("<int:pk>/tokens/<int:token>/revoke/", tokens.revoke_of, name="revoke-token"),
    ],
    "staff",
)
of_tokens = (
    [
        path("", tokens.index, name="list"),
        path("new/", tokens.new, name="new"),
        path("<int:token>/revoke/", tokens.revoke, name="revoke"),
    ],
    "tokens",
)
of_the_log = (
    [
        path("", audit.index, name="list"),
        path("export/", audit.export, name="export"),
        path("log.csv", audit.export_csv, name="export-csv"),
        path("log.jsonl", audit.export_jsonl, name="export-jsonl"),
    ],
    "audit",
)
of_settings = (
    [
        path("", panel_settings.index, name="list"),
        path("connection/try/", panel_settings.try_connection, name="try-connection"),
    ],
    "settings",
)
of_the_provider = (
    [
        path("sign-in/", oidc.begin, name="begin"),
        path("callback/", oidc.callback, name="callback"),
        path("backchannel-logout/", ending.back_channel, name="back-channel"),
    ],
    "oidc",
)

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("accounts/", include(of_accounts)),
    path("addresses/", include(of_addresses)),
    path("imports/", include(of_imports)),
    path("audit/", include(of_the_log)),
    path("campaigns/", include(of_campaigns)),
    path("changes/", include(of_changes)),
    path("domains/", include(of_domains)),
    path("drift/", include(of_drift)),
    path("queue/", include(of_queue)),
    path("settings/", include(of_settings)),
    path("staff/", include(of_staff)),
    path("tokens/", include(of_tokens)),
    path("health/detailed", machines.detailed, name="health-detailed"),
    path("metrics", machines.numbers, name="metrics"),
    path("oidc/", include(of_the_provider)),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-in/code/", signing.code, name="sign-in-code"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("password/", signing.own_password, name="own-password"),
    path("second-factor/", proving.second_factor, name="second-factor"),
    path("step-up/", proving.step_up, name="step-up"),
    path("resume/", proving.resume, name="resume"),
    path("theme/", signing.theme, name="theme"),
]
