"""How long things are kept and what became of them, in the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from kefu.retention.due import Period
from kefu.retention.models import Sort, Unit

OUTCOMES = {
    "found": gettext_lazy("找到"),
    "copied": gettext_lazy("已复制"),
    "corrected": gettext_lazy("已更正"),
    "destroyed": pgettext_lazy("personal data", "删除"),
    "restricted": gettext_lazy("限制使用"),
    "left": gettext_lazy("不动"),
}
WHY = {
    "over": gettext_lazy("保存期已满"),
    "no_clause": gettext_lazy("没有规章要求留存"),
    "has_to_be_kept": gettext_lazy("规章要求留存：只保存，不再显示、查看和导出"),
    "other_side": gettext_lazy("运单另一方没有要求：只去掉本人一方"),
    "in_use": gettext_lazy("未结案、有异议在审议或已暂缓：办完后再提"),
    "not_ours": gettext_lazy("运单照原样保存，由填写的网点更正"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a request as it is told."""

    unit: str
    label: str
    kind: str
    outcome: str
    why: str
    clause: str
    until: str


def line(one: dict[str, Any]) -> Line:
    return Line(
        unit=str(Unit(one["unit"]).label),
        label=one["label"],
        kind=str(Sort(one["kind"]).label) if one.get("kind") else "",
        outcome=str(OUTCOMES.get(one["outcome"], one["outcome"])),
        why=str(WHY.get(one.get("why", ""), "")),
        clause=one.get("clause", ""),
        until=one.get("until", ""),
    )


def kept(period: Period) -> str:
    n = period.keep
    return {
        "days": ngettext("%d 天", "%d 天", n),
        "months": ngettext("%d 个月", "%d 个月", n),
        "years": ngettext("%d 年", "%d 年", n),
    }.get(period.keep_unit, _("%d 天")) % n
