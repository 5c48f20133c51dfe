"""Templates and phone scripts that may be picked, filled in with what the page shows anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.knowledge import above
from kefu.knowledge.models import Wording, WordingVersion
from kefu.knowledge.services.wordings import VARIABLE
from kefu.network.models import Party
from kefu.policy.phrases import Script, scripts
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from kefu.workbench.selectors import Desk

BLANK = "＿＿"  # what a page does not know is left for the agent to fill in


@dataclass(frozen=True, slots=True)
class Filled:
    """A wording with its variables filled in; ``blanks``: those that nothing is known for."""

    wording: Wording
    text: str
    blanks: tuple[str, ...]

    @property
    def version(self) -> int:
        return self.wording.version


@dataclass(frozen=True, slots=True)
class Now:
    """Something that goes on, with what to say of it: the rulebook's own first, then the house's."""

    title: str
    text: str
    wordings: Sequence[Filled]


@dataclass(frozen=True, slots=True)
class Scripts:
    """What is said on the phone. ``going_on`` comes first, then what the rulebook prescribes, then the house's."""

    going_on: Sequence[Now]
    prescribed: Sequence[Script]
    house: Sequence[Filled]


def fill(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the text with its variables replaced, and the names of those left blank. Nothing else is done to it:
    what a value holds is text, braces too.
    """
    blanks = [name for name in VARIABLE.findall(text) if not values.get(name)]
    filled = VARIABLE.sub(lambda found: values.get(found[1]) or BLANK, text)
    return filled, tuple(dict.fromkeys(blanks))


def company_name() -> str:
    if settings.KEFU_COMPANY_NAME:
        return str(settings.KEFU_COMPANY_NAME)
    found = Party.objects.filter(kind=Party.Kind.COMPANY).first()
    return found.name if found else ""


def values_for(
    *, desk: Desk, employee: Employee | None, case: Case | None, now: datetime
) -> dict[str, str]:
    """What the variables stand for: of a case only what its page shows unasked, people masked."""
    values = {
        "company": company_name(),
        "department": desk.department_name,
        "agent": (employee.nickname or employee.number) if employee else desk.number,
        "today": f"{now.astimezone(SHANGHAI):%Y-%m-%d}",
    }
    if case is None:
        return values
    waybill = case.waybill
    outlet = case.outlet or (waybill.destination if waybill else None)
    due = case.next_due_at if case.next_due_at and case.next_due_at > now else None
    return values | {
        "case": case.number,
        "customer": case.customer_name_masked,
        "waybill": case.waybill_number,
        "outlet": outlet.name if outlet else "",
        "destination": waybill.route_to if waybill else "",
        "due": f"{due.astimezone(SHANGHAI):%m-%d %H:%M}" if due else "",
    }


def templates(
    *, department_id: int | None, values: Mapping[str, str], channel: str = ""
) -> list[Filled]:
    """What may be picked for a reply, in both languages: those of the channel first, then the department's own."""
    found = [
        _filled(one, values)
        for one in Wording.objects.in_use()
        .of_department(department_id)
        .select_related("department")
        .order_by("occasion", "name", "pk")
    ]
    return sorted(
        found,
        key=lambda one: (
            one.wording.channel != channel,
            one.wording.language != Wording.Language.CHINESE,
            one.wording.department_id is None,
        ),
    )


def phone_scripts(
    *, desk: Desk, employee: Employee | None, case: Case | None, now: datetime
) -> Scripts:
    """What is said on the phone now. The scripts in the reader's language first; customers hear either."""
    values = values_for(desk=desk, employee=employee, case=case, now=now)
    department = case.department_id if case else desk.department_id
    reads = get_language() or Wording.Language.CHINESE
    house = [
        one
        for one in templates(department_id=department, values=values)
        if one.wording.channel == Wording.Channel.PHONE
    ]
    order = list(Wording.Occasion.values)
    house.sort(key=lambda one: (one.wording.language != reads, order.index(one.wording.occasion)))
    going_on = [
        Now(one.title, one.text, [two for two in house if two.wording.occasion == one.occasion])
        for one in above.going_on()
    ]
    offered = {two.version for one in going_on for two in one.wordings}
    return Scripts(
        going_on,
        _prescribed(department, values["agent"], now),
        [one for one in house if one.version not in offered],
    )


def _prescribed(department_id: int | None, agent: str, now: datetime) -> list[Script]:
    """The greeting and the closing words of the department's rulebook (SD-150.06, ES-203.07, ES-203.20)."""
    try:
        using = edition_in_force(department_id=department_id, at=now)
    except KefuError:
        return []  # without a rulebook there are no set words
    return scripts(using.rules, agent=agent, language=get_language() or "zh-hans")


def _filled(wording: Wording, values: Mapping[str, str]) -> Filled:
    text, blanks = fill(wording.text, values)
    return Filled(wording, text, blanks)


def version_used(pk: int | None) -> dict[str, object] | None:
    """What an interaction keeps of the version it was written with; None where none was, or none such is approved."""
    found = (
        WordingVersion.objects.select_related("wording")
        .filter(pk=pk, approved_at__isnull=False)
        .first()
        if pk
        else None
    )
    return found.told() if found else None
