"""What a claim's recovery says on the outlet's monthly statement."""

from datetime import date

import pytest

from claims.models import Recovery
from claims.services import recoveries
from kefu.statements import services
from tests.centre import at
from tests.claims.money import approved, booked


@pytest.mark.django_db
def test_a_recovery_and_its_reversal_tell_the_claim_and_nothing_of_the_customer(desk):
    case = approved(desk)
    booked(desk, case)
    recovery = Recovery.objects.get()
    recoveries.reverse(
        recovery=recovery, reason="责任有误", actor=desk.shen.user, now=at("2026-12-02 17:00")
    )

    november, december = (
        services.draw_up(
            party=desk.chengdu, month=date(2026, month, 1), now=at("2027-01-01 01:00:00")
        )
        for month in (11, 12)
    )

    assert (str(november.recoveries), str(november.closing)) == ("1200.00", "1200.00")
    assert (str(december.reversals), str(december.closing)) == ("-1200.00", "0.00")
    (line,), (back,) = november.lines.all(), december.lines.all()
    assert line.told["zh"]["summary"] == f"理赔 {case.number}（遗失）追偿"
    assert "100% 的责任承担 1,200.00 元" in line.told["zh"]["details"][0]
    assert case.number in line.told["en"]["summary"] and "追偿" not in str(line.told["en"])
    assert (back.of_month, back.told["zh"]["details"][-1]) == (date(2026, 11, 1), "冲销理由：责任有误")  # fmt: skip
    assert line.waybill_number == desk.lost.number
    assert "陈" not in str(line.told) and "6222" not in str(line.told)
