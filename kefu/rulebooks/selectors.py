"""Which rules hold, for whom, when; who has read them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.clauses import Clause, is_chinese
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks import wording
from kefu.rulebooks.models import Acknowledgement, Amendment, Assignment, RulebookVersion
from kefu.staff.models import Department, Employee


@dataclass(frozen=True, slots=True)
class Edition:
    """A published edition, ready for policy."""

    version_id: int
    number: int
    effective_on: date | None
    rules: Rulebook


def edition_in_force(
    *, department_id: int | None, at: datetime, outlet_id: int | None = None
) -> Edition:
    """Return the edition a department works under at ``at``; towards ``outlet_id`` that outlet's own, if it
    has one.

    Raises KefuError if the centre has no rulebook yet: no promise can be timed without one.
    """
    version_id = (
        Assignment.objects.in_force(department_id=department_id, outlet_id=outlet_id, at=at)
        .values_list("version_id", flat=True)
        .first()
    )
    if version_id is None:
        raise KefuError(_("还没有适用的规则手册，请主管先发布并指定"), code="no_rulebook")
    return edition(version_id)


def edition_saying(
    says: Callable[[Rulebook], bool],
    *,
    department_id: int | None,
    at: datetime,
    outlet_id: int | None = None,
) -> Edition | None:
    """Return the edition to go by of those that bind here and say anything about a matter: the outlet's own, the
    department's, the centre's, in this order. None where none does.

    A matter is judged by one edition throughout; nothing of it is taken from the next.
    """
    return saying(says, editions_here(department_id=department_id, at=at, outlet_id=outlet_id))


def saying(says: Callable[[Rulebook], bool], here: Iterable[Edition]) -> Edition | None:
    """``edition_saying`` of editions that were looked up already, for who asks about several matters."""
    return next((found for found in here if says(found.rules)), None)


def editions_here(
    *, department_id: int | None, at: datetime, outlet_id: int | None = None
) -> Iterator[Edition]:
    """Yield the editions that bind here, the one to go by first: the outlet's own, the department's, the centre's."""
    binding = Assignment.objects.in_force(department_id=department_id, outlet_id=outlet_id, at=at)
    seen: set[tuple[int | None, int | None]] = set()
    for outlet, department, version_id in binding.values_list(
        "outlet_id", "department_id", "version_id"
    ):
        if (outlet, department) in seen:
            continue  # an older one of the same
        seen.add((outlet, department))
        yield edition(version_id)


def edition_anywhere(says: Callable[[Rulebook], bool], *, at: datetime) -> Edition | None:
    """Return the edition to go by in what concerns the whole house: the centre's if it says anything about the
    matter, else that of the first department whose does. None where none does.
    """
    departments = Department.objects.filter(active=True).order_by("order", "code")
    for department_id in (None, *departments.values_list("pk", flat=True)):
        found = edition_saying(says, department_id=department_id, at=at)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=64)
def edition(version_id: int) -> Edition:
    """Return one edition by its row; kept, because what is published never changes.

    Raises RulebookVersion.DoesNotExist for a draft too: it does change.
    """
    version = RulebookVersion.objects.issued().defer("content").get(pk=version_id)
    return Edition(version.pk, version.number, version.effective_on, _rules(version.digest))


@lru_cache(maxsize=64)
def _rules(digest: str) -> Rulebook:
    """Return what the editions of this digest say: the same content is read once, in whichever row it stands."""
    contents = RulebookVersion.objects.issued().filter(digest=digest)
    return Rulebook.from_json(contents.values_list("content", flat=True)[:1].get())


def rules_of(version: RulebookVersion) -> Rulebook:
    """Return what a version says: kept for an edition, read anew for a draft. Raises RulebookError."""
    if version.state in RulebookVersion.ISSUED:
        return edition(version.pk).rules
    return Rulebook.from_json(version.content)


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause as people read it; ``settings`` are (name, value) in the reader's language."""

    id: str
    title: str
    kind: str
    area: str
    automation: str
    settings: Sequence[tuple[str, str]]
    reading: str
    # As the program knows it, in both languages, to search in.
    words: str


def clause_rows(rules: Rulebook, language: str) -> list[ClauseRow]:
    """Return the clauses of an edition in the order of the regulation."""
    return [clause_row(clause, language) for clause in rules.clauses]


