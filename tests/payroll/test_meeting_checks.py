"""The checks on minutes and the hand-over book are checked."""

from datetime import date

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.desk import services as desk_services
from kefu.desk.services import HandOverItem
from kefu.overview.meeting_checks import MEETING_CHECKS
from kefu.overview.verify import verify
from payroll.services import book, meetings, minutes
from tests import centre as centres
from tests.centre import at

SOUND = {name: violations for name, _counted, violations in MEETING_CHECKS}
SIGNED, NAMED = SOUND
BROKEN = [
    (SIGNED, "DELETE FROM payroll_minutessignature"),
    (SIGNED, "UPDATE payroll_meetingattendance SET came = true WHERE NOT came"),
    (SIGNED, "UPDATE payroll_meetingattendance SET came = false WHERE came"),
    (NAMED, "UPDATE payroll_bookentry SET giver_id = (SELECT id FROM staff_employee WHERE number = '0831')"),
]  # fmt: skip


def world():
    """A meeting whose minutes are kept, and a page of the book with a case."""
    house = centres.build(now=at("08:00"), rules_since=date(2026, 1, 1))
    lead = {"actor": house.chen.user, "now": at("09:00")}
    meeting = meetings.call(
        department=house.query_desk, subject="company_meeting", starts_at=at("09:30"),
        minute_taker=house.wang, **lead,
    )  # fmt: skip
    meetings.hold(meeting=meeting, came=[house.wang], **lead)
    minutes.save_draft(meeting=meeting, texts={"minutes": "耳机更换"}, **lead)
    text = minutes.circulate(meeting=meeting, **lead)
    minutes.sign(minutes=text, employee=house.wang, actor=house.wang.user, now=at("10:00"))
    case = house.inquiry(now=at("09:00"))
    lin = {"giver": house.lin, "actor": house.lin.user}
    given = [HandOverItem(case, house.zhou, "等回电")]
    desk_services.hand_over(**lin, items=given, now=at("17:20"))
    book.write(**lin, content={"todo": "等回电"}, now=at("17:25"))


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(settings):
    settings.KEFU_NOW = at("18:00")
    world()
    ours = {one.check: one for one in verify() if one.check in SOUND}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and len(ours) == len(SOUND)

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in ("minutessignature", "meetingattendance", "bookentry"):
                owner.execute(f"ALTER TABLE payroll_{table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
