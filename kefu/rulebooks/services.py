"""Bring the shipped regulations into the database, draft and publish their versions, say where each holds and
who has read it; hold a form against its clause."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.policy import rulebook as shipped
from kefu.policy.clauses import Fields
from kefu.rulebooks.comparison import same
from kefu.rulebooks.faults import Faulty, faults_of
from kefu.rulebooks.models import Acknowledgement, Amendment, Assignment, Rulebook, RulebookVersion
from kefu.rulebooks.shapes import FIXED, kinds
from kefu.staff.models import Department, Employee

MAIN = "CD"
# What a rulebook sets as a whole; its code and the number of its clauses stay.
WHOLE = ("name_zh", "name_en", "house")
UNWRITTEN: Any = object()  # a setting that is not to stand in the clause at all

# What apps above have against publishing a draft as it stands at a moment: a sentence why not, or None.
before_publishing: list[Callable[[RulebookVersion, datetime], str | None]] = []

State = RulebookVersion.State


@transaction.atomic
def install_shipped(*, now: datetime, since: date | None = None) -> list[str]:
    """Add what this release ships and the database lacks; return what was done, a line each.

    The first edition of a rulebook is published at once and, for the main one, put in force for the
    whole centre. A shipped change to a rulebook that is already there becomes a draft: a person decides.
    Running twice adds nothing, whatever became of the draft.
    """
    done = []
    for code, rules in shipped.load_all().items():
        book, _new = Rulebook.objects.get_or_create(
            code=code, defaults={"name": rules.name_zh, "name_en": rules.name_en}
        )
        content = rules.to_json()
        content_digest = digest(content)
        known = Q(digest=content_digest) | Q(shipped_digest=content_digest)
        if book.versions.filter(known).exists():
            continue
        last = book.versions.order_by("-number").first()
        version = RulebookVersion(
            rulebook=book,
            number=last.number + 1 if last else 1,
            base=book.versions.issued().order_by("-number").first(),
            content=content,
            digest=content_digest,
            shipped_digest=content_digest,
            drafted_at=now,
        )
        first_day = since or _today(now)
        if last is None:
            version.state = RulebookVersion.State.PUBLISHED
            version.effective_on = first_day
            version.published_at = now
        version.save()
        done.append(f"{version} {version.state}")
        if last is None and code == MAIN and not Assignment.objects.exists():
            Assignment.objects.create(version=version, effective_on=first_day)
    return done


def digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# Drafts.


@transaction.atomic
def start_draft(*, version: RulebookVersion, actor: Any, now: datetime) -> RulebookVersion:
    """Copy an edition into a draft with the next number. Raises NotAllowed, Conflict."""
    _need(actor, "rulebooks.draft_version", _("只有主管可以起草规章"))
    # Of two who press at once each gets a number of his own.
    book = Rulebook.objects.select_for_update().get(pk=version.rulebook_id)
    version = RulebookVersion.objects.get(pk=version.pk)
    if version.state not in RulebookVersion.ISSUED:
        raise Conflict(_("只能从已发布的版本起草"))
    last: int = book.versions.aggregate(last=Max("number"))["last"]
    draft = RulebookVersion.objects.create(
        rulebook=book,
        number=last + 1,
        base=version,
        content=version.content,
        digest=version.digest,
        drafted_by=actor,
        drafted_at=now,
    )
    _record("draft_started", draft, actor, now, after={"from": str(version)})
    return draft


@transaction.atomic
def amend_clause(
    *,
    version: RulebookVersion,
    clause: str,
    settings: Mapping[str, Any],
    seen: str,
    actor: Any,
    now: datetime,
) -> bool:
    """Change settings of one clause of a draft; without a clause what the rulebook sets as a whole.

    ``settings`` holds only what is to change: JSON values, None for a blank of the regulation, UNWRITTEN for
    what is not to stand there. ``seen``: ``clause_digest`` of what the editor had before him. Returns whether
    anything changed. Raises Faulty with every fault, each at its clause and setting; Conflict where somebody
    else changed the clause in between or the draft is none any more; NotAllowed.
    """
    # rule: SD-221.01
    _need(actor, "rulebooks.draft_version", _("只有主管可以起草规章"))
    version = _lock_draft(version)
    written = written_settings(version.content, clause)
    if written is None:
        raise KefuError(_("这份草稿里没有条款 %s") % clause, code="no_such_clause")
    if clause_digest(version.content, clause) != seen:
        raise Conflict(_("这一条刚才有人改过，请核对后再保存"), code="clause_changed")
    fixed = [name for name in settings if (name in FIXED if clause else name not in WHOLE)]
    if fixed:
        raise KefuError(_("这一项不能改"), code="setting_fixed", field=fixed[0])
    content = _with(version.content, clause, _merged(written, settings))
    try:
        rules = shipped.Rulebook.read(content, source=str(version))
    except shipped.RulebookError as error:
        raise Faulty(faults_of(error, content)) from error
    after = rules.to_json()
    after = _with(after, clause, _as_it_was(written, written_settings(after, clause) or {}, rules))
    before_settings, after_settings = _differing(written, written_settings(after, clause) or {})
    if not before_settings and not after_settings:
        return False
    version.content, version.digest = after, digest(after)
    if version.drafted_by_id is None:  # it came with a release; from here on it is somebody's
        version.drafted_by = actor
    version.save(update_fields=["content", "digest", "drafted_by"])
    Amendment.objects.create(
        version=version,
        clause=clause,
        before=before_settings,
        after=after_settings,
        amended_by=actor,
        amended_at=now,
    )
    _record(
        "clause_amended",
        version,
        actor,
        now,
        before={"clause": clause, **before_settings},
        after={"clause": clause, **after_settings},
    )
    return True


@transaction.atomic
def discard_draft(*, version: RulebookVersion, actor: Any, now: datetime) -> None:
    """Give up a draft. It stays to be read, and a release that brought it does not bring it again."""
    _need(actor, "rulebooks.draft_version", _("只有主管可以起草规章"))
    version = _lock_draft(version)
    RulebookVersion.objects.filter(pk=version.pk).update(state=State.DISCARDED)
    _record("draft_discarded", version, actor, now)


@transaction.atomic
def publish(
    *, version: RulebookVersion, effective_on: date, seen: str, actor: Any, now: datetime
) -> None:
    """Publish a draft as it was ``seen`` (its digest), to hold from a day on; never one's own.

    The editions before it are superseded: they still hold wherever nothing newer is assigned. Raises
    NotAllowed, KefuError for one's own draft, a day that is over or what an app above objects, Conflict, Faulty.
    """
    _need(actor, "rulebooks.publish_version", _("只有主管可以发布规章"))
    book = Rulebook.objects.select_for_update().get(pk=version.rulebook_id)
    version = _lock_draft(version)
    if own := own_draft(version, actor):
        raise KefuError(own, code="own_draft")
    if version.digest != seen:
        raise Conflict(_("你打开之后有人改过这份草稿，请看过对照再发布"), code="draft_changed")
    if effective_on < _today(now):
        raise KefuError(_("生效日期不能早于今天"), code="day_is_over", field="effective_on")
    try:  # by the schema of this release: the draft may be older
        rules = shipped.Rulebook.read(version.content, source=str(version))
    except shipped.RulebookError as error:
        raise Faulty(faults_of(error, version.content)) from error
    for reason in objections(version, now=now):
        raise KefuError(reason, code="not_ready")
    book.name, book.name_en = rules.name_zh, rules.name_en
    book.save(update_fields=["name", "name_en"])
    before = book.versions.filter(state=State.PUBLISHED)
    superseded = [str(one) for one in before.select_related("rulebook").defer("content")]
    before.update(state=State.SUPERSEDED)
    version.state, version.effective_on = State.PUBLISHED, effective_on
    version.published_by, version.published_at = actor, now
    version.save(update_fields=["state", "effective_on", "published_by", "published_at"])
    _record(
        "version_published",
        version,
        actor,
        now,
        after={
            "effective_on": effective_on.isoformat(),
            "digest": version.digest,
            "supersedes": superseded,
        },
    )


def own_draft(version: RulebookVersion, actor: Any) -> str:
    """Why this person is not the second one who publishes a draft; "" if he is."""
    if version.drafted_by_id == actor.pk:
        return _("起草人不能发布自己的草稿，请另一位主管发布")
    mine = version.amendments.filter(amended_by=actor).order_by("pk").first()
    if mine is None:
        return ""
    place = mine.clause or version.rulebook
    return _("你改过这份草稿的 %s，请没有改过的主管发布") % place


def objections(version: RulebookVersion, *, now: datetime) -> list[str]:
    """What apps above have against publishing a draft as it stands."""
    return [reason for check in before_publishing if (reason := check(version, now))]


# Where an edition holds.


@transaction.atomic
def assign(
    *,
    version: RulebookVersion,
    effective_on: date,
    department: Department | None = None,
    outlet: Party | None = None,
    instead_of: Assignment | None = None,
    actor: Any,
    now: datetime,
) -> Assignment:
    """Let an edition hold from a day on: for a department, for an outlet, else for the whole centre.

    ``instead_of``: a line that has not come into force yet and gives way to this one. Raises NotAllowed,
    KefuError with the field, Conflict where the day is taken or the line holds already.
    """
    _need(actor, "rulebooks.assign_version", _("只有主管可以指定适用的规章"))
    version = RulebookVersion.objects.select_related("rulebook").get(pk=version.pk)
    if version.state not in RulebookVersion.ISSUED:
        raise KefuError(_("草稿还没有发布，不能适用"), code="not_published", field="version")
    if department is not None and outlet is not None:
        raise KefuError(_("部门和网点只能选一个"), code="two_places", field="outlet")
    if outlet is not None and outlet.kind != Party.Kind.OUTLET:
        raise KefuError(_("只能指定给网点；承包区跟所属网点"), code="not_an_outlet", field="outlet")
    if effective_on < _today(now):
        raise KefuError(_("生效日期不能早于今天"), code="day_is_over", field="effective_on")
    if version.effective_on is not None and effective_on < version.effective_on:
        raise KefuError(
            _("不能早于这一版的生效日期 %s") % f"{version.effective_on:%Y-%m-%d}",
            code="before_version",
            field="effective_on",
        )
    line = Assignment()
    if instead_of is not None:
        line = _lock_future(instead_of, now)
    line.version, line.effective_on = version, effective_on
    line.department, line.outlet = department, outlet
    line.assigned_by, line.assigned_at = actor, now
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError as error:
        raise Conflict(
            _("那一天这里已经指定了一版，请改那一行"), code="day_taken", field="effective_on"
        ) from error
    _record(
        "version_assigned",
        version,
        actor,
        now,
        after={
            "assignment": line.pk,
            "department": department and department.code,
            "outlet": outlet and outlet.code,
            "effective_on": effective_on.isoformat(),
        },
    )
    return line


@transaction.atomic
def withdraw(*, assignment: Assignment, actor: Any, now: datetime) -> None:
    """Take back a line that has not come into force yet."""
    _need(actor, "rulebooks.assign_version", _("只有主管可以指定适用的规章"))
    line = _lock_future(assignment, now)
    _record(
        "assignment_withdrawn",
        line.version,
        actor,
        now,
        before={"assignment": line.pk, "effective_on": line.effective_on.isoformat()},
    )
    line.delete()


# Who has read it.


@transaction.atomic
def acknowledge(
    *, employee: Employee, version: RulebookVersion, actor: Any, now: datetime
) -> Acknowledgement:
    """The employee says that he has read an edition; a second time says nothing new. Nobody says it for
    another.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能确认自己的阅读"))
    version = RulebookVersion.objects.select_related("rulebook").get(pk=version.pk)
    if version.state not in RulebookVersion.ISSUED:
        raise Conflict(_("草稿还没有发布，不用确认"))
    said, new = Acknowledgement.objects.get_or_create(
        employee=employee, version=version, defaults={"at": now}
    )
    if new:
        _record("rules_read", version, actor, now, after={"employee": employee.number})
    return said


