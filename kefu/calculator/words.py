"""What facts, values and units are called, in the reader's language.

A model says what its facts are called; a rulebook's names have their words in policy and in the
office's terms. Only what neither of them says stands here.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from kefu.calculator.shapes import Shape
from kefu.policy.clauses import is_chinese
from kefu.policy.vocabulary import CHINESE, word
from kefu.policy.wording import WORDS
from kefu.rulebooks import wording

UNITS: Mapping[str, Any] = {
    "yuan": gettext_lazy("元"),
    "hours": gettext_lazy("小时"),
    "hour": gettext_lazy("小时"),
    "h": gettext_lazy("小时"),
    "days": pgettext_lazy("unit", "天"),
    "day": pgettext_lazy("unit", "天"),
    "d": pgettext_lazy("unit", "天"),
    "minutes": gettext_lazy("分钟"),
    "min": gettext_lazy("分钟"),
    "months": gettext_lazy("个月"),
    "kg": gettext_lazy("公斤"),
    "m³": gettext_lazy("立方米"),
    "points": pgettext_lazy("unit", "分"),
    "%": "%",
}
# Facts whose model gives them no words, by their name; what stands in an entry's two halves.
LABELS: Mapping[str, Any] = {
    "amount": gettext_lazy("数额"),
    "clause": gettext_lazy("条款"),
    "closes": gettext_lazy("结束"),
    "days_off": gettext_lazy("调休放假日"),
    "department": pgettext_lazy("calculator", "部门"),
    "edition": gettext_lazy("版本名"),
    "key": pgettext_lazy("calculator", "名称"),
    "like": gettext_lazy("按周几的时段（周一为 1）"),
    "make_up": gettext_lazy("调休上班日"),
    "of": pgettext_lazy("calculator", "事项"),
    "on": pgettext_lazy("calculator", "日期"),
    "opens": gettext_lazy("开始"),
    "other": gettext_lazy("另一类事项"),
    "points": pgettext_lazy("calculator", "分数"),
    "statutory_holidays": gettext_lazy("法定节假日"),
    "value": pgettext_lazy("calculator", "取值"),
    "week": gettext_lazy("每周工作时段"),
    "years": gettext_lazy("排定的年份"),
}
# Values that have other words here than elsewhere, by the name of their fact.
VALUES_OF: Mapping[tuple[str, str], Any] = {
    ("desks", "outbound"): gettext_lazy("出港"),
    ("event", "damage"): gettext_lazy("破损"),
    ("event", "delay"): gettext_lazy("延误"),
    ("event", "loss"): gettext_lazy("遗失"),
    ("claim_type", "damage"): gettext_lazy("破损"),
    ("claim_type", "delay"): gettext_lazy("延误"),
    ("claim_type", "loss"): gettext_lazy("遗失"),
    ("day_type", "calendar"): gettext_lazy("日历日"),
    ("day_type", "working"): gettext_lazy("工作日"),
    ("settle", "pay"): gettext_lazy("付工资"),
    ("settle", "time_off"): gettext_lazy("补休"),
    ("payment", "collect"): gettext_lazy("到付"),
    ("payment", "monthly"): gettext_lazy("月结"),
    ("payment", "prepaid"): gettext_lazy("寄付现结"),
    ("department", "query"): gettext_lazy("查询部"),
    ("department", "business"): gettext_lazy("业务部"),
    ("department", "on_site"): gettext_lazy("驻点部"),
    ("department", "report"): gettext_lazy("报告部"),
    ("department", "processing"): gettext_lazy("处理部"),
    ("department", "front"): gettext_lazy("前台"),
    ("department", "warehouse"): gettext_lazy("仓库管理办公室"),
    ("message", "first"): gettext_lazy("首条"),
    ("message", "later"): gettext_lazy("后续"),
    ("form", "money"): gettext_lazy("现金"),
    ("form", "coupon"): gettext_lazy("优惠券"),
    ("state", "applies"): gettext_lazy("适用"),
    ("state", "open"): gettext_lazy("还缺依据"),
    ("state", "does_not_apply"): gettext_lazy("不适用"),
    ("kind", "fine"): gettext_lazy("罚款"),
    ("kind", "points"): gettext_lazy("扣分"),
    ("kind", "measure"): pgettext_lazy("calculator", "处理"),
    ("every", "day"): gettext_lazy("每天"),
    ("every", "week"): gettext_lazy("每周"),
    ("every", "month"): gettext_lazy("每月"),
    ("every", "quarter"): gettext_lazy("每季度"),
    ("every", "year"): gettext_lazy("每年"),
    ("every", "occasion"): gettext_lazy("每有事由"),
    ("every", "request"): gettext_lazy("应要求"),
    ("done_by", "check"): gettext_lazy("核对"),
    ("done_by", "issue"): gettext_lazy("发出"),
    ("done_by", "prepare"): gettext_lazy("编制"),
    ("done_by", "review"): gettext_lazy("审阅"),
    ("done_by", "submit"): gettext_lazy("上报"),
}
# Under which names policy's sentences have the words of a fact or of something that came out.
SAID_AS: Mapping[str, tuple[str, ...]] = {
    "advances": ("who",),
    "attendance": ("event",),
    "bears": ("who",),
    "complaint": ("cause",),
    "desk_metrics": ("metric",),
    "established": ("fact",),
    "events": ("event",),
    "evidence": ("fact",),
    "forfeited": ("part",),
    "grade": ("grade",),
    "history": ("fact",),
    "hours": ("hours_of",),
    "judged": ("rating",),
    "key": ("metric", "rating", "event", "leave", "role", "fact"),
    "kind": ("deduction",),
    "leave_shares": ("leave",),
    "measured": ("metric",),
    "measures": ("measure",),
    "metrics": ("metric",),
    "missing": ("fact",),
    "name": ("metric", "rating", "event", "leave", "role", "fact"),
    "numbers": ("fact",),
    "of": ("fact",),
    "parties": ("role",),
    "pays_back": ("who",),
}
WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


def language() -> str:
    return get_language() or "zh-hans"


def label(shape: Shape) -> str:
    """What a fact is called: by its model, else here or in the office's terms, else its name."""
    own = shape.zh if is_chinese(language()) else shape.en
    if own:
        return own
    if shape.name in LABELS:
        return str(LABELS[shape.name])
    return wording.setting(shape.name)


def unit(shape: Shape) -> str:
    return str(UNITS.get(shape.unit, shape.unit))


def row_label(shape: Shape, position: int) -> str:
    """What one of a fixed number of rows is called."""
    if shape.least == len(WEEKDAYS):
        return str(WEEKDAYS[position])
    return str(position + 1)


def yes_no(*, yes: bool) -> str:
    return _("是") if yes else _("否")


def value(name: str, code: str, *, otherwise: str = "") -> str:
    """A name of the rulebook or one of a fixed choice, in words; ``otherwise``: where it has none."""
    if (name, code) in VALUES_OF:
        return str(VALUES_OF[name, code])
    for said_as in (name, *SAID_AS.get(name, ())):
        if both := WORDS.get(f"{said_as}.{code}"):
            return both.zh if is_chinese(language()) else both.en
    if code in CHINESE:
        return word(code, language())
    found = wording.value_in_words(name, code)
    return found if found != wording.readable(code) else otherwise or found
