"""Every process that ships, walked from its first step to its last: what is refused on the way, and where it goes."""

from collections.abc import Mapping
from typing import Any

import pytest

from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.plans import UNTYPED, PlanStep, asked, shipped_plans
from kefu.policy.rulebook import load
from kefu.processes.models import ProcessRun, StepDone
from kefu.processes.roles import owner_of
from tests.processes.conftest import Shop, filled

# What is chosen to begin and how steps end, where a process has several ways; else the first of each.
WAYS: Mapping[str, list[tuple[dict[str, str], dict[str, str]]]] = {
    "stuck_conversation": [({"team": "pre_sale"}, {}), ({"team": "after_sale"}, {})],
    "order_remark": [({"request": "special"}, {}), ({"request": "ordinary"}, {})],
    "paid_then_cancelled": [({}, {"check_label": "not_printed"}), ({}, {"check_label": "printed"})],
    "quality_claim": [({}, {"verify": "verified"}), ({}, {"verify": "rejected"})],
    "return_of_goods": [
        ({"wish": "return", "defect": "quality"}, {"accept": "accepted"}),
        ({"wish": "exchange", "defect": "no_defect"}, {"accept": "accepted"}),
        ({"wish": "return", "defect": "no_defect"}, {"accept": "refused"}),
    ],
    "unidentified_return": [({}, {"ask_customer": "return"}), ({}, {"ask_customer": "exchange"})],
    "replacement_first": [({"returned_goods": "received"}, {})],
    "label_task": [({"label_kind": "order", "request": "written"}, {})],
    "inspection": [({}, {"inspect": "clean"}), ({}, {"inspect": "found"})],
    "follow_up": [({}, {"attempt": "reached"})],
}


class Walk:
    """One run of a process, by those whose steps they are."""

    def __init__(self, shop: Shop, code: str, facts: dict[str, str], ends: dict[str, str]) -> None:
        self.shop, self.ends = shop, ends
        self.run = shop.start(code, facts=facts)
        self.path: list[str] = []
        while ProcessRun.objects.get(pk=self.run.pk).ended_at is None:
            self.step()

    def step(self) -> None:
        shop, where = self.shop, self.shop.at(self.run)
        step = where.step(where.position.step)
        given = filled(where, step.code, shop.clock) | {"outcome": self.ends.get(step.code)}
        given["outcome"] = given["outcome"] or next(iter(step.outcomes), "")
        who = self.whose(step)
        self.lies_with_its_owner(step)
        self.refused_to_others(step, given)
        self.refused_out_of_order(step, who)
        self.refused_without_its_fields(step, who, given)
        if any(where.plan.field(name).type == "photo" for name in where.wanted(step)):
            shop.photograph(shop.case(self.run))
        row = shop.do(self.run, step.code, who, **given)
        assert set(row.recorded) >= {name for name in given if name != "outcome"}
        self.path.append(step.code)

    def whose(self, step: PlanStep) -> str:
        owner = self.shop.at(self.run).owner(step)
        order = ["lin", "wang", "chen", "jin", "luo", "tao", "qian", "sun"]
        before = [row.done_by_id for row in StepDone.objects.filter(run=self.run)]
        fresh = sorted(order, key=lambda one: self.shop.people[one].user_id in before)
        return next(one for one in fresh if owner.allows(self.shop.people[one].user))

    def lies_with_its_owner(self, step: PlanStep) -> None:
        owner, case = self.shop.at(self.run).owner(step), self.shop.case(self.run)
        if owner.department is not None:
            assert case.department_id == owner.department.pk, step.code
            assert case.owner is None or owner.allows(case.owner.user)

    def refused_to_others(self, step: PlanStep, given: dict[str, Any]) -> None:
        owner = self.shop.at(self.run).owner(step)
        done = {row.done_by_id for row in StepDone.objects.filter(run=self.run)}
        other = next(
            (
                name
                for name, person in self.shop.people.items()
                if not owner.allows(person.user) and person.user_id not in done
            ),
            None,
        )
        if owner.roles or owner.department is not None:
            assert other is not None
            with pytest.raises(NotAllowed) as refused:
                self.shop.do(self.run, step.code, other, **given)
            assert refused.value.code == "not_yours"

    def refused_out_of_order(self, step: PlanStep, who: str) -> None:
        where = self.shop.at(self.run)
        ahead = [one for one in where.plan.steps if one.code not in where.position.open]
        for one in ahead[-1:]:
            with pytest.raises(Conflict) as refused:
                self.shop.do(self.run, one.code, who, outcome=next(iter(one.outcomes), ""))
            assert refused.value.code == "other_step_due"

    def refused_without_its_fields(self, step: PlanStep, who: str, given: dict[str, Any]) -> None:
        where, outcome = self.shop.at(self.run), given["outcome"]
        must = {
            name
            for name in where.wanted(step)
            if where.plan.field(name).type not in UNTYPED - {"photo"}
            and not where.plan.field(name).optional
        }
        if step.wanted_for and outcome != step.wanted_for:
            given.clear()
            given |= {"outcome": outcome, "why_not": "鞋底有泥，不能再卖"}
            must = {"why_not"}
        if not must:
            return
        with pytest.raises(KefuError) as refused:
            self.shop.do(self.run, step.code, who, outcome=outcome)
        assert refused.value.code == "field_required"
        assert refused.value.field in must
        assert set(refused.value.details["missing"]) == must
        assert StepDone.objects.filter(run=self.run).count() == len(where.rows)


