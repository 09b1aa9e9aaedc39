"""Signing out together with the provider: we tell it, or it tells us."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import provider
from accounts.domain.errors import RuleBroken
from accounts.domain.people import PROVIDER
from accounts.services import sessions
from accounts.web.access import actor, anyone
from accounts.web.clock import now
from accounts.web.limits import limited


def provider_sign_out(id_token: str) -> str:
    """Return where to sign out of the provider too, empty where that cannot be.

    Only at the provider's own origin: the page's policy lets a form lead nowhere else.
    """
    try:
        address = provider.endpoints().end_session
    except provider.ProviderError:
        return ""
    if not address or _origin(address) != _origin(settings.OIDC_ISSUER):
        return ""
    back = settings.PUBLIC_URL + reverse("sign-in")
    values = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "client_id": settings.OIDC_CLIENT_ID}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"


@csrf_exempt
@anyone
@require_POST
@limited("back-channel", times=600)
def back_channel(request: HttpRequest) -> HttpResponse:
    """The provider ended a session and says so, server to server (OpenID Connect Back-Channel Logout 1.0)."""
    if not settings.OIDC_ENABLED:
        raise Http404
    try:
        token = provider.read_logout_token(request.POST.get("logout_token"), now=now())
        sessions.end_by_provider(
            token_id=token.id,
            subject=token.subject,
            provider_session=token.session,
            issuer=settings.OIDC_ISSUER,
            by=actor(request, PROVIDER),
            now=now(),
        )
    except provider.ProviderError as error:
        return JsonResponse({"error": "invalid_request", "error_description": str(error)}, status=400)
    except RuleBroken:
        return JsonResponse({"error": "invalid_request", "error_description": "It was used before."}, status=400)
    return HttpResponse(status=200)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
