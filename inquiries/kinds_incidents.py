"""What incidents add to the pages of all cases."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries.models import Incident, IncidentMember, Statement
from inquiries.selectors.incidents import OF_CUSTOMERS, Overview, Touched, overview, touched
from inquiries.services.incident_team import posts_lacking, roles_lacking
from inquiries.steps_incidents import AFFECTED_STEPS, STEPS
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.workbench.kinds import Addition, CaseKind, Facts, NextStep, next_step

Action = Deadline.Action


def _lacking(incident: Incident) -> list[str]:
    """The roles and posts that the team of many complaints still needs, in words."""
    if incident.kind != Incident.Kind.MASS_COMPLAINT or incident.is_drill or not incident.is_open:
        return []
    roles = [str(IncidentMember.Role(role).label) for role in roles_lacking(incident)]
    return [*roles, *(str(IncidentMember.Post(post).label) for post in posts_lacking(incident))]


class IncidentKind(CaseKind):
    """``own`` is its ``Overview``; complaints, statements and lists have pages of their own."""

    steps = STEPS
    panels = ("incidents/_panel.html",)
    keys = (
        ("c", gettext_lazy("投诉")),
        ("p", gettext_lazy("公告")),
        ("i", gettext_lazy("内部备注")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        "incident_opened": gettext_lazy("启动预案"),
        "drill_opened": gettext_lazy("开始演练"),
        "member_joined": gettext_lazy("{who} 加入小组（{role}）"),
        "member_left": gettext_lazy("{who} 退出小组"),
        "marked_major": gettext_lazy("标为重大"),
        "finding_submitted": gettext_lazy("提交调查结论"),
        "finding_confirmed": gettext_lazy("确认调查结论"),
        "finding_sent_back": gettext_lazy("退回调查结论"),
        "solution_decided": gettext_lazy("定统一方案"),
        "statement_published": gettext_lazy("在{channel}发布{kind}"),
        "broadcast": gettext_lazy("通知全体 {n} 人"),
        "technical_contacted": gettext_lazy("已联系技术部门"),
        "waiting_added": gettext_lazy("有客户在等"),
        "waiting_contacted": gettext_lazy("联系了一位等待的客户"),
        "recovered": gettext_lazy("已恢复"),
        "incident_completed": gettext_lazy("处理完毕"),
        "drill_completed": gettext_lazy("演练结束"),
        "force_majeure_declared": gettext_lazy("提出不可抗力"),
        "force_majeure_signed": gettext_lazy("不可抗力已签署"),
        "force_majeure_refused": gettext_lazy("不可抗力未通过"),
        "force_majeure_ending": gettext_lazy("提出停止不可抗力"),
        "force_majeure_revoked": gettext_lazy("不可抗力已停止"),
    }
    clocks = {
        Action.INCIDENT_PLAN: gettext_lazy("公布方案"),
        Action.INCIDENT_INVESTIGATION: gettext_lazy("完成调查"),
        Action.INCIDENT_COMPLETION: gettext_lazy("全部处理完"),
        Action.TECHNICAL_CONTACT: gettext_lazy("联系技术部门"),
        Action.RECOVERY_ESTIMATE: gettext_lazy("预计恢复，过了更新公告"),
        Action.WAITING_CUSTOMERS: gettext_lazy("联系等待的客户"),
    }

    def read(self, case: Case) -> Overview:
        incident = Incident.objects.select_related("case", "decided_by").get(pk=case.pk)
        return overview(incident, lacking=_lacking(incident))

    def values(self, line: Interaction) -> Mapping[str, str]:
        data = line.data
        role, kind, channel = data.get("role"), data.get("kind"), data.get("channel")
        return {
            "who": data.get("who", ""),
            "n": str(data.get("n", "")),
            "role": str(IncidentMember.Role(role).label) if role in IncidentMember.Role else "",
            "kind": str(Statement.Kind(kind).label) if kind in Statement.Kind else "",
            "channel": str(Statement.Channel(channel).label)
            if channel in Statement.Channel
            else "",
        }

    def closable(self, facts: Facts) -> bool:
        """It is completed by a step of its own."""
        return False

    def hint(self, facts: Facts) -> str:
        open_ = facts.own.progress.open
        return _("还有 {n} 件投诉没有处理完").format(n=open_) if open_ else ""

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case, incident = facts.case, facts.own.incident
        if not incident.is_open:
            return []
        steps = []
        if incident.kind == Incident.Kind.SYSTEM_FAILURE and not incident.symptom:
            steps.append(next_step(case, "technical", _("已联系技术部门")))
        if incident.kind == Incident.Kind.MASS_COMPLAINT and incident.decided_at is None:
            steps.append(next_step(case, "solution", _("定统一方案")))
        if incident.ended_at is None and incident.kind in (
            Incident.Kind.SYSTEM_FAILURE,
            Incident.Kind.NATURAL_DISASTER,
        ):
            steps.append(next_step(case, "end", _("登记恢复")))
        steps.append(next_step(case, "member", _("加入小组")))
        waiting = any(finding.outcome == "" for finding in facts.own.findings)
        if waiting:
            steps.append(next_step(case, "decide-finding", _("确认调查结论")))
        elif not any(finding.outcome == "confirmed" for finding in facts.own.findings):
            steps.append(next_step(case, "finding", _("提交调查结论")))
        steps.append(next_step(case, "complete", _("了结")))
        if not incident.is_major:
            steps.append(next_step(case, "major", _("标为重大"), rare=True))
        steps.append(next_step(case, "member-leaves", _("退出小组"), rare=True))
        return steps


class Affected(Addition):
    """What an open disaster or failure means for the case of a customer, of whatever kind it is."""

    steps = AFFECTED_STEPS
    panel = "incidents/_affected.html"
    words = {
        "incident_joined": gettext_lazy("归入突发事件 {incident}"),
        "incident_notice": gettext_lazy("告知统一方案"),
        "incident_told": gettext_lazy("已告知延误（{incident}）"),
        "incident_remedy": gettext_lazy("记补救（{incident}）"),
        "disaster_over": gettext_lazy("灾害结束，待回访（{incident}）"),
        "disaster_followed_up": gettext_lazy("灾后回访"),
        "typed_in": gettext_lazy("按纸质登记补录（{incident}）"),
    }

    def read(self, case: Case) -> Touched | None:
        return touched(case) if case.kind in OF_CUSTOMERS else None

    def values(self, line: Interaction) -> Mapping[str, str]:
        return {"incident": line.data.get("incident", "")}