# Reading content as it is written.


def written_settings(content: Mapping[str, Any], clause: str) -> dict[str, Any] | None:
    """What stands in one clause, or in the rulebook as a whole; None if there is no such clause."""
    if not clause:
        return {name: content[name] for name in WHOLE if name in content}
    for one in content["clauses"]:
        if one.get("id") == clause:
            return dict(one)
    return None


def clause_digest(content: Mapping[str, Any], clause: str) -> str:
    """Tell one state of a clause from another."""
    return digest(written_settings(content, clause) or {})


def _with(content: Mapping[str, Any], clause: str, written: Mapping[str, Any]) -> dict[str, Any]:
    if not clause:
        return {**content, **written}
    clauses = [written if one.get("id") == clause else one for one in content["clauses"]]
    return {**content, "clauses": clauses}


def _merged(written: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**written, **settings}
    return {name: value for name, value in merged.items() if value is not UNWRITTEN}


def _as_it_was(
    before: Mapping[str, Any], after: Mapping[str, Any], rules: shipped.Rulebook
) -> dict[str, Any]:
    """``after``, but what only looks different (200 for 200.00) stays as it was written."""
    table: type[BaseModel] = kinds()[before["kind"]] if "kind" in before else shipped.Rulebook
    values = before if "kind" in before else {**rules.to_json(), **before}
    try:
        one = table.model_validate(values)
    except ValidationError:  # of an older schema
        return dict(after)
    other = rules[before["id"]] if "kind" in before else rules
    return {
        name: before[name] if name in before and same(one, other, name) else value
        for name, value in after.items()
    }


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that are not the same, before and after; one that is not there is in neither."""
    names = [name for name in {**before, **after} if _other(before, after, name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


def _other(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    return (name in before) != (name in after) or before.get(name) != after.get(name)


def _lock_draft(version: RulebookVersion) -> RulebookVersion:
    """The draft, held until the end. Raises Conflict if it is none any more."""
    locked = (
        RulebookVersion.objects.select_for_update(of=["self"], no_key=True)
        .select_related("rulebook")
        .get(pk=version.pk)
    )
    if locked.state != State.DRAFT:
        raise Conflict(
            _("%(version)s %(state)s，不能再改")
            % {"version": locked, "state": locked.get_state_display()},
            code="no_draft",
        )
    return locked


def _lock_future(line: Assignment, now: datetime) -> Assignment:
    locked = (
        Assignment.objects.select_for_update(of=["self"]).select_related("version").get(pk=line.pk)
    )
    if locked.effective_on <= _today(now):
        raise Conflict(_("这一行已经生效，不能再改；请另加一行"), code="line_in_force")
    return locked


def _need(actor: Any, permission: str, refusal: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(refusal)


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _record(
    action: str,
    version: RulebookVersion,
    actor: Any,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        actor=actor,
        at=now,
        table=RulebookVersion._meta.db_table,
        object_id=version.pk,
        before=before,
        after=after,
    )


def require(rules: shipped.Rulebook, form: str, **given: object) -> None:
    """Refuse a form that lacks what the rulebook's clause for it wants, naming field and clause."""
    for clause in rules.in_force(Fields):
        if clause.form != form or clause.fields is None:
            continue
        missing = [field for field in clause.fields if not given.get(field)]
        enough = len(missing) < len(clause.fields) if clause.required == "any" else not missing
        if not enough:
            raise KefuError(
                _("按 %(clause)s 还要填写") % {"clause": clause.id},
                code="field_required",
                field=missing[0],
            )
