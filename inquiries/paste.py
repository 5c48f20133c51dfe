"""A pasted message as its page tells it: the text with what was found marked, what it was taken for and how surely,
and the cases it will become. Reads only; ``services.register_paste`` does it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inquiries.forms_intake import COMPLAINT_FIELDS, SUMMARY, DoubtForm, LineForm, PasteForm
from inquiries.models import Inquiry
from inquiries.recognition import MAX_CHARACTERS, recognise
from inquiries.recognition.found import Confidence, Found, Recognised
from inquiries.selectors import intake as selectors
from inquiries.selectors.intake import Ahead, ClockAhead, ClockName, Doubt, Line, Reading
from inquiries.services.complaints import wanted_fields
from inquiries.services.intake import FORWARDED, TIMED
from kefu import punctuation
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.privacy import masks, redact
from kefu.workbench import wording
from kefu.workbench.selectors.desk import Desk

PASTE_NUMBERS = 60  # numbers of one message; more is a table to import
DIGITS = 12  # of a waybill number of ours
KEYS = "123456789"
KIND_OF = {
    "trace": Inquiry.Kind.TRACE,
    "expedite": Inquiry.Kind.EXPEDITE,
    "address_change": Inquiry.Kind.CHANGE,
    "self_pickup": Inquiry.Kind.CHANGE,
    "complaint": Inquiry.Kind.COMPLAINT,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text; ``look`` is empty, "known" or "ask", ``of`` the numbers it belongs to."""

    text: str
    look: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the message says besides the number, masked, and what we think of it."""

    label: str
    words: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A parcel of the message with its form. ``becomes``: new, add or done."""

    line: Line
    form: LineForm
    becomes: str
    title: str
    whereabouts: str
    confidence: Confidence
    facts: Sequence[Fact]
    case: Case | None  # the one it is added to, or became
    asks: bool  # its delivering outlet may be asked along

    @property
    def number(self) -> str:
        return self.line.number


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a doubtful number may be; ``key`` presses it."""

    value: str
    number: str
    words: str
    key: str
    id: str


@dataclass(frozen=True, slots=True)
class ShownDoubt:
    doubt: Doubt
    name: str
    words: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class PastePage:
    """Everything right of the text. ``problem`` says why a text could not be read; then there is nothing else."""

    form: PasteForm
    marks: Sequence[Mark]
    problem: str
    heading: str
    doubts: Sequence[ShownDoubt]
    lines: Sequence[ShownLine]
    others: Sequence[Fact]  # who writes
    current: str
    done: Sequence[tuple[str, str]]  # number and the case it became, earlier from the same text
    ahead: Ahead
    forwards: bool  # the writer's desk only passes inquiries on (CD-06.28)
    pending: int
    reading: Reading | None

    @property
    def to_do(self) -> list[ShownLine]:
        return [line for line in self.lines if line.becomes != "done"]

    @property
    def submit(self) -> str:
        """建 2 单，追加 1 单."""
        new = sum(line.becomes == "new" for line in self.lines)
        added = sum(line.becomes == "add" for line in self.lines)
        parts = [
            ngettext("建 %d 单", "建 %d 单", new) % new if new else "",
            ngettext("追加 %d 单", "追加 %d 单", added) % added if added else "",
        ]
        return punctuation.listed(*parts) or _("还没有要建的单")


def page(
    posted: QueryDict, *, desk: Desk, user: Any, now: datetime, bound: bool = False
) -> PastePage:
    """Read ``posted`` as it stands. ``bound``: keep every field as posted, to be checked and saved; otherwise
    what the agent has not touched follows the message."""
    text = line_ends(posted.get("text", ""))
    recognised, problem = _recognise(text)
    done = _done(posted, user=user)
    form = PasteForm(
        posted if bound else None, suggested={}, desk=desk, initial=_kept(posted, text)
    )
    owner: Any = form.fields["owner"]
    usual = owner.usual()
    if recognised is None:
        form.suggested = _common(None, usual)
        form.follow(posted)
        return PastePage(
            form, [Mark(text)], problem, "", [], [], [], "", [], Ahead(), owner.forwards, 0, None
        )
    picks = {found.value: posted.get(f"d{found.value}-pick", "") for found in recognised.waybills}
    reading = selectors.read(recognised=recognised, picks=picks, user=user)
    cases = dict(done)
    form.suggested = suggested = _common(reading, usual)
    form.follow(posted)
    assignee = owner.of(str(form["owner"].value() or ""))
    wanted = (
        wanted_fields(department=assignee.department, agitated=False, now=now) if assignee else ()
    )
    lines = [
        _line(line, posted, wanted, asks=not owner.forwards, cases=cases, now=now, bound=bound)
        for line in reading.lines
    ]
    ahead = _ahead(form["channel"].value(), assignee, lines, now)
    receipt = _receipt(lines, reading, ahead.clocks, desk, now)
    form.suggested = {**suggested, "receipt": receipt}
    form.follow(posted)
    current = posted.get("current", "")
    numbers = [line.number for line in lines]
    if current not in numbers:
        current = next(
            (line.number for line in lines if line.becomes == "new"), numbers[0] if numbers else ""
        )
    return PastePage(
        form=form,
        marks=list(_marks(reading)),
        problem="",
        heading=_heading(recognised),
        doubts=list(_doubts(reading, now)),
        lines=lines,
        others=_writer(reading),
        current=current,
        done=list(cases.items()),
        ahead=ahead,
        forwards=owner.forwards,
        pending=len(reading.pending),
        reading=reading,
    )


def line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _kept(posted: QueryDict, text: str) -> dict[str, str]:
    return {"text": text, "ticket": posted.get("ticket", "")}


def _recognise(text: str) -> tuple[Recognised | None, str]:
    try:
        redact.clean(text, max_length=MAX_CHARACTERS, field="text")
        recognised = recognise(text, lengths=(DIGITS,))
    except KefuError as error:
        return None, str(error)
    if len(recognised.waybills) > PASTE_NUMBERS:
        return None, _("一次最多 {most} 个单号，现在有 {n} 个，请分几次，或用导入").format(
            most=PASTE_NUMBERS, n=len(recognised.waybills)
        )
    return recognised, ""


def _done(posted: QueryDict, *, user: Any) -> list[tuple[str, str]]:
    """What this text has become already: pairs of waybill number and case number, as the page carries them."""
    pairs = [
        tuple(one.split("=", 1)) for one in posted.getlist("done")[:PASTE_NUMBERS] if "=" in one
    ]
    known = (
        set(
            Case.objects.visible_to(user)
            .filter(number__in=[p[1] for p in pairs])
            .values_list("number", flat=True)
        )
        if pairs
        else set()
    )
    return [(number, case) for number, case in pairs if case in known]


# -- the three columns ------------------------------------------------------------------------------


def _marks(reading: Reading) -> Iterator[Mark]:
    text, at = reading.recognised.text, 0
    of: dict[Found, list[str]] = {}
    for line in reading.lines:
        for found in (line.found, *line.names, *line.phones):
            of.setdefault(found, []).append(line.number)
    asked = {doubt.found for doubt in reading.pending}
    for start, end, found in reading.recognised.marks:
        if start > at:
            yield Mark(text[at:start])
        yield Mark(
            text[start:end], "ask" if found in asked else "known", " ".join(of.get(found, ()))
        )
        at = end
    yield Mark(text[at:])


def _heading(recognised: Recognised) -> str:
    waybills, calls, people = (
        len(recognised.waybills),
        len(recognised.phones),
        len(recognised.names),
    )
    parts = [
        ngettext("%d 个单号", "%d 个单号", waybills) % waybills,
        ngettext("%d 个电话", "%d 个电话", calls) % calls if calls else "",
        ngettext("%d 个称呼", "%d 个称呼", people) % people if people else "",
    ]
    return _("识别到 {what}").format(what=punctuation.listed(*parts))


def _doubts(reading: Reading, now: datetime) -> Iterator[ShownDoubt]:
    pending = reading.pending[:1]
    for doubt in reading.doubts:
        form = DoubtForm(doubt=doubt, prefix=f"d{doubt.found.value}")
        parcels = {parcel.number: parcel for parcel in doubt.candidates}
        options = []
        for index, (value, label) in enumerate(form.fields["pick"].choices):  # type: ignore[attr-defined]
            parcel = parcels.get(value)
            options.append(
                Option(
                    value=value,
                    number=parcel.number if parcel else "",
                    words=_sent(parcel, now) if parcel else label,
                    # Only the first undecided number answers to the keys, or they would be ambiguous.
                    key=KEYS[index] if doubt in pending and index < len(KEYS) else "",
                    id=f"id_{form.add_prefix('pick')}_{index}",
                )
            )
        yield ShownDoubt(doubt, form.add_prefix("pick"), doubt_words(doubt), options)


def _sent(parcel: selectors.Parcel, now: datetime) -> str:
    """When, from whom and where to: 昨 16:52 吴* 寄，扬州 → 西安."""
    return _("{at} {who} 寄，{route}").format(
        at=wording.moment(parcel.waybill.accepted_at, now),
        who=parcel.waybill.sender_name_masked or _("寄件人"),
        route=parcel.route,
    )


def doubt_words(doubt: Doubt) -> str:
    size = len(doubt.found.value)
    if doubt.unknown:
        return _("库里没有这一票")
    return {
        "digits_missing": _("{n} 位，缺 {k} 位").format(n=size, k=DIGITS - size),
        "digits_extra": _("{n} 位，多 {k} 位").format(n=size, k=size - DIGITS),
        "glued": _("几个单号连在一起"),
        "phone_or_waybill": _("像电话，也像单号"),
    }.get(doubt.found.reason, _("拿不准"))


def _line(
    line: Line,
    posted: QueryDict,
    wanted: Collection[str],
    *,
    asks: bool,
    cases: dict[str, str],
    now: datetime,
    bound: bool,
) -> ShownLine:
    asks = asks and line.parcel is not None and line.parcel.outlet is not None
    suggested = _suggest(line, asks=asks, now=now)
    form = LineForm(
        posted if bound else None,
        line=line,
        wanted=wanted,
        suggested=suggested,
        prefix=f"w{line.number}",
    )
    form.follow(posted)
    adds_to = form.adds_to
    becomes = "done" if line.number in cases else "add" if adds_to else "new"
    kind = (
        Inquiry.Kind(form["kind"].value())
        if form["kind"].value() in Inquiry.Kind
        else Inquiry.Kind.TRACE
    )
    tail = line.number[-4:]
    return ShownLine(
        line=line,
        form=form,
        becomes=becomes,
        title={"done": _("已建 {tail}"), "add": _("追加 {tail}")}.get(
            becomes, "{kind} {tail}"
        ).format(kind=kind.label, tail=tail),
        whereabouts=line.parcel.whereabouts(now) if line.parcel else _("查无此单"),
        # A number that is exactly one of ours leaves no doubt; one that nobody knows keeps it.
        confidence="high" if line.parcel else "low",
        facts=list(_facts(line)),
        case=adds_to,
        asks=asks,
    )


def _suggest(line: Line, *, asks: bool, now: datetime) -> dict[str, str]:
    kind = KIND_OF.get(line.kind.value, Inquiry.Kind.OTHER) if line.kind else Inquiry.Kind.TRACE
    summary = line.text
    if not summary and line.parcel is not None:
        summary = punctuation.listed(
            str(kind.label), line.parcel.route, line.parcel.whereabouts(now)
        )
    return {
        "where": f"add:{line.open_cases[0].number}" if line.open_cases else "new",
        "reason": "",
        "kind": kind.value,
        "cause": "",
        "priority": "0",
        # What turns or hides text stays in the original, not in our words.
        "summary": redact.clean((summary or str(kind.label))[:SUMMARY], max_length=2 * SUMMARY),
        "ask": "on" if asks and kind in FORWARDED else "",
        **dict.fromkeys(COMPLAINT_FIELDS, ""),
    }


def _facts(line: Line) -> Iterator[Fact]:
    labels = {"recipient": _("收件人"), "sender": _("寄件人"), "writer": _("写信人")}
    waybill = line.parcel.waybill if line.parcel else None
    for found in line.names:
        side = selectors.side_of_name(waybill, found.value) if waybill else None
        masked = masks.mask_name(found.value)
        yield Fact(
            labels.get(found.role, _("称呼")), *_compared(masked, side, found, waybill is not None)
        )
    for found in line.phones:
        side = selectors.side_of_phone(waybill, found.value) if waybill else None
        masked = masks.mask_phone(found.value)
        yield Fact(_("电话"), *_compared(masked, side, found, waybill is not None))
    if line.kind is not None:
        kind = KIND_OF.get(line.kind.value, Inquiry.Kind.OTHER)
        words = punctuation.listed(str(kind.label), reason_words(line.kind))
        yield Fact(_("归类"), words, line.kind.confidence)


def _compared(masked: str, side: str | None, found: Found, known: bool) -> tuple[str, Confidence]:
    """What was written, against the label: the same is sure, something else is worth a question."""
    if side == "receiver":
        return _("{what}，与面单收件人一致").format(what=masked), "high"
    if side == "sender":
        return _("{what}，与面单寄件人一致").format(what=masked), "high"
    if known:
        return _("{what}，面单上没有").format(what=masked), "low"
    return masked, found.confidence


def reason_words(found: Found) -> str:
    """Which words of the message made us think of this kind."""
    return _("原话“{words}”").format(words=found.raw[:16])


def _writer(reading: Reading) -> list[Fact]:
    recognised, facts = reading.recognised, []
    if recognised.writer is not None:
        who = recognised.writer_firm + masks.mask_name(recognised.writer.value)
        facts.append(Fact(_("写信人"), who, recognised.writer.confidence))
    if recognised.callback is not None:
        masked = masks.mask_phone(recognised.callback.value)
        sides = {
            selectors.side_of_phone(p.waybill, recognised.callback.value) for p in _parcels(reading)
        } - {None}
        words = _("{what}，与面单一致").format(what=masked) if sides else masked
        facts.append(Fact(_("回电"), words, "high" if sides else recognised.callback.confidence))
    return facts


def _parcels(reading: Reading) -> list[selectors.Parcel]:
    return [line.parcel for line in reading.lines if line.parcel is not None]


# -- what all cases share --------------------------------------------------------------------------


def _common(reading: Reading | None, usual: str) -> dict[str, str]:
    recognised = reading.recognised if reading else None
    phone = _callback(recognised) if recognised else ""
    name = (
        f"{recognised.writer_firm}{recognised.writer.value}"
        if recognised and recognised.writer
        else ""
    )
    return {
        "customer_name": name,
        "asker": _asker(reading, phone) if reading else "",
        "customer_phone": phone,
        "channel": Interaction.Channel.CHAT.value,
        "owner": usual,
        "receipt": "",
    }


def _callback(recognised: Recognised) -> str:
    """The phone the writer named as his, or the only one there is, unless it is said to be another's."""
    if recognised.callback is not None:
        return recognised.callback.value
    plain = [phone for phone in recognised.phones if phone.confidence == "high"]
    return plain[0].value if len(plain) == 1 and not plain[0].role else ""


