"""What came out, as people read it: the outcome in large type, then everything else by its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kefu import punctuation
from kefu.calculator import words
from kefu.calculator.offers import in_words
from kefu.calculator.words import WEEKDAYS, yes_no
from kefu.clock import SHANGHAI
from kefu.policy.calculation import Calculation, Decided
from kefu.policy.clauses import is_chinese
from kefu.policy.rulebook import Rulebook

NAMES: Mapping[str, Any] = {
    "absent_hours": gettext_lazy("旷工（小时）"),
    "accepted": gettext_lazy("这段文字"),
    "advances": gettext_lazy("先垫付"),
    "allowed": gettext_lazy("可不可以"),
    "amount": gettext_lazy("金额"),
    "approvals": gettext_lazy("还要谁批准"),
    "bears": gettext_lazy("承担"),
    "breaches": gettext_lazy("到时未办算超时"),
    "by": gettext_lazy("由谁办"),
    "charged": gettext_lazy("不在宽限内的"),
    "class": gettext_lazy("类别"),
    "clause": gettext_lazy("条款"),
    "clauses": gettext_lazy("所依条款"),
    "columns": gettext_lazy("栏目"),
    "complete": gettext_lazy("填写情况"),
    "costs": gettext_lazy("另记"),
    "count": gettext_lazy("投诉数"),
    "covers": gettext_lazy("所涉期间"),
    "deductions": gettext_lazy("扣款合计"),
    "destroy_from": gettext_lazy("从何时起可以销毁"),
    "done_by": gettext_lazy("谁做哪一步"),
    "due_at": gettext_lazy("截止"),
    "early_minutes": gettext_lazy("早退（分钟）"),
    "effective": gettext_lazy("是否生效"),
    "excess": gettext_lazy("超限未扣"),
    "extra": gettext_lazy("附加分"),
    "fine": gettext_lazy("罚款"),
    "finished": gettext_lazy("已办完"),
    "follow_up_due_at": gettext_lazy("回访截止"),
    "form": gettext_lazy("给付方式"),
    "graced": gettext_lazy("在宽限内的"),
    "grade": gettext_lazy("等级"),
    "gross": gettext_lazy("应发合计"),
    "ground": gettext_lazy("事由编号"),
    "group_by": gettext_lazy("分组"),
    "hold": gettext_lazy("收到款才发件"),
    "incident_completion_due_at": gettext_lazy("处理完毕截止"),
    "incident_investigation_due_at": gettext_lazy("查明原因截止"),
    "incident_plan_due_at": gettext_lazy("启动预案截止"),
    "items": gettext_lazy("可选的"),
    "kept": gettext_lazy("数目"),
    "kind": gettext_lazy("以什么计"),
    "last_on": gettext_lazy("保存到"),
    "lasts": gettext_lazy("为期"),
    "late_minutes": gettext_lazy("迟到（分钟）"),
    "lead_warn_at": gettext_lazy("提醒组长"),
    "least": gettext_lazy("最低"),
    "leave_hours": gettext_lazy("请假（小时）"),
    "left": gettext_lazy("奖励池结余"),
    "liability": gettext_lazy("另负责任"),
    "lines": gettext_lazy("明细"),
    "logged": gettext_lazy("每次留记录"),
    "measures": gettext_lazy("措施"),
    "missing": gettext_lazy("还缺"),
    "most": gettext_lazy("最高"),
    "must_destroy": gettext_lazy("到期必须销毁"),
    "needs": gettext_lazy("发出前要有"),
    "net": gettext_lazy("实发"),
    "not_deducted": gettext_lazy("超限未扣合计"),
    "not_set": gettext_lazy("规章未定"),
    "on": gettext_lazy("日期"),
    "open": gettext_lazy("还没有批准的"),
    "optional": gettext_lazy("可以不给"),
    "outcomes": gettext_lazy("可选的结果"),
    "owner": pgettext_lazy("calculator", "归谁办"),
    "parts": gettext_lazy("组成"),
    "party": gettext_lazy("责任方"),
    "pays_back": gettext_lazy("退还"),
    "penalty": gettext_lazy("旷工扣款"),
    "per": gettext_lazy("计算单位"),
    "percent": gettext_lazy("比率"),
    "points": gettext_lazy("分数"),
    "proposed": gettext_lazy("建议数额"),
    "reached": gettext_lazy("达到目标"),
    "recipients": gettext_lazy("发给"),
    "result": gettext_lazy("结果"),
    "revisit_due_at": gettext_lazy("再次回访截止"),
    "role": gettext_lazy("由谁承担"),
    "score_money": gettext_lazy("失分扣款"),
    "sections": gettext_lazy("各项得分"),
    "settled": gettext_lazy("已确定"),
    "shares": gettext_lazy("各方承担"),
    "shortfall": gettext_lazy("要补的差额"),
    "starts_at": gettext_lazy("开始"),
    "state": gettext_lazy("结论"),
    "status": pgettext_lazy("calculator", "出勤"),
    "step": gettext_lazy("下一步"),
    "text": gettext_lazy("字样"),
    "time_off": gettext_lazy("补休"),
    "to": gettext_lazy("退到"),
    "told": gettext_lazy("要告知"),
    "total": gettext_lazy("合计"),
    "unpaid": gettext_lazy("不计薪"),
    "verification_due_at": gettext_lazy("核实截止"),
    "warn_at": gettext_lazy("提醒本人"),
    "who": gettext_lazy("由谁补"),
    "worked_minutes": gettext_lazy("在岗（分钟）"),
}
# Where a name says something else in one calculation.
NAMES_IN: Mapping[tuple[str, str], Any] = {
    ("assessment", "total"): gettext_lazy("总分"),
    ("month_score", "points"): gettext_lazy("月度得分"),
    ("penalty", "points"): gettext_lazy("扣分"),
    ("escalation", "points"): gettext_lazy("扣分"),
    ("ticks", "points"): gettext_lazy("扣分"),
    ("penalty", "amount"): gettext_lazy("罚款"),
    ("escalation", "amount"): gettext_lazy("罚款"),
    ("compensation", "amount"): gettext_lazy("赔付"),
    ("rate", "parts"): gettext_lazy("各部分"),
    ("penalty", "proposed"): gettext_lazy("建议罚款"),
    ("report", "per"): gettext_lazy("周期"),
    ("fund", "amount"): gettext_lazy("计入经费"),
    ("score_money", "amount"): gettext_lazy("扣款"),
    ("air_return", "amount"): gettext_lazy("退回运费"),
    ("request", "missing"): gettext_lazy("还缺"),
}
# What stands in large type: the first of these that came out.
HEADLINES: Mapping[str, tuple[str, ...]] = {
    "complaint_clocks": ("due_at", "verification_due_at"),
    "retention": ("last_on",),
    "recurring": ("due_at",),
    "mass_incident": ("starts_at",),
    "month_score": ("points",),
    "assessment": ("total",),
    "overtime": ("total",),
    "presence": ("status",),
    "lateness": ("charged",),
    "absence": ("unpaid",),
    "payslip": ("net",),
    "pool": ("left",),
    "penalty": ("amount", "points", "measures", "state"),
    "escalation": ("amount", "points", "measures"),
    "compensation": ("amount",),
    "liability": ("shares",),
    "goods_return": ("bears",),
    "forwarding": ("shortfall",),
    "process": ("step", "finished"),
    "route": ("owner", "told", "result"),
    "words": ("text", "missing"),
    "ticks": ("points", "fine"),
    "form": ("complete",),
    "report": ("per",),
}
MONEY = {
    *("amount", "fine", "gross", "net", "deductions", "not_deducted", "left", "unpaid", "penalty"),
    *("proposed", "least", "most", "shortfall", "score_money", "bears", "advances", "pays_back"),
    *("shares", "excess", "lines"),
}
MONEY_IN = {("overtime", "total"), ("warehouse_entry", "total"), ("warehouse_entry", "parts")}
POINTS = {"points", "extra", "sections"}
POINTS_IN = {("assessment", "total")}
PERCENT_IN = {("rate", "percent"), ("rate", "parts")}
HOURS = {"time_off"}
DAYS = {"on", "last_on", "destroy_from", "covers", "charged", "graced"}
VERDICTS: Mapping[str, tuple[Any, Any]] = {
    "accepted": (gettext_lazy("可以用"), gettext_lazy("不能用")),
    "allowed": (gettext_lazy("可以"), gettext_lazy("不可以")),
    "complete": (gettext_lazy("齐了"), gettext_lazy("还缺")),
    "effective": (gettext_lazy("已生效"), gettext_lazy("未生效")),
    "kept": (gettext_lazy("符合"), gettext_lazy("不符合")),
    "reached": (gettext_lazy("达到"), gettext_lazy("没有达到")),
    "finished": (gettext_lazy("已办完"), gettext_lazy("没有办完")),
}
# What an outcome that is None says, where it is the headline.
NOTHING: Mapping[str, Any] = {
    "due_at": gettext_lazy("没有时限"),
    "starts_at": gettext_lazy("不算集中投诉"),
    "last_on": gettext_lazy("没有期限"),
    "amount": gettext_lazy("要有人定"),
    "total": gettext_lazy("要有人定"),
    "points": gettext_lazy("不评分"),
    "class": gettext_lazy("不归任何一类"),
    "percent": gettext_lazy("没有可算的"),
    "per": gettext_lazy("没有写周期"),
    "charged": gettext_lazy("没有"),
}


NOTHING_IN: Mapping[tuple[str, str], Any] = {
    ("escalation", "amount"): gettext_lazy("这一次不处罚"),
    ("words", "text"): gettext_lazy("不用写"),
}


SAID_ELSEWHERE = {("penalty", "kind")}  # the headline is called so


@dataclass(frozen=True, slots=True)
class Row:
    """One of what came out. ``lines``: of a table, each a tuple of texts."""

    name: str
    label: str
    value: str
    lines: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    headline: Row
    others: tuple[Row, ...]


def shown(calculation: Calculation, decided: Decided, rulebook: Rulebook) -> Result:
    teller = _Teller(calculation.name, rulebook)
    rows = {name: teller.row(name, value) for name, value in decided.result.items()}
    top = _headline(calculation.name, decided.result)
    headline = rows.get(top) or Row("", "", _("没有结果"))
    if top and not headline.value:
        nothing = NOTHING_IN.get((calculation.name, top)) or NOTHING.get(top, _("没有"))
        said = _("{n} 项").format(n=len(headline.lines)) if headline.lines else str(nothing)
        headline = Row(top, headline.label, said, headline.lines)
    others = (
        row
        for name, row in rows.items()
        if (row.value or row.lines)
        and name != headline.name
        and _tells(decided.result[name])
        and (calculation.name, name) not in SAID_ELSEWHERE
    )
    more = (headline,) if headline.lines else ()
    return Result(headline, (*more, *others))


def _tells(value: Any) -> bool:
    """Nothing is said of a nought that is an answer to no question, nor of reasons: they are explained."""
    reasons = isinstance(value, list) and any(
        isinstance(one, Mapping) and one.keys() >= {"clause", "key", "inputs"} for one in value
    )
    return not reasons and value not in ("0", "0.00")


def _headline(calculation: str, result: Mapping[str, Any]) -> str:
    wanted = HEADLINES.get(calculation, ())
    for name in wanted:
        if result.get(name) not in (None, "", [], {}, False):
            return name
    if wanted:
        return next((name for name in wanted if name in result), "")
    first = (name for name in result if name not in ("clause", "lines"))
    return next(first, "")


@dataclass(frozen=True, slots=True)
class _Teller:
    calculation: str
    rulebook: Rulebook

    def row(self, name: str, value: Any) -> Row:
        label = self.name(name)
        if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
            return Row(name, label, self.head(name, value), tuple(self.lines(name, value)))
        if isinstance(value, Mapping) and value.keys() != {"zh", "en"}:
            lines = [(self.code(name, key), self.text(name, one)) for key, one in value.items()]
            full = tuple(line for line in lines if line[1])
            text = punctuation.in_turn(*(" ".join(line) for line in full[:3]))
            return Row(name, label, text if len(full) <= 3 else "", full if len(full) > 3 else ())
        return Row(name, label, self.text(name, value))

    def name(self, name: str) -> str:
        found = NAMES_IN.get((self.calculation, name)) or NAMES.get(name)
        return str(found) if found else words.value("", name)

    def head(self, name: str, value: Sequence[Any]) -> str:
        """The gist of a table, where it is short enough to say."""
        lines = list(self.lines(name, value))
        if len(lines) > 3 or any(len(line) > 2 for line in lines):
            return ""
        return punctuation.in_turn(*(" ".join(line) for line in lines))

    def lines(self, name: str, value: Sequence[Any]) -> list[tuple[str, ...]]:
        return [
            self.line(name, one) if isinstance(one, Mapping) else self.pair(name, one)
            for one in value
        ]

    def line(self, name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
        """A line of a payslip or of a list: the clause, its words, its amount."""
        clause, amount = str(one.get("clause", "")), one.get("amount")
        tongue = "zh" if is_chinese(words.language()) else "en"
        said = str(one.get(tongue) or one.get(f"label_{tongue}") or "")
        if not said and clause:
            found = self.rulebook.get(clause)
            said = found.label(words.language()) if found else ""
        cells = [cell for cell in (clause, said) if cell]
        return (*cells, self.text(name, amount)) if amount is not None else (said,)

    def pair(self, name: str, one: Any) -> tuple[str, ...]:
        cells = one if isinstance(one, list) else [one]
        if name == "not_set":
            return (" ".join(in_words(name, str(cell), self.rulebook) for cell in cells),)
        return tuple(
            self.text(name, cell) if _is_number(cell) else self.code(name, str(cell))
            for cell in cells
        )

    def text(self, name: str, value: Any) -> str:
        here = (self.calculation, name)
        match value:
            case None | "" | [] | {}:
                return ""
            case bool():
                verdict = VERDICTS.get(name)
                return str(verdict[0 if value else 1]) if verdict else yes_no(yes=value)
            case list():
                if name == "covers":
                    return " – ".join(map(str, value))
                return punctuation.alike(*(self.text(name, one) for one in value))
            case Mapping():
                parts = (
                    f"{self.code(name, key)} {self.text(key, one)}"
                    for key, one in value.items()
                    if one is not None
                )
                return punctuation.alike(*parts)
        if name.endswith("_at"):
            return _moment(str(value))
        if name in DAYS:
            return str(value)
        if _is_number(value):
            if name in MONEY or here in MONEY_IN:
                return _("{yuan} 元").format(yuan=f"{Decimal(value):,.2f}")
            if name in POINTS or here in POINTS_IN:
                return _("{points} 分").format(points=_plain(value))
            if here in PERCENT_IN:
                return f"{_plain(value)}%"
            if name in HOURS:
                return _("{n} 小时").format(n=_plain(value))
            return _plain(value)
        return self.code(name, str(value))

    def code(self, name: str, code: str) -> str:
        """A name of the rulebook in words; of “a|b” one is enough."""
        if name in ("text", "party", "ground"):
            return code
        if (self.calculation, name) == ("report", "per"):
            name = "every"
        return _(" 或 ").join(in_words(name, one, self.rulebook) for one in code.split("|"))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return False
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _plain(value: Any) -> str:
    return f"{Decimal(value).normalize():f}"


def _moment(text: str) -> str:
    """2026-03-02（周一）10:00:00, by the clock in Shanghai; the end of a day is its 24:00 in no words."""
    local = datetime.fromisoformat(text).astimezone(SHANGHAI)
    day = _("{day}（{weekday}）{time}")
    seconds = "%H:%M:%S" if local.second else "%H:%M"
    return day.format(
        day=local.date().isoformat(),
        weekday=WEEKDAYS[local.weekday()],
        time=local.strftime(seconds),
    )
