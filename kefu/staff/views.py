"""The pictures of those who answer online; the tour that an account is given once."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from kefu import clock
from kefu.staff.models import Avatar, User

A_YEAR = 365 * 24 * 3600  # seconds


@require_safe
@login_required
@cache_control(private=True, max_age=A_YEAR, immutable=True)  # under one address always one picture
def avatar(request: HttpRequest, pk: int) -> HttpResponse:
    """For people of the centre."""
    if request.user.role == User.Role.OUTLET:  # type: ignore[union-attr]  # signed in
        raise PermissionDenied
    found = get_object_or_404(Avatar, pk=pk)
    return HttpResponse(
        bytes(found.png), content_type="image/png", headers={"X-Content-Type-Options": "nosniff"}
    )


@require_POST
@login_required
def tour_seen(request: HttpRequest) -> HttpResponse:
    """Whoever ended the tour or skipped it is not given it again; an outlet's account as well."""
    user: Any = request.user
    User.objects.filter(pk=user.pk, tour_seen_at=None).update(tour_seen_at=clock.now())
    return HttpResponse(status=204)