def _asker(reading: Reading, phone: str) -> str:
    """Who asks, where something speaks for it; otherwise the agent says."""
    sides = (
        {selectors.side_of_phone(parcel.waybill, phone) for parcel in _parcels(reading)}
        if phone
        else set()
    )
    for side, asker in (("sender", Inquiry.Asker.SENDER), ("receiver", Inquiry.Asker.RECEIVER)):
        if side in sides:
            return asker.value
    speaks_of_recipients = any(
        found.role == "recipient" for line in reading.lines for found in (*line.names, *line.phones)
    )
    return Inquiry.Asker.SENDER.value if speaks_of_recipients or len(reading.lines) > 1 else ""


def _ahead(channel: str, assignee: Any, lines: Sequence[ShownLine], now: datetime) -> Ahead:
    if assignee is None:
        return Ahead()
    wanted: list[ClockName] = []
    if any(line.becomes == "new" and line.form["kind"].value() in TIMED for line in lines):
        wanted.append("reply")
    if any(line.becomes == "add" for line in lines):
        wanted.append("again")
    if any(line.becomes == "new" and line.asks and line.form["ask"].value() for line in lines):
        wanted.append("feedback")
    return selectors.clocks_ahead(
        wanted=wanted, department=assignee.department, channel=channel, received_at=None, now=now
    )


