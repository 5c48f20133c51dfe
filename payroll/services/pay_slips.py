"""The job that computes the wages of a month, in chunks.

The facts of everybody are frozen first; the slips come out of them and of nothing else. So whoever goes on after a
crash writes the same bytes, and what was paid can be computed again at any time.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from kefu import clock
from kefu.errors import KefuError
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.policy import pay
from kefu.policy.clauses import NotSet
from kefu.policy.months import last_day, month_of
from kefu.policy.refusals import Refused
from kefu.staff.models import Employee
from payroll.models import Employment, PayFailure, PayRun, Payslip, PayslipLine, PayslipPart
from payroll.selectors import payfacts
from payroll.selectors.slips import computed

State = PayRun.State
FREEZE = 1_000  # employees a chunk; one more reads the month's counters once more
COMPUTE = 250  # slips a chunk, about a second


def people(month: date) -> Any:
    """Who was employed on some day of the month, by their keys."""
    last = last_day(month_of(month))
    here = Employment.objects.filter(hired_on__lte=last).exclude(left_on__lt=month)
    return Employee.objects.filter(pk__in=here.values("employee")).order_by("pk")


def work(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """Freeze the facts of everybody, then compute slip after slip from what is frozen."""
    run = PayRun.objects.select_related("terms").get(pk=job.params["run"])
    place = dict(job.cursor) or {"phase": "freeze", "after": 0}
    editions: dict[tuple[int, date], int | None] = {}
    while place["phase"] == "freeze" and more():
        chosen = people(run.month).filter(pk__gt=place["after"]).select_related("user")
        some = list(chosen[:FREEZE])
        if not some:
            place = {"phase": "compute", "after": 0}
            break
        found = frozen(run, some, editions)
        place = {"phase": "freeze", "after": some[-1].pk}
        yield Chunk(place, 0, partial(_keep_facts, run, found))
    done = run.failures.count() + run.slips.exclude(net=None).count()
    while place["phase"] == "compute" and more():
        slips = run.slips.filter(net=None, employee__gt=place["after"]).order_by("employee_id")
        batch = list(slips.prefetch_related("parts")[:COMPUTE])
        if not batch:
            place = {"phase": "done", "after": 0}
            yield Chunk(place, done, lambda: _computed(run))
            return
        made = [(slip, *_computed_slip(slip)) for slip in batch]
        place = {"phase": "compute", "after": batch[-1].employee_id}
        done += len(batch)
        yield Chunk(place, done, partial(_keep_slips, run, made))


Frozen = tuple[Employee, Sequence[payfacts.Part] | tuple[str, dict[str, Any]]]


def frozen(
    run: PayRun, employees: Iterable[Employee], editions: dict[tuple[int, date], int | None]
) -> list[Frozen]:
    """Each with the facts of his parts, or with the field and the reason why there are none."""
    month = payfacts.read_month(run.month, employees, run.terms)
    month.editions = editions
    return [(one, _facts(month, one)) for one in month.employees.values()]


def _facts(month: payfacts.Month, one: Employee) -> Any:
    try:
        return month.parts(one)
    except KefuError as error:
        return error.field or "", {"code": error.code, "details": error.details}
    except Refused as error:
        return _refused(error)


def _keep_facts(run: PayRun, frozen: Sequence[Frozen]) -> dict[str, int]:
    failed = [(one, found) for one, found in frozen if isinstance(found, tuple)]
    PayFailure.objects.bulk_create(
        PayFailure(run=run, employee=one, field=name[:60], why=why) for one, (name, why) in failed
    )
    known = [(one, found) for one, found in frozen if not isinstance(found, tuple)]
    slips = Payslip.objects.bulk_create(Payslip(run=run, employee=one) for one, _parts in known)
    PayslipPart.objects.bulk_create(
        PayslipPart(
            slip=slip,
            number=number,
            department=part.stint.department,
            rulebook_id=part.stint.version_id,
            from_on=part.stint.from_on,
            until_on=part.stint.until_on,
            facts=part.facts,
            sources=[source.to_json() for source in part.sources],
        )
        for slip, (_one, parts) in zip(slips, known, strict=True)
        for number, part in enumerate(parts, start=1)
    )
    return {"refused": len(failed)}


@dataclass(frozen=True, slots=True)
class Made:
    """A slip as policy computed it, part by part."""

    parts: Sequence[tuple[PayslipPart, pay.Payslip]]

    def sum(self, name: str) -> Decimal:
        return sum((getattr(slip, name) for _part, slip in self.parts), Decimal("0.00"))


def _computed_slip(slip: Payslip) -> tuple[Made | None, tuple[str, dict[str, Any]] | None]:
    try:
        return Made(computed(slip)), None
    except Refused as error:
        return None, _refused(error)


def _refused(error: Refused) -> tuple[str, dict[str, Any]]:
    name, why = next(iter(error.faults.items()))
    if isinstance(error, NotSet):
        name = error.clause
    return name, {"key": why.key, "inputs": dict(why.inputs), "wanted": why.wanted}


def _keep_slips(run: PayRun, made: Sequence[tuple[Payslip, Made | None, Any]]) -> dict[str, int]:
    lines: list[PayslipLine] = []
    for slip, found, fault in made:
        if found is None:
            name, why = fault
            PayFailure.objects.create(
                run=run, employee_id=slip.employee_id, field=name[:60], why=why
            )
            continue
        for part, decision in found.parts:
            part.result = result_of(decision)
            lines += _lines(part, decision)
        for name in ("gross", "deductions", "net", "not_deducted"):
            setattr(slip, name, found.sum(name))
        slip.digest = digest(found.parts)
    sound = [(slip, found) for slip, found, _fault in made if found is not None]
    PayslipPart.objects.bulk_update(
        [part for _slip, found in sound for part, _decision in found.parts],
        ["result", "most"],
    )
    PayslipLine.objects.bulk_create(lines)
    Payslip.objects.bulk_update(
        [slip for slip, _found in sound], ["gross", "deductions", "net", "not_deducted", "digest"]
    )
    return {"computed": len(sound), "refused": len(made) - len(sound)}


def result_of(decision: pay.Payslip) -> dict[str, Any]:
    told = decision.to_json()
    return {name: value for name, value in told.items() if name not in ("lines", "excess")}


def _lines(part: PayslipPart, decision: pay.Payslip) -> Iterator[PayslipLine]:
    both = [
        *((line, False) for line in decision.lines),
        *((line, True) for line in decision.excess),
    ]
    for number, (line, kept) in enumerate(both, start=1):
        yield PayslipLine(
            part=part,
            number=number,
            clause=line.clause,
            item=line.part,
            amount=line.amount,
            kept=kept,
            steps=[step.to_json() for step in line.steps],
        )


def digest(parts: Sequence[tuple[PayslipPart, pay.Payslip]]) -> str:
    """SHA-256 over the facts and all that came of them: the same facts have the same."""
    told = [
        {
            "department": part.department_id,
            "rulebook": part.rulebook_id,
            "days": [part.from_on.isoformat(), part.until_on.isoformat()],
            "facts": part.facts,
            "slip": decision.to_json(),
        }
        for part, decision in parts
    ]
    return hashlib.sha256(_bytes(told)).hexdigest()


def _bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _computed(run: PayRun) -> dict[str, int]:
    """All slips are there: the run's digest is over theirs, in the order of the employees."""
    rows = run.slips.exclude(net=None).order_by("employee_id").values_list("employee_id", "digest")
    PayRun.objects.filter(pk=run.pk, state=State.COMPUTING).update(
        state=State.COMPUTED,
        computed_at=clock.now(),
        digest=hashlib.sha256(_bytes([list(row) for row in rows])).hexdigest(),
    )
    return {}
