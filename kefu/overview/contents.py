"""Whether what was digested, issued or frozen is still what it was: rulebooks, files, papers, registers, payslips."""

import hashlib
from collections.abc import Iterable
from typing import Any

from claims.models import Document
from claims.services.documents import digest as digest_of
from kefu import pdf
from kefu.appeals.models import Evidence
from kefu.cases.models import Attachment
from kefu.errors import KefuError
from kefu.overview.checks import SHOWN, Result
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.reports.selectors import registers
from kefu.retention.selectors import destroyed
from kefu.rulebooks.models import RulebookVersion
from kefu.rulebooks.services import digest
from payroll.models import PayAdjustment, PayRun, Payslip
from payroll.selectors.paid import difference
from payroll.selectors.slips import computed
from payroll.services.pay_slips import digest as pay_digest
from problem_parcels.models import MisroutingReport

SLIPS = 2_000  # the newest, at about a millisecond each
TAKEBACKS = 200  # the newest, each two slips and more
FILES = 100  # of a sort, opened to see whether they are what they were
PAPERS = 20  # drawn again, half a second or less each


def rulebook_contents() -> Iterable[Result]:
    """Every version still has the content its digest was taken of, and the schema reads it."""
    altered, unread, n = [], [], 0
    for version in RulebookVersion.objects.select_related("rulebook").order_by("pk").iterator(10):
        n += 1
        if digest(version.content) != version.digest:
            altered.append(f"rulebook {version} is not what its digest says")
        try:
            Rulebook.from_json(version.content)
        except RulebookError as error:
            unread.append(f"rulebook {version} cannot be read: {error.clause} {error.reason}")
    yield Result("rulebook_is_as_published", n, len(altered), altered[:SHOWN])
    yield Result("rulebook_can_be_read", n, len(unread), unread[:SHOWN])


def file_contents() -> Iterable[Result]:
    """The latest photos and reports are still those that were added and sent: of a row only the seals may change,
    not what they hold.
    """
    photos = (
        Attachment.objects.exclude(case__in=destroyed("service_record"))
        .order_by("-pk")
        .values_list("pk", "photo", "digest")
    )
    yield _as_digested("photos_are_as_added", "photo", photos)
    evidence = Evidence.objects.order_by("-pk").values_list("pk", "photo", "digest")
    yield _as_digested("appeal_evidence_is_as_added", "file", evidence)
    reports = MisroutingReport.objects.filter(issued__isnull=False).order_by("-pk")
    yield _as_digested(
        "reports_are_as_sent", "report", reports.values_list("pk", "issued", "digest")
    )


def _as_digested(name: str, what: str, rows: Any) -> Result:
    altered, n = [], 0
    for pk, file, digested in rows[:FILES].iterator(10):
        n += 1
        try:
            same = hashlib.sha256(file.open()).hexdigest() == digested
        except KefuError:
            same = False
        if not same:
            altered.append(f"{what} {pk} is not what its digest says")
    return Result(name, n, len(altered), altered[:SHOWN])


def register_contents() -> Result:
    """Every report is still what was issued."""
    n, altered = registers.altered()
    return Result("register_is_as_issued", n, len(altered), altered[:SHOWN])


def paper_contents() -> Result:
    """The latest papers are still what was issued; those drawn with another font or library cannot be compared."""
    altered, n = [], 0
    try:
        drawn_with = pdf.drawn_with()
    except pdf.NoFont:
        return Result("papers_are_as_issued", 0, 0, [])
    papers = Document.objects.filter(drawn_with=drawn_with).exclude(
        case__in=destroyed("customer_data")
    )
    for paper in papers.order_by("-pk")[:PAPERS]:
        n += 1
        try:
            drawn = (digest_of(paper), digest_of(paper, plain=True))
        except (KefuError, KeyError, ArithmeticError):  # a fact is gone, or is none
            drawn = ("", "")
        if drawn != (paper.digest, paper.plain_digest):
            altered.append(f"paper {paper.pk} is not what its digest says")
    return Result("papers_are_as_issued", n, len(altered), altered[:SHOWN])


def payslip_contents() -> Result:
    """The slips of the last locked months are still what their frozen facts come to, step by step."""
    slips = Payslip.objects.filter(run__state=PayRun.State.LOCKED, net__isnull=False)
    altered, n = [], 0
    for slip in slips.order_by("-run__month", "pk").prefetch_related("parts")[:SLIPS]:
        n += 1
        try:
            found = pay_digest(computed(slip))
        except (ValueError, LookupError):  # facts that are none any more
            found = ""
        if found != slip.digest:
            altered.append(f"payslip {slip.pk} is not what its facts come to")
    return Result("payslip_is_what_its_facts_come_to", n, len(altered), altered[:SHOWN])


def takeback_contents() -> Result:
    """What came back of paid months is still what its facts come to."""
    rows = PayAdjustment.objects.filter(inputs__has_key="parts").order_by("-pk")[:TAKEBACKS]
    altered = []
    for row in rows:
        try:
            found = difference(row.inputs)
        except (Refused, ValueError, LookupError):  # facts that are none any more
            found = None
        if found != row.amount:
            altered.append(f"adjustment {row.pk} is not what its facts come to")
    return Result("takeback_is_what_its_facts_come_to", len(rows), len(altered), altered[:SHOWN])
