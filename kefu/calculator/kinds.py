"""The kinds of decisions by subject, and how they are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from kefu.calculator import words
from kefu.calculator.shapes import shape_of
from kefu.policy import calculations
from kefu.policy.calculation import Calculation
from kefu.policy.clauses import is_chinese

# A subject by one of its kinds: policy lists them together and gives the list no name.
SUBJECTS: Mapping[str, Any] = {
    "reply": gettext_lazy("时限与日历"),
    "month_score": pgettext_lazy("calculator", "评分"),
    "overtime": gettext_lazy("考勤"),
    "payslip": gettext_lazy("工资与奖励"),
    "penalty": pgettext_lazy("calculator", "处罚"),
    "compensation": gettext_lazy("赔付与责任"),
    "air_return": gettext_lazy("费用"),
    "form": gettext_lazy("表单、流程与权限"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    title: str
    facts: str  # what it asks for first


def calculation(name: str) -> Calculation:
    """Raises KeyError for a kind there is not."""
    return calculations.calculation(name)


def title(one: Calculation) -> str:
    return one.title.zh if is_chinese(words.language()) else one.title.en


def groups(text: str = "") -> list[tuple[str, list[Kind]]]:
    """The kinds that hold every word of ``text`` in either language, by subject."""
    wanted = text.lower().split()
    found = []
    for subject in calculations.SUBJECTS:
        named = (SUBJECTS[one.name] for one in subject if one.name in SUBJECTS)
        name = str(next(named, pgettext_lazy("calculator", "其他")))
        rows = [_kind(one) for one in subject if _holds(one, name, wanted)]
        if rows:
            found.append((name, rows))
    return found


def _holds(one: Calculation, subject: str, wanted: list[str]) -> bool:
    properties = one.schema().get("properties", {})
    told = [part.get(tongue, "") for part in properties.values() for tongue in ("zh", "en")]
    said = " ".join([one.name, *one.title, subject, *map(str, told)]).lower()
    return all(word in said for word in wanted)


def _kind(one: Calculation) -> Kind:
    parts = sorted(shape_of(one).parts, key=lambda part: not part.required)
    return Kind(one.name, title(one), " · ".join(words.label(part) for part in parts[:3]))
