"""What the rulebook says about a receipt: how its name is written, how long it is kept, what its loss costs. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.errors import KefuError
from kefu.policy.access import Actor, may
from kefu.policy.clauses import Consequence
from kefu.policy.consequences import consequence
from kefu.policy.explanation import explain
from kefu.policy.measures import classify, counted
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import MAX_FILLER, composed, judge_text, requirements
from kefu.policy.retention import retention_ends
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.privacy import masks, redact
from problem_parcels.models import ReceiptEntry
from problem_parcels.wording import stored

Read = ReceiptEntry.Read

NAME_LIMIT = 60  # characters
COMMA = ","
# What a clerk types in one field for a signature that is none: faster than choosing from a list.
ILLEGIBLE = {".", "。", "草签"}
MISSING = {"-", "已收"}
STAMP = {"*", "章", "邮件签收章"}
REFUSED = "拒收"


def said(steps: Any) -> str:
    """The reasons in the reader's language, one after the other."""
    lines = explain(steps, get_language() or "zh-hans")
    return punctuation.in_turn(
        *(
            _("%(reason)s（%(clauses)s）") % {"reason": line.text, "clauses": line.clause}
            for line in lines
        )
    )


# The signature.


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands on the slip. ``name``: what is legible of it; ``unreadable``: how many characters of the given
    name are not; ``refused``: the customer wrote that he refuses, after his name."""

    read: ReceiptEntry.Read
    name: str = ""
    unreadable: int = 0
    refused: bool = False


def read_signature(text: str) -> Signature:
    """Return what a clerk means by what he typed in one field: ``张国华``, ``张,,``, ``,国华``, ``.`` illegible,
    ``-`` unsigned, ``*`` a stamp, ``*张国华`` a stamp with a legible name, and 拒收 after any of them.

    Either width of the comma is taken. Raises KefuError naming ``signature``.
    """
    entry = unicodedata.normalize("NFKC", redact.clean(text, max_length=NAME_LIMIT, field=FIELD))
    entry = entry.replace("、", COMMA).replace(" ", "")
    if not entry:
        raise KefuError(_("还没有写签收人"), code="text_required", field=FIELD)
    refused = entry.endswith(REFUSED)
    entry = entry.removesuffix(REFUSED)
    if not entry:
        raise KefuError(
            _("“拒收”写在签收人后面；没有签字的写 -拒收"), code="text_required", field=FIELD
        )
    if entry in ILLEGIBLE | MISSING | STAMP:
        kind = (
            Read.ILLEGIBLE
            if entry in ILLEGIBLE
            else Read.MISSING
            if entry in MISSING
            else Read.STAMP
        )
        return Signature(kind, refused=refused)
    entry = entry.removeprefix("*")  # a legible name beside a stamp wins (CD-10.13)
    if not entry.strip(COMMA):
        raise KefuError(
            _("只有逗号不成签收人：认得出的字要写，都看不清用 . 记草签"),
            code="only_commas",
            field=FIELD,
        )
    if entry.startswith(COMMA):
        return Signature(Read.GIVEN_NAME, entry.lstrip(COMMA), refused=refused)
    if entry.endswith(COMMA):
        name = entry.rstrip(COMMA)
        return Signature(Read.SURNAME, name, unreadable=len(entry) - len(name), refused=refused)
    return Signature(Read.FULL_NAME, entry, refused=refused)


FIELD = "signature"
PASSED = {"text_accepted", "text_not_set"}  # what a clause says of a text that it lets pass
PLACES = {Read.FULL_NAME: "full_name", Read.SURNAME: "surname", Read.GIVEN_NAME: "given_name"}


@dataclass(frozen=True, slots=True)
class Signer:
    """The words that are stored, their mask, and the reasons."""

    text: str
    masked: str
    steps: tuple[Step, ...]


def signer(signature: Signature, rules: Rulebook, *, damaged_inside: bool) -> Signer:
    """Return how the rulebook wants the signature written (CD-10.04, CD-10.07 … CD-10.13, CD-07.13).

    ``damaged_inside``: the parcel is known as intact outside and damaged inside; then a plain name is refused.
    Raises KefuError naming ``signature``.
    """
    name = unicodedata.normalize("NFKC", signature.name).strip()
    steps: list[Step] = []
    place = PLACES.get(signature.read)
    if place:
        if not name:
            raise KefuError(_("还没有写签收人"), code="text_required", field=FIELD)
        if COMMA in name:
            raise KefuError(
                _("逗号只代替看不清的姓（写在前面）或名（写在后面）"),
                code="comma_inside",
                field=FIELD,
            )
        verdict = judge_text(rules, FIELD, name)
        if not verdict.accepted:
            faults = [step for step in verdict.steps if step.key not in PASSED]
            raise KefuError(said(faults), code="signature_refused", field=FIELD)
        steps += verdict.steps
    if not 0 <= signature.unreadable <= MAX_FILLER:
        raise KefuError(_("看不清的字数不对"), code="out_of_range", field=FIELD)
    if signature.read == Read.SURNAME and not signature.unreadable:
        raise KefuError(
            _("只认得姓的，名字有几个字看不清就写几个逗号"), code="unreadable_wanted", field=FIELD
        )
    words = composed(
        rules,
        "signature_entry",
        {"signature": signature.read.value},
        values={place: name} if place else {},
        counts={"unreadable_characters": signature.unreadable},
    )
    text = words.text or _plainly(signature, name)
    masked = _masked(signature, text, name)
    steps += words.steps
    if damaged_inside and not signature.refused:
        raise KefuError(
            _("外好内损的件，签收人后面要有“拒收”：照回单写成“姓名拒收”（CD-07.13）"),
            code="refusal_wanted",
            field=FIELD,
        )
    if signature.refused:
        ending = composed(
            rules,
            "damaged_receipt",
            {"outside": "intact", "inside": "damaged"},
            values={"signer_name": text},
        )
        masked += REFUSED
        text = ending.text or text + REFUSED
        steps += ending.steps
    return Signer(text, masked, tuple(steps))


def _plainly(signature: Signature, name: str) -> str:
    """Under a rulebook without words of its own for it: as it was read."""
    if signature.read == Read.SURNAME:
        return name + COMMA * signature.unreadable
    if signature.read == Read.GIVEN_NAME:
        return COMMA + name
    return name or stored(signature.read.label)


def _masked(signature: Signature, text: str, name: str) -> str:
    if signature.read == Read.FULL_NAME:
        return masks.mask_name(name)
    if signature.read == Read.GIVEN_NAME:
        return COMMA + "*" * len(name)
    return text  # a surname with commas, or no name at all


# The number on the slip.


def merged_numbers(barcode: str, lower_left: str, rules: Rulebook) -> Iterator[str]:
    """Yield the numbers that the digits of the bar code and those at the lower left can make together (CD-10.15).

    The two groups may overlap; the longest overlap comes first.
    """
    barcode, lower_left = (
        re.sub(r"\s", "", unicodedata.normalize("NFKC", one)).upper()
        for one in (barcode, lower_left)
    )
    for shared in range(min(len(barcode), len(lower_left)), -1, -1):
        if barcode.endswith(lower_left[:shared]):
            words = composed(
                rules,
                "receipt_number",
                {"barcode": "partial"},
                values={
                    "barcode_digits": barcode,
                    # A template wants something; a group that adds nothing is no group.
                    "lower_left_digits": lower_left[shared:],
                },
            )
            if words.text:
                yield words.text


def may_enter(*, upper_complete: bool, lower_complete: bool, rules: Rulebook) -> bool:
    """Whether a slip is entered at all: not where both groups of digits are incomplete (CD-10.16)."""
    facts = {
        "upper_digits": "complete" if upper_complete else "incomplete",
        "lower_digits": "complete" if lower_complete else "incomplete",
    }
    try:
        return may(rules, "enter_receipt", Actor(), facts).allowed
    except NotInRulebook:
        return upper_complete or lower_complete


# What has to be there.


def lacks(rules: Rulebook, form: str, recorded: set[str], facts: dict[str, str]) -> None:
    """Refuse a form of receipts that lacks something, naming the first of it and the clause."""
    found = requirements(rules, form, recorded, facts)
    if not found.complete:
        step = next(step for step in found.steps if step.key.startswith("fields_lack"))
        raise KefuError(said([step]), code="field_required", field=found.missing[0])


def left_out_over(missed: int, rules: Rulebook) -> int:
    """Return by how many entries a person left out more than the rulebook lets pass on a day (CD-10.02)."""
    try:
        found = counted(rules, "missed_receipt_entries", {"any": Decimal(missed)})
    except NotInRulebook:
        return 0
    return sum(int(count.over) for count in found.counts)


# How long it is kept, and what its loss costs.


@dataclass(frozen=True, slots=True)
class Kept:
    """``until``: the last day on which the slip has to be there; None: without end."""

    until: date | None
    steps: tuple[Step, ...]


def kept(since: date, rules: Rulebook) -> Kept:
    """Return until when a receipt is kept whose parcel arrived on ``since`` (CD-05.14)."""
    try:
        ends = retention_ends("signed_receipt", since, rules)
    except NotInRulebook:  # nothing speaks of it: nothing may be destroyed
        return Kept(None, ())
    return Kept(ends.last_on, ends.steps)


@dataclass(frozen=True, slots=True)
class Owed:
    """Whether the delivering outlet owes the receipt, and why."""

    owed: bool
    steps: tuple[Step, ...]


def service_owed(service: str, since: date, on: date, rules: Rulebook) -> Owed:
    """Return whether a receipt asked for on ``on`` has to be found (CD-05.15)."""
    age = Decimal(max((on - since).days, 0))
    try:
        found = classify(rules, "receipt_service", {"service": service}, {"receipt_age_days": age})
    except NotInRulebook:
        return Owed(False, ())
    return Owed(found.of == "owed", found.steps)


@dataclass(frozen=True, slots=True)
class Fined:
    """What it costs: ``inputs`` as a penalty keeps them, ``amount`` None where it costs nothing."""

    clause: str
    amount: Decimal | None
    condition: str
    inputs: dict[str, Any]
    steps: tuple[Step, ...]


def receipt_fine(outcome: str, *, owed: bool, ours: bool, rules: Rulebook) -> Fined | None:
    """Return what a receipt that was refused or not found costs the delivering outlet (CD-05.16).

    None where the rulebook has no clause for it, and where we delivered ourselves (``ours``): whoever collects the
    fines owes himself none.
    """
    if ours:
        return None
    fact = f"receipt_{outcome}"
    clause = next((c for c in rules.in_force(Consequence) if fact in c.needs_any), None)
    if clause is None:
        return None
    established = (*(("asked_in_keeping_period",) if owed else ()), fact)
    found = assess(rules, Breach(clause=clause.id, established=established))
    spec = consequence(rules, clause.id)
    amount = found.amount if found.state == "applies" else None
    return Fined(clause.id, amount, spec.condition, spec.inputs, found.steps)
