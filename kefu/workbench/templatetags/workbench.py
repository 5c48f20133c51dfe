"""What the workbench's templates need besides Django's own: icons, numbers, times, the frame's figures."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kefu import security
from kefu.workbench import wording
from kefu.workbench.frame import Frame, frame_of
from kefu.workbench.once import new_ticket

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from static/icons.svg; decoration only, the words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def ticket() -> SafeString:
    """What a form carries so that it has one effect, however often it is sent."""
    return format_html('<input type="hidden" name="ticket" value="{}">', new_ticket())


@register.simple_tag(takes_context=True)
def frame(context: Context) -> Frame | None:
    """What the top bar, the views and the key strip show; None where nobody is signed in."""
    request = context.get("request")
    return frame_of(request) if request is not None else None


@register.filter
def waybill(number: str) -> SafeString:
    """Set in groups of four by margins, so that the text copies without spaces; the last takes the rest."""
    if not number:
        return SafeString("")
    head = len(number) - len(number) % 4
    groups = [number[i : i + 4] for i in range(0, head, 4)] or [""]
    groups[-1] += number[head:]
    rest = format_html_join("", "<i>{}</i>", ((group,) for group in groups[1:]))
    return format_html('<span class="wb">{}{}</span>', groups[0], rest)


@register.inclusion_tag("workbench/_countdown.html")
def countdown(
    due_at: datetime,
    now: datetime,
    *,
    soon: int = wording.SOON,
    size: str = "",
    name: str = "",
) -> dict[str, Any]:
    """A ticking countdown, painted by the server for the moment of the page; ``name`` is spoken when it falls due."""
    left = wording.seconds_left(due_at, now)
    return {
        "due_at": due_at,
        "late": left < 0,
        "soon_now": 0 <= left <= soon,
        "digits": wording.countdown_digits(abs(left)),
        "soon": soon,
        "size": size,
        "name": name,
    }


@register.filter
def moment(at: datetime | None, now: datetime) -> str:
    """When something happened, as short as it stays clear: 14:08, 昨 18:42, 11-18, 2025-11-18."""
    return wording.moment(at, now) if at else ""


@register.filter
def due(at: datetime, now: datetime) -> str:
    """When something is due: 14:30 截止, 明天 09:00, 今天 24:00, 11-25 24:00."""
    return wording.due(at, now)


@register.filter
def clock(at: datetime | None) -> str:
    """Time of day in Shanghai to the second."""
    return wording.clock(at) if at else ""


@register.filter
def stretch(length: timedelta | None) -> str:
    """A length of time in words: 12 分 32 秒."""
    return wording.stretch(length) if length is not None else ""


@register.filter
def grouped(figure: str) -> str:
    """A figure that is kept as text, its thousands apart; "" stays empty."""
    return f"{Decimal(figure):,}" if figure else ""


@register.filter
def yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


@register.simple_tag
def styled(field: BoundField) -> SafeString:
    """A field of somebody else's form, with our class on it."""
    checked = isinstance(field.field.widget, CheckboxInput)
    return field.as_widget(attrs={} if checked else {"class": "input"})


@register.simple_tag
def lock_rule() -> dict[str, int]:
    """When a sign-in is locked, for the page that asks for it: {"limit", "minutes"}."""
    return security.lock_rule()


@register.simple_tag
def page_texts() -> SafeString:
    """The words of the scripts, in the reader's language."""
    return json_script(
        {
            "left": _("剩"),
            "late": _("超时"),
            "days": _("{d} 天"),
            "days_hours": _("{d} 天 {h} 时"),
            "fell_due": _("{name} 已超时"),
            "arrived": _("新到：{number}"),
            "look": _("看"),
            "close": _("关闭"),
            "copied": _("已复制 {text}"),
            "chars": _("{n} 个字"),
            "sms": _("短信 {n} 字，按 {parts} 条计"),
            "draft_kept": _("草稿已存 {at}"),
            "signed_in_again": _("已重新登录，刚才的操作已继续。"),
            "sign_in_failed": _("没有登录成功，请核对后再试。"),
            "not_sent": _("没有发出：网络不通。你写的还在，恢复后再发。"),
            "send_again": _("再发一次"),
            "copy_mine": _("复制我写的"),
            "busy": _("正在取，已 {s} 秒"),
            "live_on": _("实时更新中"),
            "live_polling": _("每 5 秒更新"),
            "live_down": _("更新停了"),
            "resumed": _("{at} 已恢复，补到 {n} 条变化。"),
            "resumed_none": _("{at} 已恢复，断线时没有新的变化。"),
            "jump": _("还有 {n} 条，最新 {at} ↓"),
            "error_403": _("你没有做这件事的权限。什么都没有改动。"),
            "error_404": _("找不到这一条，可能已经转走或不归你看。"),
            "error_413": _("内容太大，没有收下。"),
            "error_429": _("太快了，稍等几秒再试。你写的还在。"),
            "error_503": _("系统暂时忙，没有收下。你写的还在，几秒后再试。"),
            "error_500": _("出错了，没有记上。你写的还在。编号 {id}，报修时提供。"),
        },
        "texts",
    )
