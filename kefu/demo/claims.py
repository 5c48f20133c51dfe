"""What customers were owed in the sixty days: claims from the call to the recovery, and what insurers paid."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from claims import services
from claims.models import ApprovalLimit, Claim, Finding, InsurancePolicy, Liability, Settlement
from claims.selectors.amounts import computed
from claims.services import (
    Given,
    Share,
    insurance,
    payments,
    recoveries,
    reports,
    self_settled,
)
from claims.services.reports import Direction, Reported
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.parcels.models import Waybill

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder

# One for each of the seeder's parts: both would count in the same rows and wait for each other.
ADJUSTERS = ("0812", "0815")
SUPERVISOR, MANAGER, FINANCE = "0801", "0800", "0814"
FEN = Decimal("0.01")
DAILY = 0.9  # claims
Loss, Kind = Claim.Loss, Liability.Kind

# loss, weight, what the customer said, what was found, why
STORIES: list[tuple[str, int, dict[str, Any], str, str, str]] = [
    (Loss.LOSS, 30, {}, "十天没有扫描，分拨和派件网点都没有实物", "lost_in_transit", "最后一次扫描在分拨发出，到件网点无到件扫描"),
    (Loss.DAMAGE, 30, {"place": "outer"}, "外箱压扁，灯罩碎了两只，客户要赔", "rough_handling", "卸车视频可见抛件"),
    (Loss.DAMAGE, 12, {"place": "inner"}, "外包装完好，打开里面杯子裂了", "packaging", "包装内无填充"),
    (Loss.SHORTAGE, 12, {"share": Decimal("0.4")}, "五件少了两件，封口有二次封箱的痕迹", "theft", "分拨称重与收件相差 3.2 公斤"),
    (Loss.DELAY, 16, {"delay_days": 4}, "承诺三天到，过了四天才派，耽误展会", "missent", "错发一次，转回多用三天"),
]  # fmt: skip


class Claims:
    """The claims desk, on the agenda of the seeder."""

    def __init__(self, seeder: "Seeder", part: int = 0) -> None:
        self.seeder, self.part = seeder, part
        self.random = seeder.random

    # -- the house -------------------------------------------------------------------------------

    def build(self) -> None:
        """Who approves from which amount on, and what we are insured for."""
        for need, above in (
            (ApprovalLimit.Need.SUPERVISOR, 100),
            (ApprovalLimit.Need.MANAGER, 1000),
        ):
            ApprovalLimit.objects.update_or_create(need=need, defaults={"above": Decimal(above)})
        insurer = self.seeder.party("insurer", "INS01", "华安物流责任险（演示）", None, None)
        year = self.seeder.now.astimezone(SHANGHAI).year
        InsurancePolicy.objects.create(
            insurer=insurer,
            number=f"PZWL{year}0001886",
            title="物流责任险",
            cover=Decimal(50_000),
            deductible=Decimal(200),
            valid_from=date(year - 1, 1, 1),
            valid_to=date(year + 1, 12, 31),
            report_within_days=3,
            documents_within_days=30,
        )

    # -- day by day ------------------------------------------------------------------------------

    def day(self, on: datetime) -> None:
        """Put a day's claims on the agenda; ``on`` is its midnight."""
        if self.random.random() < DAILY * min(self.seeder.scale, 1):
            self.seeder.at(on + timedelta(hours=self.random.uniform(9, 17)), self.register)
        if self.random.random() < 0.25:
            self.seeder.at(on + timedelta(hours=self.random.uniform(9, 17)), self.settled_outside)

    def user(self, number: str) -> Any:
        return self.seeder.by_number[number].user

    @property
    def adjuster(self) -> Any:
        return self.user(ADJUSTERS[self.part])

    def later(
        self, moment: datetime, least: float, most: float, act: Callable[[datetime], None]
    ) -> None:
        """Within so many hours from ``moment``, while somebody is there."""
        at = moment + timedelta(hours=self.random.uniform(least, most))
        self.seeder.at(self.seeder.in_hours(at), partial(self._try, act))

    def _try(self, act: Callable[[datetime], object], moment: datetime) -> None:
        try:
            act(moment)
        except (Conflict, KefuError):
            return  # somebody was faster, or it is not the time for it

    def register(self, moment: datetime) -> None:
        waybill = self.parcel_before(moment)
        if waybill is None:
            return
        loss, _weight, more, text, cause, reason = self.random.choices(
            STORIES, [story[1] for story in STORIES]
        )[0]
        agent = self.random.choice(self.seeder.agents)
        try:
            case = services.register(
                given=Given(
                    waybill_number=waybill.number,
                    loss=loss,
                    claimant=Claim.Claimant.SENDER,
                    text=text,
                    customer_name=waybill.sealed["sender_name"],
                    customer_phone=waybill.sealed["sender_phone"],
                    channel=Interaction.Channel.PHONE,
                    demanded_amount=Decimal(self.random.randrange(80, 1800)),
                    signed_unchecked=loss == Loss.DAMAGE and self.random.random() < 0.2,
                    **more,
                ),
                department=self.seeder.departments["claims"],
                actor=agent.user,
                now=moment,
            )
        except KefuError:
            return  # claimed already
        adjuster = self.seeder.by_number[ADJUSTERS[self.part]]
        if case.owner_id != adjuster.pk:  # each part of the seeder works with its own
            Case.objects.filter(pk=case.pk).update(owner=adjuster)
        self.seeder.sweep_after(case)
        if self.random.random() < 0.9:
            self.later(moment, 3, 60, partial(self.collect, case, cause, reason))

    def parcel_before(self, moment: datetime) -> Waybill | None:
        """A parcel accepted five to twenty days ago, ours or another outlet's."""
        found = (
            Waybill.objects.filter(
                accepted_at__range=(moment - timedelta(days=20), moment - timedelta(days=5))
            )
            .exclude(origin=self.seeder.company if self.random.random() < 0.6 else None)
            .select_related("origin", "destination")
            .order_by("number")[:300]
        )
        rows = list(found)
        return self.random.choice(rows) if rows else None

    def collect(self, case: Case, cause: str, reason: str, moment: datetime) -> None:
        """Evidence, facts, and who is liable."""
        claim = Claim.objects.select_related("case__waybill").get(pk=case.pk)
        for kind, note in (
            ("tracking", "轨迹截图：最后扫描为分拨发出"),
            ("statement", "派件业务员说明：未见到件"),
        ):
            services.add_evidence(case=case, kind=kind, note=note, actor=self.adjuster, now=moment)
        if claim.loss in (Loss.LOSS, Loss.SHORTAGE, Loss.DAMAGE):
            value = Decimal(self.random.randrange(60, 1500))
            services.add_evidence(
                case=case, kind="value_proof", note="购货发票", actor=self.adjuster, now=moment
            )
            services.set_facts(
                case=case,
                proved_value=value,
                repairable=False if claim.loss == Loss.DAMAGE else None,
                actor=self.adjuster,
                now=moment,
            )
        services.submit_finding(
            case=case,
            facts=f"经查：{reason}",
            cause=cause,
            reason=reason,
            liable=self.liable(claim),
            actor=self.adjuster,
            now=moment,
        )
        self.later(moment, 1, 20, partial(self.confirm, case))

    def liable(self, claim: Claim) -> list[Share]:
        waybill = claim.case.waybill
        assert waybill is not None
        ours = self.seeder.company
        outlet = waybill.origin if waybill.origin_id != ours.pk else waybill.destination
        draw = self.random.random()
        if draw < 0.4:
            return [Share(Kind.OUTLET, outlet, Decimal(100))]
        if draw < 0.75:
            return [
                Share(Kind.OUTLET, outlet, Decimal(60)),
                Share(Kind.LOADER, self.seeder.hub, Decimal(40)),
            ]
        courier = self.random.choice(self.seeder.couriers)
        return [
            Share(Kind.OUTLET, outlet, Decimal("33.33")),
            Share(Kind.LOADER, self.seeder.hub, Decimal("33.33")),
            Share(Kind.STAFF, courier, Decimal("33.34")),
        ]

    def confirm(self, case: Case, moment: datetime) -> None:
        finding = Finding.objects.get(claim=case.pk, outcome="")
        services.confirm_finding(finding=finding, actor=self.user(SUPERVISOR), now=moment)
        self.later(moment, 2, 30, partial(self.negotiate, case))
        waybill = finding.claim.case.waybill
        if waybill is not None and waybill.origin_id == self.seeder.company.pk:
            self.later(moment, 0.2, 6, partial(self.report, finding))

    def report(self, finding: Finding, moment: datetime) -> None:
        """Of a parcel that we sent headquarters is told, whoever is at fault (CD-12.78)."""
        case, liable = finding.claim.case, finding.liable.exclude(party=None).first()
        if liable is None or case.waybill is None:
            return
        made = reports.file_report(
            reported=Reported(
                direction=Direction.OUTGOING,
                fault=reports.OF_CLAIMS[Loss(finding.claim.loss)],
                waybill_number=case.waybill.number,
                text=finding.reason,
                responsible=liable.party,
                about=case,
            ),
            employee=self.seeder.by_number[ADJUSTERS[self.part]],
            now=moment,
        )
        self.later(moment, 1, 20, partial(self.accept, made))

    def accept(self, made: Case, moment: datetime) -> None:
        reports.judge_report(case=made, accept=True, actor=self.user(SUPERVISOR), now=moment)

    def negotiate(self, case: Case, moment: datetime) -> None:
        amount = self.amount(case)
        if self.random.random() < 0.5:
            services.make_offer(
                case=case,
                offered=(amount * Decimal("0.8")).quantize(FEN, ROUND_HALF_UP),
                counter_amount=amount + 50,
                reply="rejected",
                channel=Interaction.Channel.PHONE,
                text="客户嫌少，要按货值赔",
                actor=self.adjuster,
                now=moment,
            )
        if self.random.random() < 0.9:
            self.later(moment, 2, 60, partial(self.agree, case))

    def amount(self, case: Case) -> Decimal:
        found = computed(Claim.objects.select_related("case").get(pk=case.pk)).found
        if found is None:
            return Decimal(100)
        return found.amount or found.proposed or found.least or Decimal(100)

    def agree(self, case: Case, moment: datetime) -> None:
        amount = self.amount(case)
        more = self.random.random() < 0.15
        settlement = services.agree(
            case=case,
            agreed=amount + 30 if more else amount,
            channel=Interaction.Channel.PHONE,
            text="客户接受，给了收款账号",
            deviation_reason="老客户，货值证明差一张发票，协商加三十元" if more else "",
            actor=self.adjuster,
            now=moment,
        )
        self.later(moment, 1, 20, partial(self.approve, settlement))

    def approve(self, settlement: Settlement, moment: datetime) -> None:
        settlement.refresh_from_db()
        for need in settlement.needs:
            who = MANAGER if need == ApprovalLimit.Need.MANAGER else SUPERVISOR
            services.decide_settlement(
                settlement=settlement, approve=True, note="同意", actor=self.user(who), now=moment
            )
        if self.random.random() < 0.9:
            self.later(moment, 4, 70, partial(self.pay, settlement))

    def pay(self, settlement: Settlement, moment: datetime) -> None:
        case = settlement.claim.case
        payments.pay(
            case=case,
            amount=settlement.amount,
            method="transfer",
            payee=case.sealed.get("customer_name") or "客户",
            account=f"62220211020{self.random.randrange(10**7):07}",
            reference=f"ZF{case.number[3:]}",
            actor=self.user(FINANCE),
            now=moment,
        )
        self.later(moment, 1, 30, partial(self.recover, case))

    def recover(self, case: Case, moment: datetime) -> None:
        claim = Claim.objects.get(pk=case.pk)
        finding = claim.findings.get(outcome="confirmed")
        for one in finding.liable.select_related("party"):
            if one.party is not None and one.party_id != self.seeder.company.pk:
                recoveries.notify(case=case, party=one.party, actor=self.adjuster, now=moment)
        recoveries.book(case=case, actor=self.user(FINANCE), now=moment)
        paid = claim.settlements.get(state="approved").amount
        if paid > 600:
            policy = InsurancePolicy.objects.get()
            insurance.report(case=case, policy=policy, actor=self.adjuster, now=moment)
            return  # stays open until the insurer has paid
        if self.random.random() < 0.8:
            self.later(moment, 1, 40, partial(self.close, case))

    def close(self, case: Case, moment: datetime) -> None:
        services.close(case=case, satisfaction="satisfied", actor=self.adjuster, now=moment)

    def settled_outside(self, moment: datetime) -> None:
        """A unit settled by itself and told us."""
        waybill = self.parcel_before(moment)
        if waybill is None:
            return
        self._try(
            lambda now: self_settled.record(
                told=self_settled.Settled(
                    party_type="outlet",
                    party=self.random.choice(self.seeder.outlets),
                    customer=waybill.sealed["sender_name"],
                    waybill_number=waybill.number,
                    amount_yuan=Decimal(self.random.randrange(20, 300)),
                    settled_on=now.astimezone(SHANGHAI).date(),
                ),
                department_id=self.seeder.departments["claims"].pk,
                actor=self.adjuster,
                now=now,
            ),
            moment,
        )
