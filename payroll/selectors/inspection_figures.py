"""What inspections come to: item by item and month, and person by person (SD-233.03, ES-204.01)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language

from kefu.clock import SHANGHAI
from kefu.policy.inspections import CALL, check_items
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition
from payroll.models import Finding, FindingDecision, Inspection, InspectionMark
from payroll.selectors.inspected import findings_of, seen_by

Mark = InspectionMark.Mark


@dataclass(slots=True)
class ItemLine:
    """One line of the sheets over the months: how often it was not kept."""

    clause: str
    line: str
    label: str
    months: list[int]
    upheld: int = 0
    not_upheld: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        return sum(self.months)


@dataclass(slots=True)
class PersonLine:
    """Somebody's sheets of the months: how many, how many lines were kept of those that applied, and what became of
    the others. ``judged``: {name: share kept, in percent} of what a person judges by what he hears (ES-204.01).
    """

    employee: Any
    sheets: int = 0
    heard: int = 0
    kept: int = 0
    breaches: int = 0
    upheld: int = 0
    open: int = 0
    judged: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> int | None:
        """Of a hundred; None where nothing applied."""
        whole = self.kept + self.breaches
        return round(100 * self.kept / whole) if whole else None


def by_item(user: Any, months: Sequence[date]) -> list[ItemLine]:
    """The lines that were not kept, the most frequent first; ``months``: their first days in order."""
    rows = (
        _in(findings_of(user).exclude(employee__user=user.pk), months)
        .annotate(month=TruncMonth("happened_on"))
        .values("mark__clause", "mark__line", "month", "decision__outcome")
        .annotate(
            n=Count("pk"), book=Max("inspection__rulebook"), occasion=Max("inspection__occasion")
        )
        .order_by()
    )
    found: dict[tuple[str, str], ItemLine] = {}
    place = {month: n for n, month in enumerate(months)}
    words = _words({(row["book"], row["occasion"]) for row in rows})
    for row in rows:
        key = (row["mark__clause"], row["mark__line"])
        label = words.get((row["book"], *key), key[0])
        line = found.setdefault(key, ItemLine(*key, label, [0] * len(months)))
        line.months[place[row["month"]]] += row["n"]
        _count(line, row["decision__outcome"], row["n"])
    return sorted(found.values(), key=lambda line: (-line.total, line.clause, line.line))


def _words(sheets: Collection[tuple[int, str]]) -> dict[tuple[int, str, str], str]:
    language = get_language() or "zh-hans"
    return {
        (book, item.clause, item.line): item.label(language)
        for book, occasion in sheets
        for item in check_items(edition(book).rules, occasion)
    }


def _in(rows: QuerySet[Finding], months: Sequence[date]) -> QuerySet[Finding]:
    end = (months[-1] + timedelta(days=31)).replace(day=1)
    return rows.filter(happened_on__gte=months[0], happened_on__lt=end)


def _count(line: Any, outcome: str | None, n: int) -> None:
    if outcome == FindingDecision.Outcome.UPHELD:
        line.upheld += n
    elif outcome is None:
        line.open += n
    elif hasattr(line, "not_upheld"):
        line.not_upheld += n


def by_person(user: Any, months: Sequence[date]) -> list[PersonLine]:
    """Those one leads or inspects who were inspected, by number; a share needs somebody who was looked at."""
    people = {one.pk: one for one in seen_by(user).select_related("department").order_by("number")}
    since = datetime.combine(months[0], time.min, SHANGHAI)
    until = datetime.combine((months[-1] + timedelta(days=31)).replace(day=1), time.min, SHANGHAI)
    done = Inspection.objects.filter(
        employee__in=people, happened_at__gte=since, happened_at__lt=until
    )
    lines: dict[int, PersonLine] = {}
    for pk, sheets, heard in done.values_list("employee").annotate(
        n=Count("pk"), heard=Count("sample")
    ):
        lines[pk] = PersonLine(people[pk], sheets, heard)
    marks = (
        InspectionMark.objects.filter(inspection__in=done)
        .exclude(mark=Mark.NOT_APPLICABLE)
        .values_list("inspection__employee", "inspection__occasion", "line", "mark")
        .annotate(n=Count("pk"))
        .order_by()
    )
    judged: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for pk, occasion, name, mark, n in marks:
        line = lines[pk]
        if mark == Mark.KEPT:
            line.kept += n
        else:
            line.breaches += n
        if occasion == CALL and name:
            judged[pk][name][mark != Mark.KEPT] += n
    for pk, names in judged.items():
        lines[pk].judged = {
            name: round(100 * kept / (kept + not_kept)) for name, (kept, not_kept) in names.items()
        }
    found = _in(Finding.objects.filter(employee__in=people), months)
    for pk, outcome, n in found.values_list("employee", "decision__outcome").annotate(
        n=Count("pk")
    ):
        _count(lines.setdefault(pk, PersonLine(people[pk])), outcome, n)
    return sorted(lines.values(), key=lambda line: line.employee.number)


def names_of(lines: Sequence[PersonLine]) -> list[tuple[str, str]]:
    """(name, in words) of what people judge by what they hear, as far as it was judged."""
    language = get_language() or "zh-hans"
    names = {name for line in lines for name in line.judged}
    return [(name, word(name, language)) for name in sorted(names)]
