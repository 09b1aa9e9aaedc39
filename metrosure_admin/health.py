"""Whether this process lives, for whoever restarts it; it asks nobody else."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view
    return JsonResponse({"status": "ok"})
