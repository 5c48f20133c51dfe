"""The desk's rules to try out: forms, choices, texts, processes, requests, rights, numbers, rates."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from kefu.policy.access import Actor, may
from kefu.policy.both import Both
from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.calendars import Moment
from kefu.policy.clauses.base import ClauseId, Name, Quantity, Strict
from kefu.policy.measures import classify, counted, ratios, report_plan
from kefu.policy.processes import Done, Lodged, judge_request, next_step, routed
from kefu.policy.refusals import BadFacts, cannot_be
from kefu.policy.requirements import checklist_tally, composed, judge_text, offered, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = ["CALCULATIONS"]

Facts = Annotated[dict[Name, Name], labelled("情形", "Circumstances"), Field(max_length=30)]
Names = Annotated[tuple[Name, ...], Field(max_length=60)]
Recorded = Annotated[Names, labelled("已记录的内容", "What is on record")]
Entry = Annotated[str, Field(max_length=600)]
Times = Annotated[int, Field(strict=True, ge=1, le=1000)]
Filled = Annotated[int, Field(strict=True, ge=0, le=60)]


class FormFacts(Strict):
    form: Annotated[Name, labelled("表单或办理事项", "Form, or what is to be done")]
    recorded: Recorded = ()
    facts: Facts = {}


class ChoiceFacts(Strict):
    of: Annotated[Name, labelled("选项名称", "What is chosen")]
    facts: Facts = {}


class TextFacts(Strict):
    field: Annotated[Name, labelled("栏目", "Field")]
    text: Annotated[Entry, labelled("文字", "Text")]
    facts: Facts = {}


class WordsFacts(Strict):
    form: Annotated[Name, labelled("写在哪里", "Where it is written")]
    values: Annotated[dict[Name, Entry], labelled("要填入的内容", "What is filled in")] = {}
    counts: Annotated[dict[Name, Filled], labelled("个数", "Numbers of signs")] = {}
    recorded: Recorded = ()
    facts: Facts = {}


class TickFacts(Strict):
    ticks: Annotated[
        dict[ClauseId, Times], labelled("各条款勾选次数", "How often each clause was ticked")
    ]


class DoneFacts(Strict):
    code: Annotated[Name, labelled("步骤", "Step")]
    outcome: Annotated[Name | None, labelled("结果", "Outcome")] = None
    person: Annotated[str, labelled("办理人工号", "Staff number"), Field(max_length=40)] = ""


class ProcessFacts(Strict):
    process: Annotated[Name, labelled("流程", "Process")]
    done: Annotated[
        tuple[DoneFacts, ...], labelled("已办步骤", "Steps done, in order"), Field(max_length=200)
    ] = ()
    recorded: Recorded = ()
    facts: Facts = {}


class RequestFacts(Strict):
    request: Annotated[Name, labelled("申请", "Request")]
    filed_at: Annotated[Moment | None, labelled("提出时间", "Filed at")] = None
    before: Annotated[
        dict[Name, Moment], labelled("须在此前提出的时间", "What it has to precede")
    ] = {}
    consents: Annotated[Names, labelled("已同意的人", "Who has agreed")] = ()
    told: Annotated[Names, labelled("已告知的人", "Who was told")] = ()
    approvals: Annotated[Names, labelled("依次批准的人", "Who approved, in order")] = ()
    recorded: Recorded = ()
    facts: Facts = {}


class RouteFacts(Strict):
    matter: Annotated[Name, labelled("事项", "Matter")]
    facts: Facts = {}


class AccessFacts(Strict):
    act: Annotated[Name, labelled("要做的事", "What is to be done")]
    role: Annotated[Name | None, labelled("角色", "Role")] = None
    relations: Annotated[Names, labelled("与对象的关系", "How he stands to the object")] = ()
    recorded: Recorded = ()
    consents: Annotated[Names, labelled("已有的例外许可", "Exceptions on record")] = ()
    facts: Facts = {}


class NumberFacts(Strict):
    of: Annotated[Name, labelled("计什么", "What is counted")]
    numbers: Annotated[
        dict[Name, Quantity],
        labelled("各类的数目", "Numbers by kind"),
    ]
    recorded: Recorded = ()


class ClassFacts(Strict):
    of: Annotated[Name, labelled("归什么类", "Which classes")]
    facts: Facts = {}
    numbers: Annotated[dict[Name, Quantity], labelled("数值", "What is measured")] = {}


class Pair(Strict):
    counted: Annotated[Quantity, labelled("分子", "Counted")]
    of: Annotated[Quantity, labelled("分母", "Out of")]


class RateFacts(Strict):
    rate: Annotated[Name, labelled("比率", "Rate")]
    parts: Annotated[dict[str, Pair], labelled("各部分", "Parts"), Field(max_length=500)]


class ReportFacts(Strict):
    report: Annotated[Name, labelled("报告", "Report")]


def _form(rulebook: Rulebook, facts: FormFacts) -> Decided:
    found = requirements(rulebook, facts.form, facts.recorded, facts.facts)
    return Decided.of(found.steps, complete=found.complete, missing=list(found.missing))


def _choice(rulebook: Rulebook, facts: ChoiceFacts) -> Decided:
    found = offered(rulebook, facts.of, facts.facts)
    items = [{"key": item.key, "zh": item.zh, "en": item.en} for item in found.items]
    return Decided.of(found.steps, items=items)


def _text(rulebook: Rulebook, facts: TextFacts) -> Decided:
    found = judge_text(rulebook, facts.field, facts.text, facts.facts)
    return Decided.of(found.steps, accepted=found.accepted)


def _words(rulebook: Rulebook, facts: WordsFacts) -> Decided:
    found = composed(
        rulebook,
        facts.form,
        facts.facts,
        values=facts.values,
        counts=facts.counts,
        recorded=facts.recorded,
    )
    return Decided.of(found.steps, text=found.text, missing=list(found.missing))


def _ticks(rulebook: Rulebook, facts: TickFacts) -> Decided:
    found = checklist_tally(rulebook, facts.ticks)
    return Decided.of(found.steps, points=found.points, fine=found.fine)


def _process(rulebook: Rulebook, facts: ProcessFacts) -> Decided:
    done = [Done(entry.code, entry.outcome or "", entry.person) for entry in facts.done]
    found = next_step(rulebook, facts.process, done, recorded=facts.recorded, facts=facts.facts)
    return Decided.of(
        found.steps,
        step=found.step or None,
        by=found.by,
        missing=list(found.missing),
        outcomes=list(found.outcomes),
        finished=found.finished,
    )


def _request(rulebook: Rulebook, facts: RequestFacts) -> Decided:
    lodged = Lodged(
        facts.filed_at,
        facts.before,
        facts.consents,
        facts.told,
        facts.approvals,
        facts.recorded,
    )
    found = judge_request(rulebook, facts.request, lodged, facts.facts)
    return Decided.of(
        found.steps,
        effective=found.effective,
        missing=[name for _clause, name in found.missing],
        open=list(found.open),
        outcomes=list(found.outcomes),
    )


def _route(rulebook: Rulebook, facts: RouteFacts) -> Decided:
    targets, steps = routed(rulebook, facts.matter, facts.facts)
    goes: dict[str, Any] = {"owner": [], "told": [], "result": []}
    for target in targets:
        goes[target.how] += list(target.to)
    return Decided.of(steps, **goes)


def _access(rulebook: Rulebook, facts: AccessFacts) -> Decided:
    actor = Actor(facts.role or "", facts.relations, facts.recorded, facts.consents)
    found = may(rulebook, facts.act, actor, facts.facts)
    return Decided.of(found.steps, allowed=found.allowed, logged=found.logged)


def _number(rulebook: Rulebook, facts: NumberFacts) -> Decided:
    found = counted(rulebook, facts.of, facts.numbers, facts.recorded)
    return Decided.of(
        found.steps, kept=found.kept, missing=list(found.missing), not_set=list(found.not_set)
    )


def _class(rulebook: Rulebook, facts: ClassFacts) -> Decided:
    found = classify(rulebook, facts.of, facts.facts, facts.numbers)
    return Decided.of(found.steps, **{"class": found.of}, clauses=list(found.clauses))


def _rate(rulebook: Rulebook, facts: RateFacts) -> Decided:
    parts = {name: (pair.counted, pair.of) for name, pair in facts.parts.items()}
    if any(part > whole for part, whole in parts.values()):
        raise BadFacts({"parts": cannot_be("more_than_there_is")})
    found = ratios(rulebook, facts.rate, parts)
    return Decided.of(
        found.steps,
        percent=found.total.percent,
        parts={line.name: _shown(line.percent) for line in found.parts},
        reached=found.reached,
    )


def _shown(percent: Decimal | None) -> str | None:
    return None if percent is None else str(percent)


def _report(rulebook: Rulebook, facts: ReportFacts) -> Decided:
    plan = report_plan(rulebook, facts.report)
    steps = tuple(Step.of(clause, "report_clause") for clause in plan.clauses)
    return Decided.of(
        steps,
        per=plan.per,
        done_by=dict(plan.steps),
        columns=list(plan.columns),
        group_by=list(plan.group_by),
        needs=list(plan.needs),
        recipients=list(plan.recipients),
    )


CALCULATIONS = tuple(
    Calculation(name, title, facts, decide)
    for name, title, facts, decide in (
        ("form", Both("还要填什么", "What a form lacks"), FormFacts, _form),
        ("choice", Both("可以选什么", "What may be chosen"), ChoiceFacts, _choice),
        ("text", Both("文字能不能用", "May a text stand"), TextFacts, _text),
        ("words", Both("该写什么字样", "Which words to write"), WordsFacts, _words),
        ("ticks", Both("检查项扣多少", "What ticked lines cost"), TickFacts, _ticks),
        ("process", Both("下一步是什么", "Which step is next"), ProcessFacts, _process),
        ("request", Both("申请是否生效", "Is a request in effect"), RequestFacts, _request),
        ("route", Both("事项归谁", "Where a matter goes"), RouteFacts, _route),
        ("access", Both("可不可以做", "May it be done"), AccessFacts, _access),
        ("number", Both("数目够不够", "Is a number kept"), NumberFacts, _number),
        ("class", Both("归哪一类", "Which class it is"), ClassFacts, _class),
        ("rate", Both("比率", "A rate"), RateFacts, _rate),
        ("report", Both("报告怎么做", "How a report is made"), ReportFacts, _report),
    )
)