def _receipt(
    lines: Sequence[ShownLine],
    reading: Reading,
    clocks: Sequence[ClockAhead],
    desk: Desk,
    now: datetime,
) -> str:
    """What to send back to the customer: what we do about which number, by when, and what we still need."""
    parts = []
    for becomes, clock_name, words, undated in (
        ("new", "reply", _("{numbers} 已登记，{by} 前回复您"), _("{numbers} 已登记，查到就回复您")),
        (
            "add",
            "again",
            _("{numbers} 正在办理，{by} 前回复您"),
            _("{numbers} 正在办理，有结果就回复您"),
        ),
    ):
        tails = punctuation.alike(*(line.number[-4:] for line in lines if line.becomes == becomes))
        clock = next((one for one in clocks if one.name == clock_name), None)
        if tails:
            parts.append(
                words.format(numbers=tails, by=by_when(clock.due_at, now))
                if clock
                else undated.format(numbers=tails)
            )
    parts += [
        _("{number} {why}，请核对后再发一次").format(number=doubt.found.value, why=_why_not(doubt))
        for doubt in reading.doubts
        if doubt.picked in ("", "none")
    ]
    if not parts:
        return ""
    return _("您好，{department} {number} 为您服务。{parts}。").format(
        department=desk.department_name, number=desk.number, parts=punctuation.in_turn(*parts)
    )


def _why_not(doubt: Doubt) -> str:
    """The same to the customer, who has no database."""
    return _("查不到") if doubt.unknown else doubt_words(doubt)


def by_when(due_at: datetime, now: datetime) -> str:
    local = due_at.astimezone(SHANGHAI)
    return (
        f"{local:%H:%M}"
        if local.date() == now.astimezone(SHANGHAI).date()
        else wording.due(due_at, now)
    )