def walked(shop: Shop, code: str) -> list[Walk]:
    walks = [Walk(shop, code, *way) for way in WAYS.get(code, [({}, {})])]
    for walk in walks:
        case = shop.case(walk.run)
        assert case.state == Case.State.CLOSED
        assert not case.deadlines.unanswered().exists()
    return walks


def told(book: str) -> dict[str, list[tuple[str, str, str]]]:
    """What the plans of a rulebook say of each step."""
    rules = load(book)
    return {
        code: [
            (step.code, step.matter or step.by or "", " ".join(asked(plan, step, rules, KNOWN)))
            for step in plan.steps
        ]
        for code, plan in shipped_plans(rules).items()
    }


SHOP_RULES = [
    *("SD-222.03", "SD-222.04", "SD-222.05", "SD-222.07", "SD-222.08", "SD-222.10", "SD-222.11"),
    *("SD-222.12", "SD-222.13", "SD-222.14", "SD-222.19", "SD-222.20", "SD-223.02", "SD-223.03"),
    *("SD-223.04", "SD-223.05", "SD-223.06", "SD-223.07", "SD-223.09", "SD-223.10", "SD-223.11"),
    *("SD-223.12", "SD-223.17", "SD-223.18", "SD-223.19", "SD-223.20", "SD-223.21", "SD-223.22"),
    *("SD-223.23", "SD-223.24", "SD-223.26", "SD-223.27", "SD-223.28", "SD-224.03", "SD-224.04"),
    *("SD-224.05", "SD-224.06", "SD-224.10", "SD-224.11", "SD-224.13", "SD-224.14", "SD-224.15"),
]
# Each step: its code, whose it is (or the matter that is routed), what has to be on record for it.
SHOP = {
    "pre_sale_contact": [
        ("welcome", "", "pre_sale_login"),
        ("promotion", "", ""),
        ("product", "", "reply_quality"),
        ("order_confirmation", "", ""),
        ("bookmark_shop", "", ""),
    ],
    "stuck_conversation": [
        ("report", "agent", "what_happened"),
        ("help", "stuck_conversation", "how_settled"),
    ],
    "order_remark": [
        ("write", "agent", "remark author written_at"),
        ("read", "label_clerk", ""),
    ],
    "order_conversation": [
        ("confirm_order", "agent", "order_confirmed"),
        ("close_chat", "agent", ""),
    ],
    "bank_transfer_order": [
        ("register", "agent", "customer amount_yuan paid_on"),
        ("complete", "agent", "order_completed"),
    ],
    "dispatch_promise": [
        ("promise", "agent", "goods paid_at"),
        ("ship", "warehouse", "dispatched"),
    ],
    "urgent_dispatch": [
        ("ask", "agent", "wish_on"),
        ("confirm_stock", "warehouse", "warehouse_confirmation"),
        ("promise", "agent", "promised_on warehouse_confirmation"),
        ("ship", "warehouse", "dispatched"),
    ],
    "paid_then_cancelled": [
        ("check_label", "agent", ""),
        ("void_order", "label_clerk", "void_confirmed"),
        ("tell_after_sale", "agent", "after_sale_told"),
        ("refund", "after_sale_team", "refunded_on"),
    ],
    "after_sale_problem": [
        ("contact", "", "after_sale_contact contact_said"),
        ("settle", "", "how_settled"),
    ],
    "recall": [
        ("open_recall", "after_sale_team", "courier_asked"),
        (
            "register_recall",
            "after_sale_team",
            "after_sale_record slip_keeper signed_copy courier_copy",
        ),
        ("exchange_slip", "label_clerk", "parcel_received signed_slip_returned name date"),
        ("refund", "after_sale_team", "receipt_signed refunded_on"),
    ],
    "quality_claim": [
        ("report", "after_sale_team", "photo what_happened"),
        ("verify", "after_sale_team", ""),
        ("settle", "after_sale_team", "remedy"),
    ],
    "return_of_goods": [
        ("note", "after_sale_team", "customer_id contact reason replacement_item"),
        ("send_back", "after_sale_team", "return_waybill_number"),
        ("register", "after_sale_team", "return_waybill_number registered_at"),
        ("inspect", "warehouse", "inspected_by inspection_result inspected_on"),
        ("accept", "warehouse", "goods_intact box_complete resaleable"),
        (
            "freight_back",
            "after_sale_team",
            "outbound_freight_yuan return_freight_yuan freight_receipt",
        ),
        ("freight", "after_sale_team", "outbound_freight_yuan return_freight_yuan"),
        ("refund", "after_sale_team", "warehouse_signature refunded_on"),
        ("hand_on", "after_sale_team", ""),
        ("give_back", "after_sale_team", "returned_waybill_number"),
    ],
    "unidentified_return": [
        ("find", "warehouse", "what_came"),
        ("ask_customer", "return_without_card", ""),
        ("settle", "clarified_return", "how_settled"),
    ],
    "exchange": [
        ("inspect", "warehouse", ""),
        ("hand_card", "warehouse", ""),
        ("print", "label_clerk", ""),
        ("ship", "warehouse", "exchange_waybill_number after_sale_told"),
        ("confirm_receipt", "after_sale_team", "receipt_confirmed"),
    ],
    "replacement_first": [
        ("approve", "supervisor", ""),
        ("send", "", "exchange_waybill_number"),
    ],
    "difficult_parcel": [
        ("call", "", "difficult_parcel_contact contact_said"),
        ("settle", "", "how_settled"),
    ],
    "rerouted_parcel": [
        ("reroute", "", "transfer_waybill_number"),
        ("follow", "", "transfer_waybill_number transfer_succeeded delivered_safely"),
    ],
    "return_and_resend": [
        ("come_back", "", "return_waybill_number"),
        ("resend", "", "return_waybill_number resent_waybill_number"),
    ],
    "label_task": [
        ("ask", "agent", "order_wish"),
        ("carry_out", "label_task", ""),
    ],
    "order_change": [
        ("change", "agent", "old_value new_value label_clerk_told"),
        ("print", "label_clerk", "change_acknowledged"),
    ],
    "urgent_slip": [
        ("write", "agent", "order_wish name date"),
        ("carry_out", "label_clerk", ""),
        ("return_slip", "label_clerk", "returned_to_requester"),
    ],
    "daily_slips": [
        ("archive", "label_clerk", "date clerk"),
    ],
    "daily_exchanges": [
        ("archive", "label_clerk", "ship_date"),
    ],
}
ONLINE = {
    "tell_customer": [
        ("tell", "", "message satisfaction_asked customer_informed"),
    ],
    "follow_up": [
        ("attempt", "", "follow_up_channel"),
        ("note_failure", "", "next_attempt_at attempted_at reason"),
        ("questions", "", "attitude solution_time handling"),
    ],
    "inspection": [
        ("plan", "inspector", "inspection_mode"),
        ("inspect", "inspector", "findings"),
    ],
    "corrective_action": [
        ("find", "inspector", "finding owner due_on"),
        ("correct", "", "corrected"),
        ("recheck", "inspector", "rechecked"),
    ],
    "daily_check": [
        ("group_check", "group_leader", "check_result"),
        ("supervisor_check", "supervisor", "check_result"),
        ("area_check", "area_manager", "check_result"),
    ],
    "post_training": [
        ("plan", "", "training_plan"),
        ("train", "", "attendance"),
        ("record", "", "result"),
    ],
}
# What decides which clauses speak, where several might.
KNOWN = {
    "request": "special",
    "wish": "exchange",
    "order": "changed",
    "returned_goods": "received",
}
PATHS = {
    "paid_then_cancelled": [
        ["check_label", "void_order", "tell_after_sale", "refund"],
        ["check_label"],
    ],
    "recall": [["open_recall", "register_recall", "exchange_slip", "refund"]],
    "quality_claim": [["report", "verify", "settle"], ["report", "verify"]],
    "return_of_goods": [
        ["note", "send_back", "register", "inspect", "accept", "freight_back", "refund"],
        ["note", "send_back", "register", "inspect", "accept", "freight", "hand_on"],
        ["note", "send_back", "register", "inspect", "accept", "give_back"],
    ],
    "exchange": [["inspect", "hand_card", "print", "ship", "confirm_receipt"]],
}


