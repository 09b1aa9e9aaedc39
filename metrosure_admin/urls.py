"""The doors of the program."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from metrosure_admin import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.web.urls")),
    path("health", health.live, name="health"),
]

handler400 = "accounts.web.views.errors.not_understood"
handler403 = "accounts.web.views.errors.forbidden"
handler404 = "accounts.web.views.errors.not_found"
handler500 = "accounts.web.views.errors.broken"
