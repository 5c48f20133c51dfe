"""What happens at a centre, told in one call each, under a clock that the test moves."""

from dataclasses import dataclass
from typing import Any

from inquiries import services as inquiries
from inquiries.models import NetworkQuery
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.desk import services as desk
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from tests.centre import Centre, at
from tests.frozen import Clock


@dataclass
class Told:
    """``when`` is a time of the tests' day; what is stated back says so."""

    centre: Centre
    clock: Clock

    def asks(self, when: str, **given: Any) -> Case:
        return self.centre.inquiry(now=self.clock(when), **given)

    def answers(self, case: Case, when: str, **given: Any) -> Interaction:
        facts: dict[str, Any] = {
            "text": "件已找到，今天派送",
            "channel": "phone",
            "substantive": True,
            "actor": self.centre.lin.user,
        }
        return inquiries.answer_customer(case=case, now=self.clock(when), **(facts | given))

    def calls_again(self, case: Case, when: str, **given: Any) -> Interaction:
        return inquiries.customer_again(
            case=case,
            text="怎么还没消息",
            channel="phone",
            actor=self.centre.lin.user,
            now=self.clock(when),
            **given,
        )

    def asks_outlet(self, case: Case, when: str) -> NetworkQuery:
        return inquiries.ask_outlet(
            case=case,
            outlet=self.centre.chengdu,
            question="请核实",
            actor=self.centre.lin.user,
            now=self.clock(when),
        )

    def feeds_back(self, query: NetworkQuery, when: str, **given: Any) -> NetworkQuery:
        return inquiries.record_feedback(
            query=query,
            answer="件在仓库",
            channel="phone",
            actor=self.centre.lin.user,
            now=self.clock(when),
            **given,
        )

    def complains(self, case: Case, when: str, cause: str = "no_reply") -> Case:
        return inquiries.file_complaint(
            cause=cause,
            against=self.centre.chengdu,
            text="一直没有人给我答复",
            channel="chat",
            asker="receiver",
            origin=case,
            details=inquiries.Details(
                category="other", demand="快给答复"
            ),  # what some rulebooks want to know
            department=self.centre.query_desk,
            owner=self.centre.zhou,
            actor=self.centre.zhou.user,
            now=self.clock(when),
        )

    def calls_in_vain(self, case: Case, when: str, **given: Any) -> Interaction:
        return inquiries.contact_failed(
            case=case,
            outlet=self.centre.chengdu,
            text="无人接听",
            actor=self.centre.lin.user,
            now=self.clock(when),
            **given,
        )

    def hands_on(self, case: Case, when: str) -> Case:
        return desk.transfer(
            case=case,
            to=self.centre.zhou,
            department=self.centre.query_desk,
            note="请跟进",
            actor=self.centre.lin.user,
            now=self.clock(when),
        )

    def waives(self, penalty: Penalty, when: str, *, approve: bool = True) -> Waiver:
        waiver = penalties.propose_waiver(
            penalty=penalty,
            ground=Waiver.Ground.FORCE_MAJEURE,
            reason="当日暴雨停电",
            actor=self.centre.wang.user,
            now=self.clock(when),
        )
        penalties.decide_waiver(
            waiver=waiver, approve=approve, actor=self.centre.chen.user, now=at(when)
        )
        return waiver

    def sweeps(self, when: str) -> None:
        self.clock(when)
        deadlines.sweep()

    def fined_outlet(self) -> Case:
        """Chengdu was asked at 08:00, was silent, and the customer complained: 200 yuan to pay."""
        case = self.asks("08:00:00")
        self.answers(case, "08:10:00", text="已请成都核实")
        self.asks_outlet(case, "08:15:00")
        self.complains(case, "11:00:00")
        return case
