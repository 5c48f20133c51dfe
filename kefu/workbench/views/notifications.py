"""Notification settings: ways out of the house, quiet hours, what is told where."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kefu.errors import KefuError
from kefu.notifications import ways
from kefu.notifications.models import Channel, Preference
from kefu.notifications.services import channels
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.forms_notifications import ChannelForm, PreferenceForm
from kefu.workbench.frame import door_time


def _kept_by(user: Any) -> QuerySet[Channel]:
    departments = channels.departments_of(user)
    return (
        Channel.objects.filter(Q(user=user) | Q(department__in=departments), active=True)
        .select_related("department")
        .defer("sealed")
        .order_by("department", "kind")
    )


@require_http_methods(["GET", "POST"])
@desk_only
def settings(request: DeskRequest) -> HttpResponse:
    """Everybody's own page; a supervisor keeps his department's robots here, too."""
    user, saving = request.user, request.POST.get("save")
    preference = Preference.objects.filter(user=user).first()
    adding = ChannelForm(
        request.POST if saving == "channel" else None, departments=channels.departments_of(user)
    )
    hours = {
        name: getattr(preference, name, None) for name in ("quiet_from", "quiet_until", "digest_at")
    }
    chosen = PreferenceForm(
        request.POST if saving == "preference" else None,
        role=user.role,
        preference=preference,
        initial=hours,
    )
    if saving == "channel" and adding.is_valid():
        try:
            channels.add_channel(**adding.cleaned_data, actor=user, now=door_time(request))
        except KefuError as error:
            adding.refuse(error)
        else:
            messages.success(request, _("已登记，请发一条测试"))
            return redirect("workbench:notification_settings")
    if saving == "preference" and chosen.is_valid():
        channels.save_preference(
            user=user,
            **{name: chosen.cleaned_data[name] for name in hours},
            choices=chosen.choices(),
        )
        messages.success(request, _("已保存"))
        return redirect("workbench:notification_settings")
    context = {
        "channels": _kept_by(user),
        "adding": adding,
        "chosen": chosen,
        "browser_kinds": " ".join(
            kind
            for kind in chosen.kinds
            if ways.BROWSER in ways.ways_of(role=user.role, preference=preference, kind=kind)
        ),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/notification_settings.html", context, status=status)


@require_POST
@desk_only
def channel_step(request: DeskRequest, pk: int) -> HttpResponse:
    """Try a channel, or stop using it."""
    channel = get_object_or_404(_kept_by(request.user), pk=pk)
    try:
        if request.POST.get("do") == "remove":
            channels.remove_channel(channel=channel, actor=request.user)
            messages.success(request, _("已停用"))
        elif channels.try_channel(channel=channel, actor=request.user, now=door_time(request)):
            messages.error(request, _("没有发出：对方没有收下，请检查地址"))
        else:
            messages.success(request, _("测试通知已发出，请到那边看有没有收到"))
    except KefuError as error:
        messages.error(request, str(error))
    return redirect("workbench:notification_settings")
