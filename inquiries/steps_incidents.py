"""What is done in a dialog to an incident, and to a case that one touched."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries import forms_incidents as forms
from inquiries.models import Incident, IncidentFinding
from inquiries.services import (
    disasters,
    failures,
    incident_findings,
    incident_solution,
    incident_team,
    incidents,
)
from kefu.errors import Conflict
from kefu.workbench.steps import Act, Step


def _incident(act: Act) -> Incident:
    incident: Incident = act.case.incident
    return incident


def _member(act: Act) -> str:
    member = incident_team.add_member(
        incident=_incident(act),
        role=act.given["role"],
        employee=act.given["employee"],
        outlet=act.given["outlet"],
        post=act.given["post"],
        **act.common,
    )
    return _("{who} 已加入小组").format(who=member.employee or member.outlet)


def _member_leaves(act: Act) -> str:
    incident_team.remove_member(member=act.given["member"], **act.common)
    return _("已退出小组")


def _major(act: Act) -> str:
    incidents.mark_major(incident=_incident(act), **act.common)
    return _("已标为重大，到了负责人的队列")


def _finding(act: Act) -> str:
    incident_findings.submit_finding(
        incident=_incident(act),
        facts=act.given["facts"],
        cause=act.given["cause"],
        liable=act.given["liable"],
        **act.common,
    )
    return _("调查结论已提交，由另一人确认")


def _decide_finding(act: Act) -> str:
    finding = IncidentFinding.objects.filter(incident=act.case.pk, outcome="").first()
    if finding is None:
        raise Conflict(_("没有等确认的调查结论"), code="no_finding")
    confirm = act.given["confirm"] == "yes"
    incident_findings.decide_finding(
        finding=finding, confirm=confirm, note=act.given["note"], **act.common
    )
    return _("调查结论已确认") if confirm else _("已退回重查")


def _solution(act: Act) -> str:
    incident_solution.decide_solution(
        incident=_incident(act), outcome=act.given["outcome"], text=act.given["text"], **act.common
    )
    return _("统一方案已定，请公布并逐一告知")


def _technical(act: Act) -> str:
    failures.contact_technical(
        incident=_incident(act),
        system=act.given["system"],
        symptom=act.given["symptom"],
        error_text=act.given["error_text"],
        **act.common,
    )
    return _("已记下联系技术部门")


def _end(act: Act) -> str:
    incident, ended_at = _incident(act), act.given["ended_at"]
    if incident.kind == Incident.Kind.SYSTEM_FAILURE:
        failures.recover(incident=incident, recovered_at=ended_at, **act.common)
        return _("已恢复，请联系等待的客户，并发布恢复通知")
    disasters.end_disaster(incident=incident, ended_at=ended_at, **act.common)
    return _("灾害已结束，受影响的客户正在列入回访")


def _complete(act: Act) -> str:
    incidents.complete(incident=_incident(act), note=act.given["note"], **act.common)
    return _("突发事件处理完毕")


STEPS = {
    "member": Step(
        gettext_lazy("加入应急小组"),
        gettext_lazy("加入"),
        forms.MemberForm,
        _member,
        gettext_lazy("每种角色至少一位；电话和线上各指定专人。"),
    ),
    "member-leaves": Step(
        gettext_lazy("退出应急小组"),
        gettext_lazy("退出"),
        forms.MemberLeavesForm,
        _member_leaves,
    ),
    "major": Step(
        gettext_lazy("标为重大"),
        gettext_lazy("标为重大"),
        forms.NothingForm,
        _major,
        gettext_lazy("马上进负责人的队列，办完之前一直在最上面。"),
    ),
    "finding": Step(
        gettext_lazy("提交调查结论"),
        gettext_lazy("提交"),
        forms.FindingForm,
        _finding,
        gettext_lazy("另一人确认后生效；按不按时看提交时间。"),
    ),
    "decide-finding": Step(
        gettext_lazy("确认调查结论"),
        gettext_lazy("记下"),
        forms.DecideFindingForm,
        _decide_finding,
    ),
    "solution": Step(
        gettext_lazy("定统一方案"),
        gettext_lazy("定下"),
        forms.SolutionForm,
        _solution,
        gettext_lazy("对所有归入的投诉一样，定了不能改。"),
    ),
    "technical": Step(
        gettext_lazy("已联系技术部门"), gettext_lazy("记下"), forms.TechnicalForm, _technical
    ),
    "end": Step(gettext_lazy("登记恢复"), gettext_lazy("已恢复"), forms.EndForm, _end),
    "complete": Step(gettext_lazy("了结"), gettext_lazy("处理完毕"), forms.CompleteForm, _complete),
}


def _tell(act: Act) -> str:
    disasters.tell(incident=act.given["incident"], case=act.case, **act.common)
    return _("已记下告知客户")


def _remedy(act: Act) -> str:
    disasters.note_remedy(
        incident=act.given["incident"], case=act.case, text=act.given["remedy_note"], **act.common
    )
    return _("补救已记下")


def _follow_up(act: Act) -> str:
    disasters.followed_up(case=act.case, text=act.given["text"], **act.common)
    return _("回访已记下")


AFFECTED_STEPS = {
    "incident-tell": Step(
        gettext_lazy("已告知延误"),
        gettext_lazy("已告知"),
        forms.AffectedForm,
        _tell,
        gettext_lazy("按话术告诉客户原因、滞留在哪里、预计几天。"),
    ),
    "incident-remedy": Step(
        gettext_lazy("记补救"), gettext_lazy("记下"), forms.RemedyForm, _remedy
    ),
    "incident-follow-up": Step(
        gettext_lazy("灾后回访"),
        gettext_lazy("记下回访"),
        forms.FollowUpForm,
        _follow_up,
        gettext_lazy("件没到也要告诉客户现在到哪里了。"),
    ),
}
