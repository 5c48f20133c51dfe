"""Episodes of a centre's life, one call each, made by the services; ``said`` is what people write wherever they may."""

from datetime import datetime, timedelta
from decimal import Decimal

from claims import services as claims
from claims.models import ForgottenReport
from claims.services.forgotten import confirm_forgotten
from claims.services.reports import (
    Reported,
    close_report,
    file_report,
    judge_report,
    tell_concerned,
)
from inquiries import services as inquiries
from inquiries.models import Finding
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.reports.services.registers import draw_up, take_step
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department
from tests.centre import Centre


def a_claim(centre: Centre, now: datetime) -> None:
    """A lost parcel: two bear it, and what was agreed is approved."""
    by = {"actor": centre.wang.user, "now": now}
    case = claims.register(
        given=claims.Given(centre.waybill.number, "loss", "sender", "丢了"),
        department=centre.query_desk,
        **by,
    )
    half = Decimal(50)
    finding = claims.submit_finding(
        case=case,
        facts="无到件扫描",
        cause="lost_in_transit",
        reason="各半",
        liable=[
            claims.Share("outlet", centre.chengdu, half),
            claims.Share("unattributable", None, half),
        ],
        **by,
    )
    claims.confirm_finding(finding=finding, actor=centre.chen.user, now=now)
    settlement = claims.agree(case=case, agreed=Decimal("100.01"), channel="phone", **by)
    claims.decide_settlement(settlement=settlement, approve=True, actor=centre.chen.user, now=now)


def a_complaint(centre: Centre, now: datetime, said: str = "店长道歉") -> Finding:
    """Of rude words, by the express service's rules: solved to the customer's content; what the outlet did costs it."""
    desk = Department.objects.create(code="express", name="速递客服")
    rulebooks.assign(
        version=RulebookVersion.objects.get(rulebook__code="ES"),
        department=desk,
        effective_on=now.astimezone(SHANGHAI).date(),
        actor=centre.he.user,
        now=now,
    )
    case = inquiries.file_complaint(
        cause="rude_language",
        against=centre.chengdu,
        text="还骂人",
        channel=Interaction.Channel.PHONE,
        asker="receiver",
        customer_name="陈晓梅",
        customer_phone="13800004545",
        waybill=centre.waybill,
        details=inquiries.Details(category="attitude", demand=said),
        department=desk,
        actor=centre.chen.user,
        now=now,
    )
    by = {"case": case, "actor": centre.chen.user, "now": now}
    inquiries.verify(method="outlet", text=said, **by)
    inquiries.propose(text=said, channel=Interaction.Channel.PHONE, **by)
    inquiries.answer_solution(accepted=True, text=said, channel=Interaction.Channel.PHONE, **by)
    inquiries.follow_up(satisfied=True, further_needs=said, **by)
    return inquiries.record_finding(clause="CD-05.02", found=inquiries.Found(said=said), **by)


def reports_and_a_register(centre: Centre, now: datetime, said: str = "派件晚了") -> Case:
    """One that came in, told twice and closed; one of ours, accepted; one forgotten; a month that was issued."""
    hour = timedelta(hours=1)
    one = {"responsible": centre.chengdu, "text": said, "waybill_number": "770612049911"}
    case = file_report(
        reported=Reported(direction="incoming", fault="delay", **one), employee=centre.lin, now=now
    )
    by = {"actor": centre.lin.user}
    for at in (now, now + hour):
        tell_concerned(case=case, text=said, channel="phone", now=at, **by)
    close_report(case=case, now=now + hour, **by)
    made = file_report(
        reported=Reported(direction="outgoing", fault="loss", **one), employee=centre.lin, now=now
    )
    judge_report(case=made, accept=True, actor=centre.chen.user, now=now)
    confirm_forgotten(found=a_forgotten_report(centre, case, now), actor=centre.chen.user, now=now)
    logistics = RulebookVersion.objects.get(rulebook__code="LC", number=1)
    Assignment.objects.create(
        version=logistics,
        department=Department.objects.create(code="logistics", name="物流客服"),
        effective_on=logistics.effective_on,
    )
    month = draw_up(kind="complaint_rate", about=now.date() - timedelta(days=40), now=now)
    take_step(register=month, step="issue", analysis=said, actor=centre.chen.user, now=now)
    return case


def a_forgotten_report(
    centre: Centre, case: Case, now: datetime, fault: str = "damage"
) -> ForgottenReport:
    using = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    return ForgottenReport.objects.create(
        case=case, fault=fault, waybill_number="770612049912", employee=centre.lin,
        closed_at=now, found_at=now, clause="CD-12.79", rulebook=using, amount=30,
    )  # fmt: skip
