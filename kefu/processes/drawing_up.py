"""A supervisor's own process, from what is written in the rows of the editor to a plan, and back.

Fields are written one a line: what is asked for and, after a colon, its sort or the words to choose from. Outcomes
too: where one sends the work back, an arrow names the step.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu import punctuation
from kefu.errors import KefuError
from kefu.policy.plans import MOST_STEPS, Asked, Plan, PlanStep, Unfit, WorkHours
from kefu.processes.selectors import language

MOST_FIELDS = 20  # of a step
HUNDREDTH = Decimal("0.01")  # of an hour: fine enough that every minute comes back as it was
SORTS = (
    (("文字", "text"), {"type": "text"}),
    (("姓名", "name"), {"type": "person"}),
    (("电话", "phone"), {"type": "phone"}),
    (("日期", "date"), {"type": "date"}),
    (("将来日期", "date ahead"), {"type": "date", "ahead": True}),
    (("时间", "time"), {"type": "moment"}),
    (("将来时间", "time ahead"), {"type": "moment", "ahead": True}),
    (("金额", "amount"), {"type": "money"}),
    (("勾选", "tick"), {"type": "tick"}),
    (("运单", "waybill"), {"type": "waybill"}),
    (("照片", "photo"), {"type": "photo"}),
)
OPTIONAL = ("选填", "optional")
_COLON, _ARROW, _SLASH = re.compile(r"[:：]"), re.compile(r"→|->"), re.compile(r"[/、／]")
_MARK = re.compile(r"[（(]\s*(选填|optional)\s*[)）]\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of the editor. ``hours``: how long it may take, None for as long as it needs; ``after``: the row
    whose doer may not do this one, 0 for none.
    """

    name: str
    by: str = ""
    hours: Decimal | None = None
    working: bool = False
    fields: str = ""
    outcomes: str = ""
    blocks: bool = True
    other_than: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole editor. ``warn_minutes``: how long before a step is due its owner is told; ``order_state``: what an
    order is in while it runs.
    """

    name: str
    kinds: Sequence[str]
    rows: Sequence[StepRow]
    opens: str = "08:30"
    closes: str = "17:30"
    days: Sequence[int] = (1, 2, 3, 4, 5, 6, 7)
    warn_minutes: int | None = None
    order_state: str = ""


def plan_of(sheet: Sheet, code: str) -> Plan:
    """Return the plan that is written there. Raises KefuError naming the field, such as ``steps-2-fields``."""
    rows = list(sheet.rows)
    if not rows:
        raise KefuError(_("至少写一步"), code="no_steps", field="steps-0-name")
    if len(rows) > MOST_STEPS:
        raise KefuError(_("最多 %(n)d 步") % {"n": MOST_STEPS}, code="too_many_steps", field="name")
    names = [row.name for row in rows]
    says: dict[str, tuple[str, str]] = {}
    asks: dict[str, dict[str, Any]] = {}
    steps = []
    for place, row in enumerate(rows):
        if names.index(row.name) < place:
            _refuse(place, "name", _("有两步都叫“%(name)s”") % {"name": row.name}, "step_twice")
        steps.append(_step(sheet, place, row, names, says, asks))
    hours = None
    if any(row.working for row in rows):
        hours = _hours(sheet)
    content: dict[str, Any] = {
        "code": code,
        "zh": sheet.name,
        "en": sheet.name,
        "kinds": list(sheet.kinds),
        "steps": steps,
        "says": says,
        "asks": asks,
        "hours": hours,
        "order_states": {sheet.order_state: {}} if sheet.order_state else {},
    }
    try:
        return Plan.read(content)
    except Unfit as error:
        why = next(iter(error.faults.values()))
        raise KefuError(why.said(language()), code="unfit_plan", field="name") from error


def _refuse(place: int, column: str, words: str, code: str) -> None:
    raise KefuError(words, code=code, field=f"steps-{place}-{column}")


def _hours(sheet: Sheet) -> dict[str, Any]:
    if not sheet.days:
        raise KefuError(_("请选哪几天上班"), code="field_required", field="days")
    if sheet.closes <= sheet.opens:
        raise KefuError(_("下班要晚于上班"), code="closes_before_opening", field="closes")
    hours = {"opens": sheet.opens, "closes": sheet.closes, "days": sorted(sheet.days)}
    WorkHours.model_validate(hours)
    return hours


def _step(
    sheet: Sheet,
    place: int,
    row: StepRow,
    names: Sequence[str],
    says: dict[str, tuple[str, str]],
    asks: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    minutes = None
    if row.hours is not None:
        minutes = int((row.hours * 60).to_integral_value(ROUND_HALF_UP))
        if not 1 <= minutes <= 100_000:
            _refuse(place, "hours", _("时限要在 1 分钟到 1,600 小时之间"), "bad_hours")
    elif row.working:
        _refuse(place, "hours", _("按工作时间计时，要写多少小时"), "field_required")
    wanted, back = [], {}
    for number, (label, asked) in enumerate(_fields(place, row.fields, says), start=1):
        name = f"f{place + 1}_{number}"
        says[name] = (label, label)
        asks[name] = asked
        wanted.append(name)
    outcomes = []
    for number, (label, target) in enumerate(_outcomes(place, row.outcomes, names), start=1):
        outcome = f"o{place + 1}_{number}"
        says[outcome] = (label, label)
        outcomes.append(outcome)
        if target is not None:
            back[outcome] = f"s{target + 1}"
    if row.other_than and not 1 <= row.other_than <= place:
        _refuse(place, "other_than", _("只能是前面的一步"), "no_earlier_step")
    return {
        "code": f"s{place + 1}",
        "zh": row.name,
        "en": row.name,
        "by": row.by or None,
        "asks": wanted,
        "outcomes": outcomes,
        "back_to": back,
        "other_than": f"s{row.other_than}" if row.other_than else None,
        "within_minutes": minutes,
        "counts": "working" if row.working else "elapsed",
        "warn_before_minutes": sheet.warn_minutes if minutes else None,
        "blocks": row.blocks,
    }


def _fields(
    place: int, text: str, says: dict[str, tuple[str, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_FIELDS:
        _refuse(place, "fields", _("一步最多 %(n)d 栏") % {"n": MOST_FIELDS}, "too_many_fields")
    seen = set()
    for line in lines:
        optional = bool(_MARK.search(line))
        label, _colon, sort = (part.strip() for part in _split(_COLON, _MARK.sub("", line)))
        if not label or len(label) > 60:
            _refuse(
                place, "fields", _("“%(line)s”：栏名要有，最多 60 字") % {"line": line}, "no_label"
            )
        if label in seen:
            _refuse(place, "fields", _("“%(label)s”写了两次") % {"label": label}, "field_twice")
        seen.add(label)
        asked = _sort(place, label, sort, says)
        yield label, asked | ({"optional": True} if optional else {})


def _sort(place: int, label: str, sort: str, says: dict[str, tuple[str, str]]) -> dict[str, Any]:
    if not sort:
        return {"type": "text"}
    for words, asked in SORTS:
        if sort.lower() in words:
            return dict(asked)
    choices = [one.strip() for one in _SLASH.split(sort) if one.strip()]
    if len(choices) < 2 or len(set(choices)) < len(choices):
        known = punctuation.alike(*(words[0] for words, _asked in SORTS))
        _refuse(
            place,
            "fields",
            _("“%(label)s”后面的“%(sort)s”看不懂：写 %(known)s，或用“/”隔开的选项")
            % {"label": label, "sort": sort, "known": known},
            "unknown_sort",
        )
    names = []
    for choice in choices:
        name = next(
            (n for n, (zh, _en) in says.items() if n.startswith("c") and zh == choice), None
        )
        name = name or f"c{len(says) + 1}"
        says[name] = (choice, choice)
        names.append(name)
    return {"type": "choice", "choices": names}


def _outcomes(place: int, text: str, names: Sequence[str]) -> Iterator[tuple[str, int | None]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        _refuse(place, "outcomes", _("结果要么不写，要么至少两种"), "one_outcome")
    if len({_split(_ARROW, line)[0].strip() for line in lines}) < len(lines):
        _refuse(place, "outcomes", _("同一种结果写了两次"), "outcome_twice")
    for line in lines:
        label, arrow, target = (part.strip() for part in _split(_ARROW, line))
        if not label or len(label) > 40:
            _refuse(
                place,
                "outcomes",
                _("“%(line)s”：结果要有名称，最多 40 字") % {"line": line},
                "no_label",
            )
        if not arrow:
            yield label, None
            continue
        if target not in names[:place]:
            _refuse(
                place,
                "outcomes",
                _("“%(line)s”：箭头后面要写前面一步的名称") % {"line": line},
                "no_earlier_step",
            )
        yield label, names.index(target)


def _split(mark: re.Pattern[str], text: str) -> tuple[str, str, str]:
    found = mark.search(text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


# And back.


def sheet_of(plan: Plan) -> Sheet:
    """What the editor shows of a plan that was written there."""
    hours = plan.hours
    warned = (step.warn_before_minutes for step in plan.steps if step.warn_before_minutes)
    return Sheet(
        name=plan.zh,
        kinds=plan.kinds,
        rows=[_row(plan, step) for step in plan.steps],
        opens=hours.opens if hours else "08:30",
        closes=hours.closes if hours else "17:30",
        days=hours.days if hours else tuple(range(1, 8)),
        warn_minutes=next(warned, None),
        order_state=next(iter(plan.order_states), ""),
    )


def _row(plan: Plan, step: PlanStep) -> StepRow:
    codes = [one.code for one in plan.steps]
    minutes = step.within_minutes
    back = {outcome: f"→{plan.step(code).zh}" for outcome, code in step.back_to.items()}
    return StepRow(
        name=step.zh,
        by=step.by or "",
        hours=(Decimal(minutes) / 60).quantize(HUNDREDTH) if minutes else None,
        working=step.counts == "working",
        fields="\n".join(_line(plan, name) for name in step.asks),
        outcomes="\n".join(plan.word(one, "zh") + back.get(one, "") for one in step.outcomes),
        blocks=step.blocks,
        other_than=codes.index(step.other_than) + 1 if step.other_than else 0,
    )


def _line(plan: Plan, name: str) -> str:
    field: Asked = plan.field(name)
    label, said = plan.word(name, "zh"), ""
    if field.type == "choice":
        said = "/".join(plan.word(one, "zh") for one in field.choices)
    elif field.type != "text":
        asked = field.model_dump(include={"type", "ahead"}, exclude_defaults=True)
        said = next(words[0] for words, one in SORTS if one == asked)
    mark = f"（{OPTIONAL[0]}）" if field.optional else ""
    return (f"{label}：{said}" if said else label) + mark


HELP = gettext_lazy(
    "一行一栏。栏名后面可写“：”和类型：文字、姓名、电话、日期、将来日期、时间、将来时间、金额、勾选、运单、照片；"
    "或写用“/”隔开的选项。栏尾写“（选填）”的可以空着。"
)
