"""The contact book: outlets as people look for them, and the file of one with its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.admin import finding
from kefu.knowledge import above
from kefu.knowledge.above import Reached
from kefu.knowledge.models import NumberReport, OpeningHours
from kefu.network.models import ContactNumber, Party
from kefu.network.selectors import OUTLETS_OWN
from kefu.network.services import PERMISSION
from kefu.workbench.selectors import Desk

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A number of an outlet: when it was last called, and whether somebody found it wrong."""

    number: ContactNumber
    reached: Reached | None
    report: NumberReport | None


@dataclass(frozen=True, slots=True)
class Entry:
    party: Party
    lines: Sequence[Line]
    hours: OpeningHours | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history of a file."""

    at: datetime
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class File:
    entry: Entry
    areas: Sequence[Party]
    former: Sequence[ContactNumber]
    changes: Sequence[Change]


def found(text: str, *, now: datetime) -> tuple[list[Entry], bool]:
    """Outlets by name, code, pinyin, initials, or by a number or its last four digits; whether there are more."""
    parties = Party.objects.outlets().select_related("region__parent")
    if text:
        meant = finding.party(text, "")
        person = finding.person(text, "lookup")
        if person is not None:
            numbers = ContactNumber.objects.current(now).filter(person, kind__in=OUTLETS_OWN)
            meant |= Q(pk__in=numbers.values("party"))
        parties = parties.filter(meant)
    rows = list(parties.order_by("pinyin", "code")[: SHOWN + 1])
    return entries(rows[:SHOWN], now=now), len(rows) > SHOWN


def entries(parties: Sequence[Party], *, now: datetime) -> list[Entry]:
    """What stands in the book of each, in as many questions however many they are."""
    numbers = list(
        ContactNumber.objects.current(now)
        .filter(party__in=parties, kind__in=OUTLETS_OWN)
        .defer("sealed", "lookup")
        .order_by("kind")
    )
    keys = [number.pk for number in numbers]
    reached = above.reached(keys)
    reports = {
        report.number_id: report
        for report in NumberReport.objects.filter(number__in=keys, settled_at=None)
    }
    hours = {
        one.party_id: one for one in OpeningHours.objects.filter(party__in=parties, valid_to=None)
    }
    lines: dict[int, list[Line]] = {}
    for number in numbers:
        line = Line(number, reached.get(number.pk), reports.get(number.pk))
        lines.setdefault(number.party_id, []).append(line)
    return [Entry(party, lines.get(party.pk, ()), hours.get(party.pk)) for party in parties]


def file_of(party: Party, *, now: datetime) -> File:
    """All that is known of an outlet: as it is, as it was, and who changed it when."""
    numbers = list(
        ContactNumber.objects.filter(party=party, kind__in=OUTLETS_OWN)
        .select_related("recorded_by__employee__party")
        .defer("sealed", "lookup")
        .order_by("-valid_from", "-pk")
    )
    hours = list(
        OpeningHours.objects.filter(party=party).select_related("recorded_by__employee__party")
    )
    reports = list(
        NumberReport.objects.filter(number__party=party).select_related(
            "number", "reported_by__employee__party", "settled_by__employee__party"
        )
    )
    changes = [
        Change(
            one.valid_from,
            punctuation.headed(
                one.get_kind_display(), f"{one.number_masked} {one.holder_masked}".strip()
            ),
            _who(one.recorded_by) or _("网点自己"),
        )
        for one in numbers
    ]
    changes += [
        Change(one.valid_from, punctuation.headed(_("营业时间"), one), _who(one.recorded_by))
        for one in hours
    ]
    for report in reports:
        about = f"{report.number.get_kind_display()} {report.number.number_masked}"
        changes.append(
            Change(
                report.reported_at,
                punctuation.headed(_("报告号码有误"), about),
                _who(report.reported_by),
            )
        )
        if report.settled_at is not None:
            outcome = punctuation.headed(report.get_outcome_display(), about)
            changes.append(Change(report.settled_at, outcome, _who(report.settled_by)))
    changes.sort(key=lambda change: change.at, reverse=True)
    return File(
        entry=entries([party], now=now)[0],
        areas=list(Party.objects.outlets().filter(parent=party).order_by("pinyin", "code")),
        former=[one for one in numbers if one.valid_to is not None and one.valid_to <= now],
        changes=changes,
    )


def _who(user: Any) -> str:
    if user is None:
        return ""
    return str(getattr(user, "employee", None) or user)


def reports_for(desk: Desk, now: datetime) -> QuerySet[NumberReport]:
    """What waits at a desk: the open reports, for whoever may settle them."""
    reports = NumberReport.objects.visible_to(desk.user).open()
    return reports if desk.user.has_perm(PERMISSION) else reports.none()