def clause_row(clause: Clause, language: str) -> ClauseRow:
    settings = wording.settings(clause, language)
    told = (clause.id, clause.label_zh, clause.label_en, clause.reading_zh, clause.reading_en)
    shown = (f"{name} {value}" for name, value in settings)
    return ClauseRow(
        id=clause.id,
        title=clause.label(language),
        kind=wording.kind(clause.kind),
        area=clause.area,
        automation=wording.automation(clause.automation),
        settings=settings,
        reading=(clause.reading_zh if is_chinese(language) else clause.reading_en) or "",
        words=" ".join(filter(None, (*told, wording.kind(clause.kind), *shown))).lower(),
    )


def matching(rows: Iterable[ClauseRow], text: str) -> list[ClauseRow]:
    """Those that hold every word of ``text``."""
    words = text.lower().split()
    return [row for row in rows if all(word in row.words for word in words)]


def titles(language: str) -> dict[str, str]:
    """What the clauses of all editions that hold anywhere are called; the latest word counts."""
    versions = Assignment.objects.order_by("version").values_list("version", flat=True).distinct()
    return {
        clause.id: clause.label(language)
        for version in versions
        for clause in edition(version).rules.clauses
    }


# One version beside another.


def counterpart(version: RulebookVersion, *, at: datetime) -> RulebookVersion | None:
    """What a version is held against if nobody says: for a draft the edition of its rulebook that holds
    today, or else the newest published one; for an edition the one published before it.
    """
    others = RulebookVersion.objects.filter(rulebook=version.rulebook_id).exclude(pk=version.pk)
    issued = others.issued().order_by("-number")
    if version.state in RulebookVersion.ISSUED:
        return issued.filter(number__lt=version.number).first()
    holding = {held for held, rulebook in _held(at).values() if rulebook == version.rulebook_id}
    return issued.filter(pk__in=holding).first() or issued.first()


Place = tuple[int | None, int | None]  # department, outlet; neither: the whole centre


def _held(at: datetime) -> dict[Place, tuple[int, int]]:
    """The edition that holds at each place which has one of its own: its row and its rulebook's."""
    lines = (
        Assignment.objects.filter(effective_on__lte=at.astimezone(SHANGHAI).date())
        .order_by("effective_on", "pk")
        .values_list("department_id", "outlet_id", "version_id", "version__rulebook_id")
    )
    return {(department, outlet): (version, book) for department, outlet, version, book in lines}


def amended(row: Amendment, language: str = "") -> list[tuple[str, str, str]]:
    """What one change of a draft did: each setting, what it was, what it became."""
    language = language or get_language() or "zh-hans"

    def side(written: Mapping[str, Any], name: str) -> str:
        return wording.written(name, written[name], language) if name in written else "–"

    names = dict.fromkeys((*row.before, *row.after))
    return [
        (wording.setting(name), side(row.before, name), side(row.after, name)) for name in names
    ]


# Who has read it.


@dataclass(frozen=True, slots=True)
class Holding:
    """An edition that holds for a department, or will; ``confirmed_at`` by the one who asks, if he has."""

    version_id: int
    rulebook: str
    number: int
    since: date
    holds: bool
    confirmed_at: datetime | None


def holdings(*, employee_id: int | None, department_id: int | None, at: datetime) -> list[Holding]:
    """The edition that holds for a department at ``at``, and those that are to hold later, soonest first."""
    today = at.astimezone(SHANGHAI).date()
    confirmed = Acknowledgement.objects.filter(
        employee=employee_id, version=OuterRef("version")
    ).values("at")[:1]
    rows = (
        Assignment.objects.filter(outlet=None)
        .filter(Q(department_id=department_id) | Q(department=None))
        .select_related("version__rulebook")
        .defer("version__content")
        .annotate(confirmed_at=Subquery(confirmed))
    )
    now = rows.in_force(department_id=department_id, at=at).first()
    later = rows.filter(effective_on__gt=today).order_by(
        "effective_on", F("department_id").asc(nulls_last=True)
    )
    # The centre's next edition does not reach a department that has one of its own.
    own = now is not None and now.department_id is not None
    found = [now] if now is not None else []
    for row in later:
        own = own or row.department_id is not None
        if not own or row.department_id is not None:
            found.append(row)
    return [_holding(row, today) for row in found]


