"""What is due towards insurers: cases to report, papers to hand in, words to have (LC-01.22, LC-01.23, LC-04.07)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q

from claims.models import Claim, InsuranceCase, InsurancePolicy, Reminder
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.policy.clauses import Recurring
from kefu.policy.moments import day_of
from kefu.policy.recurring import next_occurrence, recurring
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition_saying
from kefu.staff.models import Employee, User

CONTACT = "insurer_contact"
LISTED = 200  # rows of one kind
Kind = Reminder.Kind
Key = tuple[str, int | None, int | None, date, bool]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do by the end of a day. ``warns``: whether people are to hear of it by now."""

    kind: Kind
    on: date
    claim: Claim | None
    insurer: Party
    policy: InsurancePolicy | None
    late: bool
    warns: bool

    @property
    def key(self) -> Key:
        """As the reminder of it is kept."""
        about = (self.claim.pk, None) if self.claim else (None, self.insurer.pk)
        return (self.kind, *about, self.on, self.late)


def dues(*, now: datetime) -> list[Due]:
    """All that waits, the soonest first; in as many questions however many claims there are."""
    today = day_of(now)
    found = [*_to_report(today), *_to_document(today), *_to_contact(now)]
    return sorted(found, key=lambda due: (due.on, due.claim.pk if due.claim else 0))


def reminded(waiting: Sequence[Due]) -> set[Key]:
    """Of what waits, that of which people were told before."""
    rows = Reminder.objects.filter(due_on__in={due.on for due in waiting})
    return set(rows.values_list("kind", "claim_id", "insurer_id", "due_on", "late"))


def _due(kind: Kind, on: date, today: date, policy: InsurancePolicy, claim: Claim) -> Due:
    late = on < today
    warns = late or today >= on - timedelta(days=policy.warn_days)
    return Due(kind, on, claim, policy.insurer, policy, late, warns)


def _to_report(today: date) -> Iterator[Due]:
    """Open claims for goods that are worth more than a policy's deductible and that nobody reported."""
    policies = list(
        InsurancePolicy.objects.select_related("insurer").order_by("report_within_days")
    )
    reported = InsuranceCase.objects.standing().filter(claim=OuterRef("pk"))
    seen: set[int] = set()
    for policy in policies:
        first, end = _span(policy.valid_from, policy.valid_to)
        worth = Q(demanded_amount__gt=policy.deductible) | Q(insured_amount__gt=policy.deductible)
        claims = (
            Claim.objects.open()
            .filter(worth, ~Exists(reported), demanded_at__gte=first, demanded_at__lt=end)
            .exclude(loss=Claim.Loss.DELAY)
            .select_related("case")
            .order_by("demanded_at")[:LISTED]
        )
        for claim in claims:
            if claim.pk not in seen:
                seen.add(claim.pk)
                on = day_of(claim.demanded_at) + timedelta(days=policy.report_within_days)
                yield _due(Kind.REPORT, on, today, policy, claim)


def _to_document(today: date) -> Iterator[Due]:
    reported = InsuranceCase.objects.filter(state=InsuranceCase.State.REPORTED)
    rows = reported.select_related("claim__case", "policy__insurer").order_by("documents_due")
    for row in rows[:LISTED]:
        yield _due(Kind.DOCUMENTS, row.documents_due, today, row.policy, row.claim)


def _to_contact(now: datetime) -> Iterator[Due]:
    """Each insurer with a policy in force or a case going on, a period after the last word with it."""
    using = contact_rules(now)
    if using is None:
        return
    clause, today = recurring(CONTACT, using.rules), day_of(now)
    going = [InsuranceCase.State.REPORTED, InsuranceCase.State.DOCUMENTED]
    insurers = (
        Party.objects.filter(
            Q(policies__valid_from__lte=today, policies__valid_to__gte=today)
            | Q(policies__cases__state__in=going)
        )
        .annotate(last=Max("insurer_contacts__contacted_at"), since=Max("policies__valid_from"))
        .order_by("pk")
    )
    for insurer in insurers:
        due = next_contact(clause, insurer.last, insurer.since)
        late = due.due_at <= now
        warns = late or (due.warn_at is not None and due.warn_at <= now)
        yield Due(Kind.CONTACT, due.on, None, insurer, None, late, warns)


def next_contact(clause: Recurring, last: datetime | None, since: date) -> Any:
    """The time it is due: by the end of the period after the one with the last word in it; without any, of the first."""
    if last is None:
        return next_occurrence(clause, datetime.combine(since, time.min, SHANGHAI))
    return next_occurrence(clause, next_occurrence(clause, last).due_at)


def contact_rules(at: datetime) -> Edition | None:
    """The edition that binds the adjusters and speaks of insurers; None where none does or the house set no interval."""
    departments = (
        Employee.objects.filter(user__role=User.Role.ADJUSTER)
        .order_by("department_id")
        .values_list("department_id", flat=True)
        .distinct()
    )
    for department in [*departments, None]:
        found = edition_saying(_says, department_id=department, at=at)
        if found is not None:
            return found
    return None


def _says(rules: Rulebook) -> bool:
    return any(c.subject == CONTACT and c.rhythm for c in rules.in_force(Recurring))


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, time.min, SHANGHAI),
        datetime.combine(last + timedelta(days=1), time.min, SHANGHAI),
    )
