"""Closed cases that others learn from, good and bad, without the customers' data (ES-602.12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.policy.clauses import Items
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_saying
from kefu.staff.models import Department
from payroll.selectors.training import choices

TAUGHT = "taught"
PICK = "payroll.pick_examples"
OF = "training_category"
SHARED = "case_sharing_"  # as the rulebooks call the trainings that are about cases
NO_MORE = "none"
WORDS = {
    f"{SHARED}good": gettext_lazy("正面案例"),
    f"{SHARED}bad": gettext_lazy("反面案例"),
    NO_MORE: gettext_lazy("不再作案例"),
}


def sorts(*, department_id: int | None, at: datetime) -> list[tuple[str, str]]:
    """What a case may be an example of, with its words; [] where no rulebook here shares cases."""
    using = edition_saying(
        lambda rules: any(
            item.key.startswith(SHARED)
            for clause in rules.in_force(Items)
            if clause.of == OF
            for item in clause.items or ()
        ),
        department_id=department_id,
        at=at,
    )
    offered = choices(using.rules, OF) if using else []
    return [(key, words) for key, words in offered if key.startswith(SHARED)]


def sort_of(case: Case) -> str:
    """What a case is an example of now; "" for none."""
    last = case.interactions.filter(action=TAUGHT).order_by("-pk").first()
    sort = last.data["sort"] if last else NO_MORE
    return "" if sort == NO_MORE else sort


@dataclass(frozen=True, slots=True)
class Example:
    """``number``: of the case, for those who may open it; what was asked and what is learned stand without numbers
    and names.
    """

    number: str
    kind: str
    sort: str
    summary: str
    lesson: str
    picked_by: str
    picked_at: datetime

    @property
    def words(self) -> str:
        return str(WORDS.get(self.sort, self.sort))


def examples(departments: Iterable[Department], sort: str = "", *, limit: int) -> list[Example]:
    """The examples of these departments, the latest first."""
    picked = Interaction.objects.filter(action=TAUGHT, case__department__in=departments)
    newer = Interaction.objects.filter(action=TAUGHT, case=OuterRef("case"), pk__gt=OuterRef("pk"))
    rows = picked.exclude(Exists(newer)).exclude(data__sort=NO_MORE).order_by("-pk")
    if sort:
        rows = rows.filter(data__sort=sort)
    return [
        Example(
            row.case.number,
            row.case.get_kind_display(),
            row.data["sort"],
            redact.redact(row.case.summary),
            row.text,
            str(row.author or ""),
            row.happened_at,
        )
        for row in rows.select_related("case", "author").defer("sealed", "case__sealed")[:limit]
    ]