@pytest.mark.rule(*SHOP_RULES)
def test_each_process_of_the_shop_asks_for_its_fields_its_people_and_its_order(shop):
    assert told("SD-2") == SHOP
    for code in SHOP:
        walks = walked(shop, code)
        if code in PATHS:
            assert [walk.path for walk in walks] == PATHS[code]
    # A label already printed ends in a recall, an exchange asked for with the return in an exchange.
    assert ProcessRun.objects.filter(code="recall", ended_at=None).count() == 1
    assert ProcessRun.objects.filter(code="exchange", ended_at=None).count() == 1


@pytest.mark.rule(
    *("OS-11.03", "OS-20.03", "OS-30.03", "OS-30.09", "OS-30.12", "OS-40.01"),
)
def test_each_process_of_the_online_shop_asks_for_its_fields_its_people_and_its_order(online_shop):
    assert told("OS") == ONLINE
    paths = {code: walked(online_shop, code)[0].path for code in ONLINE}

    assert paths["corrective_action"] == ["find", "correct", "recheck"]
    assert paths["daily_check"] == ["group_check", "supervisor_check", "area_check"]
    assert ProcessRun.objects.filter(code="corrective_action", ended_at=None).count() == 1


def test_what_a_step_belongs_to_is_a_desk_or_role_of_the_house_or_anybodys(shop):
    """A name the house cannot resolve would leave a step to anybody unseen."""
    known = {"agent", None}
    for book in ("SD-2", "OS"):
        for plan in shipped_plans(load(book)).values():
            for step in plan.steps:
                owner = owner_of(step.by)
                assert step.by in known or owner.roles or owner.department, (plan.code, step.code)
