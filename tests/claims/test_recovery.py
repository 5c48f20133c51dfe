"""What the liable owe: told, booked, taken back, divided anew; the balances are the entries' sums."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from claims import services
from claims.models import Claim, Recovery
from claims.selectors.money import money_of
from claims.services import Share, recoveries
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import Party
from kefu.notifications.models import Event
from tests.centre import at
from tests.claims.money import approved, balances, booked, pay, tell


def three(desk):
    """A third each, the last with what is left of a hundred; the customer packed badly."""
    return [
        Share("outlet", desk.chengdu, Decimal("33.33")),
        Share(
            "loader",
            Party.objects.create(kind="hub", code="HUB1", name="南京分拨"),
            Decimal("33.33"),
        ),
        Share("customer", None, Decimal("33.34")),
    ]


@pytest.mark.rule("LC-01.21", "LC-04.06", "LC-04.12", "LC-04.13")
def test_each_of_the_liable_is_told_before_he_owes_and_the_claim_closes_last(desk):
    desk.work_by("LC")
    case = approved(desk, "1000.00", three(desk))
    gu, now = desk.gu.user, at("16:00")

    with pytest.raises(Conflict):  # nothing is booked before the customer has his money
        recoveries.book(case=case, actor=gu, now=at("14:00"))
    recoveries.notify(case=case, party=desk.chengdu, actor=gu, now=at("14:00"))  # but he may know
    pay(desk, case, amount=Decimal("1000.00"))
    with pytest.raises(Conflict) as refused:
        recoveries.book(case=case, actor=gu, now=now)
    assert refused.value.code == "not_notified"
    with pytest.raises(Conflict) as refused:
        services.close(case=case, actor=gu, now=now)
    assert refused.value.code == "closing_incomplete"

    hub = Party.objects.get(code="HUB1")
    told = recoveries.notify(case=case, party=hub, actor=gu, now=at("15:30"))
    recoveries.acknowledge(recovery=told, at=at("15:45"), actor=gu, now=now)
    services.close(case=case, satisfaction="satisfied", actor=gu, now=at("16:30"))
    # Closed for the customer; what the liable owe is booked all the same.
    recoveries.book(case=case, actor=gu, now=at("17:00"))

    rows = {row.party.code: row for row in Recovery.objects.select_related("party")}
    assert {code: (row.amount, row.form) for code, row in rows.items()} == {
        "CD03": (Decimal("333.30"), "statement"),
        "HUB1": (Decimal("333.30"), "statement"),
    }
    assert balances() == {
        ("KF", "claim_cost"): Decimal("333.40"),  # the customer's own share stays with the company
        ("KF", "bank"): Decimal("-1000.00"),
        ("CD03", "recovery"): Decimal("333.30"),
        ("HUB1", "recovery"): Decimal("333.30"),
    }
    assert desk.claim(case).ending == Claim.Ending.PAID
    assert set(
        Event.objects.filter(kind="recovery.changed").values_list("party_id", flat=True)
    ) == {desk.chengdu.pk, hub.pk}


def test_only_who_may_and_only_once(desk):
    case = approved(desk)
    pay(desk, case)
    gu, lin, now = desk.gu.user, desk.centre.lin.user, at("16:00")
    row = Recovery.objects.get()

    for act in (
        lambda: recoveries.notify(case=case, party=desk.chengdu, actor=lin, now=now),
        lambda: recoveries.acknowledge(recovery=row, actor=lin, now=now),
        lambda: recoveries.book(case=case, actor=lin, now=now),
        lambda: recoveries.reverse(recovery=row, reason="误记", actor=lin, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(Conflict):
        recoveries.acknowledge(recovery=row, actor=gu, now=now)
    with pytest.raises(Conflict):
        recoveries.notify(case=case, party=desk.centre.xian, actor=gu, now=now)
    tell(desk, case)
    with pytest.raises(KefuError) as refused:
        recoveries.acknowledge(recovery=row, at=at("15:29"), actor=gu, now=now)
    assert refused.value.field == "at"
    with pytest.raises(Conflict):
        recoveries.notify(case=case, party=desk.chengdu, actor=gu, now=now)
    recoveries.book(case=case, actor=gu, now=now)
    with pytest.raises(Conflict):
        recoveries.book(case=case, actor=gu, now=now)
    assert Entry.objects.filter(kind="recovery").count() == 1


def test_a_reversal_is_a_second_persons_counter_entry_and_a_new_division_follows_it(desk):
    case = approved(desk)
    booked(desk, case)
    row, gu, shen = Recovery.objects.get(), desk.gu.user, desk.shen.user
    courier = Party.objects.create(kind="courier", code="YW01", name="马师傅")
    again = [Share("staff", courier, Decimal(40)), Share("outlet", desk.centre.xian, Decimal(60))]

    with pytest.raises(Conflict):
        recoveries.divide_again(case=case, liable=again, reason="查实", actor=gu, now=at("16:10"))
    with pytest.raises(KefuError) as refused:
        recoveries.reverse(recovery=row, reason="责任有误", actor=gu, now=at("16:10"))
    assert refused.value.code == "own_entry"
    with pytest.raises(KefuError) as refused:
        recoveries.reverse(recovery=row, reason="误", actor=shen, now=at("16:10"))
    assert refused.value.field == "reason"
    recoveries.reverse(recovery=row, reason="责任有误，成都有交接扫描", actor=shen, now=at("16:10"))
    with pytest.raises(Conflict):
        recoveries.reverse(recovery=row, reason="责任有误", actor=shen, now=at("16:11"))
    assert balances()[("CD03", "recovery")] == 0

    with pytest.raises(KefuError) as refused:
        recoveries.divide_again(
            case=case, liable=again[:1], reason="查实", actor=gu, now=at("16:20")
        )
    assert refused.value.field == "liable" and Claim.objects.get().findings.count() == 1
    finding = recoveries.divide_again(
        case=case, liable=again, reason="业务员途中遗失", actor=gu, now=at("16:20")
    )
    with pytest.raises(NotAllowed):
        recoveries.decide_division(finding=finding, approve=True, actor=gu, now=at("16:25"))
    recoveries.decide_division(
        finding=finding, approve=True, actor=desk.centre.chen.user, now=at("16:30")
    )
    for party in (courier, desk.centre.xian):
        recoveries.notify(case=case, party=party, actor=gu, now=at("16:40"))
    recoveries.book(case=case, actor=gu, now=at("16:50"))

    assert Recovery.objects.get(party=courier).form == Recovery.Form.DEDUCTION
    assert balances()[("YW01", "recovery")] == Decimal("480.00")
    assert balances()[("XA02", "recovery")] == Decimal("720.00")
    assert balances()[("KF", "claim_cost")] == 0
    sums = {
        a["account"]: a["sum"]
        for a in Posting.objects.values("account").annotate(sum=Sum("amount"))
    }
    assert sums == dict(Account.objects.values_list("pk", "balance"))


def test_while_another_division_waits_nothing_is_booked_by_the_one_before_it(desk):
    case = approved(desk)
    pay(desk, case)
    tell(desk, case)
    gu, chen, now = desk.gu.user, desk.centre.chen.user, at("16:00")
    again = [Share("outlet", desk.centre.xian, Decimal(100))]
    given = {"case": case, "liable": again, "actor": gu, "now": now}
    first = recoveries.divide_again(reason="西安接的件", **given)

    with pytest.raises(Conflict) as refused:
        recoveries.book(case=case, actor=gu, now=now)
    assert refused.value.code == "division_waits"
    assert not money_of(case).to_book and not Entry.objects.filter(kind="recovery").exists()

    with pytest.raises(KefuError) as silent:
        recoveries.decide_division(finding=first, approve=False, actor=chen, now=now)
    assert silent.value.field == "note"
    recoveries.decide_division(finding=first, approve=False, note="再查", actor=chen, now=now)
    told = case.interactions.filter(action__startswith="redivision").order_by("pk")
    assert [line.text for line in told] == ["西安接的件", "再查"]
    assert money_of(case).to_book  # the one before holds again
    second = recoveries.divide_again(reason="西安接的件，有扫描", **given)
    recoveries.decide_division(finding=second, approve=True, actor=chen, now=now)
    recoveries.notify(case=case, party=desk.centre.xian, actor=gu, now=now)
    recoveries.book(case=case, actor=gu, now=now)
    assert balances()[("XA02", "recovery")] == Decimal("1200.00")
    assert ("CD03", "recovery") not in balances()
    assert balances()[("KF", "claim_cost")] == 0