def _holding(row: Any, today: date) -> Holding:
    version = row.version
    return Holding(
        version_id=version.pk,
        rulebook=str(version.rulebook),
        number=version.number,
        since=row.effective_on,
        holds=row.effective_on <= today,
        confirmed_at=row.confirmed_at,
    )


def held_before(shown: Holding, *, department_id: int | None) -> RulebookVersion | None:
    """The edition under which a department worked until the day of the one shown.

    Not the one published before it: that may have held nowhere, and its changes would be told to nobody.
    """
    last_day = datetime.combine(shown.since, time.min, SHANGHAI) - timedelta(days=1)
    line = (
        Assignment.objects.in_force(department_id=department_id, at=last_day)
        .select_related("version__rulebook")
        .defer("version__content")
        .first()
    )
    return line.version if line else None


def to_read(*, employee_id: int, department_id: int, at: datetime) -> Holding | None:
    """The edition that holds for an employee and that he has not confirmed; one question."""
    confirmed = Acknowledgement.objects.filter(employee=employee_id, version=OuterRef("version"))
    row = (
        Assignment.objects.in_force(department_id=department_id, at=at)
        .select_related("version__rulebook")
        .defer("version__content")
        .annotate(confirmed=Exists(confirmed))
        .first()
    )
    if row is None or row.confirmed:
        return None
    version = row.version
    return Holding(version.pk, str(version.rulebook), version.number, row.effective_on, True, None)


def _by_department(at: datetime) -> dict[int, int | None]:
    """The edition that holds for each department in which somebody works: its own, else the centre's."""
    held = {place: version for place, (version, _book) in _held(at).items()}
    everywhere = held.get((None, None))
    employed = Employee.objects.order_by().values_list("department_id", flat=True).distinct()
    return {one: held.get((one, None), everywhere) for one in employed}


@dataclass(frozen=True, slots=True)
class Reader:
    employee: Employee
    confirmed_at: datetime | None


def readers(version: RulebookVersion, *, at: datetime) -> list[Reader]:
    """Those for whom an edition holds at ``at``, with when each confirmed it, whoever has not first; after them
    the others who did.
    """
    departments = {one for one, held in _by_department(at).items() if held == version.pk}
    said = dict(version.acknowledgements.values_list("employee_id", "at"))
    people = (
        Employee.objects.exclude(status=Employee.Status.LEFT)
        .filter(Q(department__in=departments) | Q(pk__in=said))
        .select_related("department", "user")
        .order_by("number")
    )
    found = [Reader(one, said.get(one.pk)) for one in people]
    return sorted(
        found,
        key=lambda one: (one.employee.department_id not in departments, bool(one.confirmed_at)),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """An edition that holds somewhere: how many of those for whom it does have confirmed it, how many not."""

    version_id: int
    rulebook: str
    number: int
    confirmed: int
    missing: int


def readings(*, at: datetime) -> list[Reading]:
    """The editions that hold at ``at``, in as many questions however many people there are."""
    working = Employee.objects.exclude(status=Employee.Status.LEFT)
    departments = _by_department(at)
    versions = RulebookVersion.objects.filter(pk__in=[one for one in departments.values() if one])
    found = []
    for version in versions.select_related("rulebook").defer("content").order_by("pk"):
        people = working.filter(
            department__in=[d for d, v in departments.items() if v == version.pk]
        )
        counts = people.aggregate(
            all=Count("pk"),
            confirmed=Count("pk", filter=Q(Exists(_said(version.pk)))),
        )
        confirmed, everybody = counts["confirmed"], counts["all"]
        found.append(
            Reading(
                version.pk, str(version.rulebook), version.number, confirmed, everybody - confirmed
            )
        )
    return found


def _said(version_id: int) -> QuerySet[Acknowledgement]:
    return Acknowledgement.objects.filter(employee=OuterRef("pk"), version=version_id)


def confirmed_when(*, party: str, version: str, at: str) -> QuerySet[Acknowledgement]:
    """For ``Exists``: had the employee behind ``party`` confirmed ``version`` by ``at``? (columns of the row
    outside)
    """
    return Acknowledgement.objects.filter(
        employee__party=OuterRef(party), version=OuterRef(version), at__lte=OuterRef(at)
    )
