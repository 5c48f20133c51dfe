"""The checks on pay are checked: silent on a sound month, and each speaks when its fact is broken."""

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from kefu.overview.contents import payslip_contents, takeback_contents
from kefu.overview.pay_checks import PAY_CHECKS
from kefu.overview.verify import verify
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition
from payroll.services import register
from tests.centre import at
from tests.payroll.house import NOW, build
from tests.payroll.test_pay_runs import fined

CONTENTS = {"payslip_is_what_its_facts_come_to", "takeback_is_what_its_facts_come_to"}
SOUND = {name: violations for name, _counted, violations in PAY_CHECKS}
PAY_BROKEN = [
    ("payslip_is_the_sum_of_its_lines", "UPDATE payroll_payslipline SET amount = amount + 0.01 WHERE NOT kept"),
    ("payslip_is_the_sum_of_its_lines", "DELETE FROM payroll_payslipline WHERE kept"),
    ("deductions_stay_within_the_limit", "UPDATE payroll_payslip SET deductions = deductions + 100, net = net - 100"),
    ("deductions_stay_within_the_limit", "UPDATE payroll_payterms SET minimum_wage = 1100"),
    ("locked_month_was_paid", "DELETE FROM payroll_lockedmonth"),
    ("locked_month_was_paid", "UPDATE payroll_payrun SET state = 'approved'"),
    ("fine_on_a_locked_slip_is_settled", "UPDATE penalties_penalty SET state = 'payable'"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(settings):
    """A month with a fine beyond the limit: its slip comes out again, by replay too, until somebody touches it."""
    settings.KEFU_NOW = NOW
    house = build()
    one = house.hire("罚多")
    fined(house, one, "CD-12.79", 200)
    fined(house, one, "CD-03.12", 90)
    points = house.enter(one, "CD-12.18", "points")
    house.locked()
    with transaction.atomic():
        register.withdraw(entry=points, reason="查错了", actor=house.centre.chen.user, now=NOW)

    every = verify()
    assert next(one for one in every if one.check == "guards_stand").ok
    ours = [r for r in every if r.check in {*SOUND, *CONTENTS}]
    assert {one.check: one.violations for one in ours if not one.ok} == {}
    assert all(one.n for one in ours)
    assert len(ours) == len(SOUND) + len(CONTENTS)
    assert {check for check, _statement in PAY_BROKEN} == set(SOUND)
    slips = replayables()["payslip"]
    (decision,) = slips.read("2026-11", None, after=0, limit=10, at=at("2026-12-31 00:00"))
    again = slips.decide(decision.facts, edition(decision.version_id).rules)
    assert slips.count("2026-11", None) == 1
    assert list(differences(decision, again)) == []

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    tables = ("payslipline", "payslip", "payslippart", "payterms", "lockedmonth", "payrun")
    with psycopg.connect(database) as owner:
        for check, statement in PAY_BROKEN:
            for table in (*(f"payroll_{name}" for name in tables), "penalties_penalty"):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
        owner.execute("ALTER TABLE payroll_payslippart DISABLE TRIGGER USER")
        owner.execute(
            """UPDATE payroll_payslippart SET facts = jsonb_set(facts, '{score}', '"49"')"""
        )
        owner.execute("ALTER TABLE payroll_payadjustment DISABLE TRIGGER USER")
        owner.execute("UPDATE payroll_payadjustment SET amount = amount + 1")
    assert payslip_contents().found == 1
    assert takeback_contents().found == 1
