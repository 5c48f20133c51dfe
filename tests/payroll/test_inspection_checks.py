"""The checks on inspections are checked."""

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.overview.inspection_checks import INSPECTION_CHECKS
from kefu.overview.verify import verify
from payroll.services import findings, samples
from tests import centre as centres
from tests.centre import at
from tests.payroll.inspected import MONDAY, NOW, calls, sheet

SOUND = {name: violations for name, _counted, violations in INSPECTION_CHECKS}
BROKEN = [
    ("finding_entered_only_when_upheld", "UPDATE payroll_findingdecision SET outcome = 'not_upheld', reason = '-'"),
    ("finding_entered_only_when_upheld", "DELETE FROM payroll_findingdecision"),
    ("finding_is_of_its_breach", "UPDATE payroll_inspectionmark SET mark = 'kept' WHERE mark = 'breach'"),
    ("finding_is_of_its_breach", "UPDATE payroll_inspectionmark SET mark = 'breach', comment = '-' WHERE mark = 'kept'"),
    ("finding_is_of_its_breach", "UPDATE payroll_sample SET employee_id = (SELECT id FROM staff_employee WHERE number = '0831')"),
    ("sample_was_in_the_frame", "UPDATE payroll_sampledraw SET from_on = to_on"),
    ("sample_was_in_the_frame", "UPDATE payroll_call SET answered = false, talk_seconds = 0"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(settings):
    settings.KEFU_NOW = at("18:00")
    made = centres.build(now=at("08:00"))
    calls(made, made.lin, 1)
    row = samples.draw_samples(
        department=made.query_desk, medium="call", from_on=MONDAY.date(), to_on=NOW.date(), size=1,
        actor=made.chen.user, now=NOW,
    )  # fmt: skip
    found = sheet(
        made.query_desk, made.chen, employee=made.lin, sample=row.samples.get(), breaches={"CD-12.18": "没有报"}
    ).findings.get()  # fmt: skip
    findings.reply(finding=found, sort="accept", actor=made.lin.user, now=NOW)
    findings.settle(finding=found, upheld=True, actor=made.chen.user, now=NOW)

    ours = {one.check: one for one in verify() if one.check in SOUND}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and len(ours) == len(SOUND)
    assert {check for check, _statement in BROKEN} == set(SOUND)
    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    tables = ("findingdecision", "inspectionmark", "sample", "sampledraw", "call")
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in tables:
                owner.execute(f"ALTER TABLE payroll_{table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
