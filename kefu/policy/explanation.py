"""Why: a stored decision told in words. Decisions keep inputs, this module keeps the language.

``explain_due`` and ``explain_penalty`` take the JSON of a row as it stands in the database, so a
penalty that one SQL statement inserted explains itself as well as one that Python made. Instants
are ISO text with an offset, amounts text; everything is shown in Shanghai time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kefu.policy.clauses import Clock, Elapsed, FixedTime, is_chinese
from kefu.policy.clauses.clocks import (
    CUSTOMER_REPLY,
    OUTLET_REPLY,
    PROMISED_CALL,
    UNREACHABLE_REPLY,
)
from kefu.policy.money import yuan
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.policy.wording import WORDS

__all__ = [
    "Explanation",
    "Fact",
    "Footer",
    "Line",
    "Step",
    "explain",
    "explain_cost",
    "explain_due",
    "explain_penalty",
    "label",
]

SHANGHAI = ZoneInfo("Asia/Shanghai")
# What a clock measures, as the facts beside it are called; any other is a clock.
KIND_OF = {
    CUSTOMER_REPLY: "reply",
    UNREACHABLE_REPLY: "reply",
    OUTLET_REPLY: "outlet",
    PROMISED_CALL: "promise",
}
# Inputs of steps that are moments; so are those whose names end in "_at".
MOMENTS = ("start", "at", "received", "failed", "recorded", "promised")
# How a clock counts, by the step that says so.
COUNTED = {"working_due": "working", "due_days": "days", "due_working_days": "working_days"}
APPLIED = ("payable", "settled")  # states in which the money or the points are owed


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of arithmetic: the words on the left, the value on the right, the clause it rests
    on.
    """

    clause: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Footer:
    """“规则手册 **客服部规章 第 3 版**，2026-10-01 起生效…” in its three parts."""

    lead: str
    rulebook: str
    note: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The headline, three columns (facts, arithmetic with its total, how it can change) and the
    footer.
    """

    clause: str
    title: str
    basis: str
    result: str
    facts: tuple[Fact, ...]
    arithmetic: tuple[Line, ...]
    total: Line
    changes: tuple[Fact, ...]
    footer: Footer


def label(key: str, language: str, **values: object) -> str:
    """Return a text of the table. Raises KeyError for a key it does not have."""
    both = WORDS[key]
    return (both.zh if is_chinese(language) else both.en).format(**values)


def explain(steps: Iterable[Step], language: str) -> tuple[Line, ...]:
    """Return the arithmetic of stored steps, line by line. Times of the first step's day stand
    without a date.
    """
    speaker = _Speaker(language)
    return tuple(speaker.step(step) for step in steps)


def explain_due(
    inputs: Mapping[str, Any],
    language: str,
    rulebook: Rulebook,
    *,
    version: int | None = None,
    effective_on: date | None = None,
) -> Explanation:
    """Explain a due time from ``Due.inputs()``: {"kind", "clause", "starts_at", "due_at", "steps":
    […], …}.

    May be added: "state" (running, met, breached, cancelled, set_aside; running if
    missing) and "answered_at".
    """
    speaker = _Speaker(language, inputs["starts_at"])
    say = speaker.say
    kind, clause, due_at = inputs["kind"], inputs["clause"], inputs["due_at"]
    state, answered_at = inputs.get("state", "running"), inputs.get("answered_at")
    steps = [Step.from_json(step) for step in inputs["steps"]]

    facts = [Fact(say(_keyed("fact.start", kind)), speaker.full(inputs["starts_at"]))]
    if answered_at or state == "breached":
        shown = speaker.full(answered_at) if answered_at else say("fact.no_answer")
        facts.append(Fact(say(_keyed("fact.answered", kind)), shown))
    facts.append(Fact(say("fact.counting"), say(_counting(steps))))

    lines = [speaker.step(step) for step in steps]
    if answered_at:
        lines.append(speaker.taken(clause, inputs["starts_at"], due_at, answered_at))

    changes = []
    if state == "running":
        changes.append(
            Fact(
                say(_keyed("change.answer", kind)),
                say("change.answer.then", due=speaker.due(due_at)),
            )
        )
        if kind == "reply":
            changes.append(Fact(say("change.interim"), say("change.interim.then")))
            changes.append(Fact(say("change.transfer"), say("change.transfer.then")))
            changes.extend(_unreachable(speaker, inputs, rulebook))
    elif state == "breached":
        then = say("change.time.met", due=speaker.due(due_at))
        changes.append(Fact(say(_keyed("change.time", kind)), then))
    elif state == "set_aside":
        changes.append(Fact(say("change.set_aside"), say("change.set_aside.then")))
    else:
        changes.append(Fact(say("change.final"), say("change.final.then")))

    return Explanation(
        clause=clause,
        title=_title(clause, language, rulebook),
        basis="",
        result=say(f"state.{state}"),
        facts=tuple(facts),
        arithmetic=tuple(lines),
        total=Line(clause, say("total.due"), speaker.due(due_at)),
        changes=tuple(changes),
        footer=_footer(speaker, rulebook, version, effective_on),
    )


def explain_penalty(
    inputs: Mapping[str, Any],
    language: str,
    rulebook: Rulebook,
    *,
    version: int | None = None,
    effective_on: date | None = None,
) -> Explanation:
    """Explain a fine or a deduction of points from what its row keeps: the inputs of the
    consequence (``ConsequenceSpec.inputs``: {"clause", "follows", "role", "kind", "each", "times",
    "condition", "also", "causes"}) and the breach: {"starts_at", "due_at", "detected_at",
    "state"}. One without a clock has "happened_at" instead.

    ``state``: provisional, payable, held, reversed, lapsed or settled. May be added: "due": the
    deadline's own inputs, to show its arithmetic step by step; "answered_at"; "complaints": how
    many are linked; "called_at": the repeat call; "met": the conditions met so far; "reversal":
    in_time, waiver, appeal or correction.
    """
    return _PenaltyStory(inputs, language, rulebook).told(version, effective_on)


def explain_cost(inputs: Mapping[str, Any], language: str) -> str:
    """Say in one line what a breach would cost, from the inputs of a consequence."""
    speaker = _Speaker(language)
    kind, condition = inputs["kind"], inputs["condition"]
    each = speaker.amount(inputs["each"], kind)
    return speaker.say(f"cost.{condition}", verb=speaker.say(f"verb.{kind}"), each=each)


class _PenaltyStory:
    """One penalty being told; the parts of the explanation share what they look up here."""

    def __init__(self, inputs: Mapping[str, Any], language: str, rulebook: Rulebook) -> None:
        self.inputs, self.language, self.rulebook = inputs, language, rulebook
        self.speaker = _Speaker(language, inputs.get("starts_at") or inputs.get("happened_at"))
        self.say = self.speaker.say
        self.clause, self.follows = inputs["clause"], inputs.get("follows", "")
        self.kind, self.state = inputs["kind"], inputs["state"]
        self.condition = inputs["condition"]
        self.due = inputs.get("due") or {}
        self.clock = self.due.get("kind") or _clock_kind(self.follows, rulebook)
        self.each = inputs["each"] and Decimal(inputs["each"])
        self.amount = self.each and self.each * inputs.get("times", 1)
        self.state_name = self._state_name()

    def told(self, version: int | None, effective_on: date | None) -> Explanation:
        say, follows = self.say, self.follows
        basis = ""
        if follows and follows != self.clause:
            title = _title(follows, self.language, self.rulebook)
            basis = say("basis", clause=follows, title=title)
        owed = self.amount if self.state in APPLIED else Decimal(0)
        return Explanation(
            clause=self.clause,
            title=_title(self.clause, self.language, self.rulebook),
            basis=basis,
            result=f"{self.state_name} {self.speaker.amount(self.amount, self.kind)}",
            facts=tuple(self._facts()),
            arithmetic=tuple(self._arithmetic()),
            total=Line(
                self.clause,
                say(f"total.{self.kind}"),
                self.speaker.amount(owed, self.kind),
            ),
            changes=tuple(self._changes()),
            footer=_footer(self.speaker, self.rulebook, version, effective_on),
        )

    def _state_name(self) -> str:
        key = f"state.{self.state}"
        return self.say(f"{key}.{self.kind}" if self.state == "payable" else key)

    def _met(self, condition: str) -> bool | None:
        """Is this condition met? None where the row does not say: nothing is claimed then."""
        inputs = self.inputs
        told = {
            "complaint": inputs.get("complaints"),
            "repeat_call": inputs.get("called_at"),
        }
        if (
            condition == "at_once"
            or self.state in APPLIED
            or condition in inputs.get("met", ())
            or told.get(condition)
        ):
            return True
        return False if self.state in ("provisional", "lapsed") else None

    def _conditions(self) -> list[str]:
        return [self.condition, *self.inputs.get("also", ())]

    def _facts(self) -> Iterable[Fact]:
        say, inputs, speaker = self.say, self.inputs, self.speaker
        if "due_at" in inputs:
            yield Fact(say(_keyed("fact.start", self.clock)), speaker.full(inputs["starts_at"]))
            answered = inputs.get("answered_at")
            shown = speaker.full(answered) if answered else say("fact.no_answer")
            yield Fact(say(_keyed("fact.answered", self.clock)), shown)
            steps = [Step.from_json(step) for step in self.due.get("steps", ())]
            yield Fact(say("fact.counting"), say(_counting(steps)))
        elif "happened_at" in inputs:
            yield Fact(say("fact.happened"), speaker.full(inputs["happened_at"]))
        yield from self._condition_facts()

    def _condition_facts(self) -> Iterable[Fact]:
        say, inputs, speaker = self.say, self.inputs, self.speaker
        for condition in ("complaint", "repeat_call"):
            met = self._met(condition)
            if condition not in self._conditions() or met is None:
                continue
            shown = say("unit.recorded" if met else "unit.none")
            if condition == "complaint" and (inputs.get("complaints") or not met):
                shown = say("unit.complaints", n=inputs.get("complaints", 0))
            elif condition == "repeat_call" and inputs.get("called_at"):
                shown = speaker.full(inputs["called_at"])
            yield Fact(say(f"fact.{condition}"), shown)

    def _arithmetic(self) -> Iterable[Line]:
        say, inputs, speaker = self.say, self.inputs, self.speaker
        if "due_at" in inputs:
            yield from self._due_lines()
            starts_at, due_at = inputs["starts_at"], inputs["due_at"]
            if answered := inputs.get("answered_at"):
                yield speaker.taken(self.follows or self.clause, starts_at, due_at, answered)
            elif detected := inputs.get("detected_at"):
                text = say("sum.unanswered", detected=speaker.moment(detected))
                yield Line(self.follows or self.clause, text, say("sum.unanswered.value"))
        each, amount = (speaker.amount(number, self.kind) for number in (self.each, self.amount))
        yield Line(
            self.clause,
            say("sum.each", each=each, times=inputs.get("times", 1)),
            amount,
        )
        for condition in self._conditions():
            met = self._met(condition)
            if met is None:
                continue
            answer = "met" if met else "open"
            yield Line(self.clause, say(f"sum.{condition}.{answer}"), self._standing(condition))
        if self.state in ("held", "lapsed"):
            yield Line(self.clause, say(f"sum.{self.state}"), self.state_name)
        if inputs.get("disputed"):
            yield Line(self.clause, say("sum.disputed"), self.state_name)
        if self.state == "reversed":
            key = _keyed("sum.reversed", inputs.get("reversal", ""))
            yield Line(self.clause, say(key), self.state_name)

    def _standing(self, condition: str) -> str:
        """What the value column says beside a condition; what happened afterwards has a line of
        its own.
        """
        if self.state in APPLIED or self.state == "provisional":
            return self.state_name
        return self.say(
            f"state.payable.{self.kind}" if self._met(condition) else "state.provisional"
        )

    def _due_lines(self) -> Iterable[Line]:
        if self.due:
            return [self.speaker.step(Step.from_json(step)) for step in self.due["steps"]]
        starts_at, due_at = self.inputs["starts_at"], self.inputs["due_at"]
        clock = self.rulebook.get(self.follows)
        stored = Step(self.follows, "due_stored", {"clause": self.follows, "at": due_at})
        if isinstance(clock, Elapsed) and clock.runs and clock.counts == "natural":
            took = datetime.fromisoformat(due_at) - datetime.fromisoformat(starts_at)
            if (
                took == clock.length
            ):  # otherwise it was paused or moved, and only the deadline knows how
                limit = clock.length
                stored = Step.of(
                    self.follows, "due_elapsed", start=starts_at, limit=limit, at=due_at
                )
        return [self.speaker.step(stored)]

    def _changes(self) -> Iterable[Fact]:
        say, state, kind = self.say, self.state, self.kind
        if state in ("reversed", "lapsed"):
            yield Fact(say("change.final"), say("change.final.then"))
            return
        if state == "held":
            yield Fact(say("change.review"), say("change.review.then"))
        if state == "provisional":
            yield from self._openings()
        side = "owner" if self.inputs["role"] == "owner" else "outlet"
        then = "change.appeal.settled" if state == "settled" else "change.appeal.then"
        yield Fact(say(f"change.appeal.{side}"), say(then))
        if state != "settled":
            yield Fact(say(f"change.waiver.{kind}"), say("change.waiver.then"))
            if "due_at" in self.inputs:
                due = self.speaker.due(self.inputs["due_at"])
                yield Fact(
                    say(_keyed("change.time", self.clock)),
                    say("change.time.then", due=due),
                )

    def _openings(self) -> Iterable[Fact]:
        """The conditions that may still be met; a repeat call no longer can once the answer is
        given.
        """
        for condition in self._conditions():
            if self._met(condition):
                continue
            if condition != "repeat_call":
                yield Fact(
                    self.say(f"change.{condition}"),
                    self.say(f"change.becomes.{self.kind}"),
                )
            elif not self.inputs.get("answered_at"):
                then = self.say(f"change.repeat_call.{self.kind}")
                yield Fact(self.say("change.repeat_call"), then)


class _Speaker:
    """Puts values into words. Moments of ``since``'s Shanghai day stand without the date."""

    def __init__(self, language: str, since: str | None = None) -> None:
        self.language, self.chinese = language, is_chinese(language)
        self.day = _local(since).date() if since else None

    def say(self, key: str, **values: object) -> str:
        both = WORDS[key]
        return (both.zh if self.chinese else both.en).format(**values)

    def full(self, moment: str) -> str:
        return _local(moment).strftime("%m-%d %H:%M:%S")

    def moment(self, moment: str) -> str:
        local = _local(moment)
        return local.strftime("%H:%M:%S" if local.date() == self.day else "%m-%d %H:%M:%S")

    def due(self, moment: str) -> str:
        """A due time: midnight is the end of the day before, “11-20 24:00”."""
        local = _local(moment)
        if local.time() != time.min:
            return self.moment(moment)
        return f"{local.date() - timedelta(days=1):%m-%d} 24:00"

    def limit(self, seconds: float) -> str:
        """A length as clauses write it: 48 hours are not two days."""
        hours, rest = divmod(seconds, 3600)
        if rest or not 1 <= hours <= 72:
            return self.duration(seconds)
        return self.say("unit.hour", n=int(hours))

    def duration(self, seconds: float) -> str:
        """“12 分 32 秒”, “2 小时”; parts that are nought are left out, parts of a second too."""
        whole = int(seconds)
        if whole == 0:
            return self.say("unit.instant")
        minutes, second = divmod(whole, 60)
        hours, minute = divmod(minutes, 60)
        day, hour = divmod(hours, 24)
        if minutes < 60 and second == 0:
            return self.say("unit.whole_minutes", n=minute)
        parts = {"day": day, "hour": hour, "minute": minute, "second": second}
        return " ".join(self.say(f"unit.{unit}", n=n) for unit, n in parts.items() if n)

    def amount(self, number: Decimal | str | None, kind: str) -> str:
        if number is None:
            return self.say("unit.measure" if kind == "measure" else "unit.not_set")
        exact = Decimal(number)
        shown = f"{yuan(exact):,.2f}" if kind == "fine" else f"{exact.normalize():f}"
        return self.say(f"unit.{kind}", n=shown.replace("-", "−"))

    def taken(self, clause: str, starts_at: str, due_at: str, answered_at: str) -> Line:
        """How long the answer took, or by how much it was late."""
        answered, due = _local(answered_at), _local(due_at)
        shown = self.moment(answered_at)
        if answered > due:
            late = (answered - due).total_seconds()
            text = self.say("sum.late", answered=shown, due=self.due(due_at))
            return Line(clause, text, self.duration(late))
        text = self.say("sum.used", answered=shown, start=self.moment(starts_at))
        return Line(clause, text, self.duration((answered - _local(starts_at)).total_seconds()))

    def step(self, step: Step) -> Line:
        values = {name: self._value(name, value) for name, value in step.inputs.items()}
        text = self.say(f"step.{step.key}", **values)
        return Line(step.clause, text, self.say(f"step.{step.key}.value", **values))

    def _value(self, name: str, value: Any) -> str:
        match name:
            case _ if value is None:
                return self.say("unit.none")
            case _ if name.endswith("_at") or name in MOMENTS:
                if (
                    name == "at"
                ):  # what comes out stands with its date, unless it began the same day
                    return self.due(value)
                self.day = self.day or _local(value).date()
                return self.moment(value)
            case _ if isinstance(value, list):
                sign = " + " if name.endswith("_yuan") else self.say("unit.comma")
                return sign.join(self._value(name, one) for one in value)
            case "limit" if value:
                return self.limit(value)
            case "limit" | "paused" | "counted" | "left" | "age":
                return self.duration(value) if value else self.say("unit.whole_minutes", n=0)
            case "opens" | "closes" | "time" | "duty_from" | "after":
                return time.fromisoformat(value).strftime("%H:%M")
            case "days":
                return self.say(f"days.{value}")
            case "goods" | "choice":  # words of a rulebook's list
                return str(value["zh" if self.chinese else "en"])
            case _ if name == "price" or name.endswith("_yuan"):
                return self.amount(value, "fine")
            case _ if name.endswith("_points"):
                return self.amount(value, "points")
            case _ if name.endswith(("_share", "_percent")):
                return f"{(Decimal(value) * 100).normalize():f}%"
            case _ if isinstance(value, Mapping) and value.keys() == {"zh", "en"}:
                return str(value["zh" if self.chinese else "en"])
            case _ if isinstance(value, str) and f"{name}.{value}" in WORDS:
                return self.say(f"{name}.{value}")
        return str(value)


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(SHANGHAI)


def _keyed(prefix: str, detail: str) -> str:
    """The special text if there is one, else the general."""
    special = f"{prefix}.{detail}"
    return special if special in WORDS else prefix


def _counting(steps: Iterable[Step]) -> str:
    keys = {step.key for step in steps}
    if keys & {"due_fixed", "due_daily", "due_promised"}:
        return "fact.counting.fixed"
    for key, counting in COUNTED.items():
        if key in keys:
            return f"fact.counting.{counting}"
    return "fact.counting.paused" if "due_paused" in keys else "fact.counting.through"


def _clock_kind(clause: str, rulebook: Rulebook) -> str:
    clock = rulebook.get(clause)
    if isinstance(clock, Clock):
        return KIND_OF.get(clock.times, "clock")
    return ""


def _unreachable(
    speaker: _Speaker, inputs: Mapping[str, Any], rulebook: Rulebook
) -> Iterable[Fact]:
    """A reply of the evening duty that is not yet measured by the fixed time may come to be."""
    for fixed in rulebook.in_force(FixedTime):
        if fixed.applies_from is None:
            continue
        on_duty = _local(inputs["starts_at"]).time() >= fixed.applies_from
        if on_duty and fixed.id != inputs["clause"]:
            days, at = speaker.say(f"days.{fixed.days}"), fixed.at.strftime("%H:%M")
            then = speaker.say("change.unreachable.then", days=days, time=at)
            yield Fact(speaker.say("change.unreachable"), then)


def _title(clause: str, language: str, rulebook: Rulebook) -> str:
    found = rulebook.get(clause)
    return found.label(language) if found else label(clause, language)


def _footer(
    speaker: _Speaker,
    rulebook: Rulebook,
    version: int | None,
    effective_on: date | None,
) -> Footer:
    name = rulebook.name(speaker.language)
    if version is not None:
        name = speaker.say("footer.rulebook", name=name, version=version)
    note = speaker.say("footer.kept")
    if effective_on is not None:
        note = speaker.say("footer.effective", on=effective_on.isoformat())
    return Footer(speaker.say("footer.lead"), name, note)
