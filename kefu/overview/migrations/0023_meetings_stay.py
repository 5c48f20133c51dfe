"""What was agreed, announced and handed over is a fact: nothing of it is removed, what was signed is not written anew."""

from django.db import migrations

APPEND_ONLY = "payroll_itemstep, payroll_minutes, payroll_minutessignature, payroll_minutesreview"
STAY = (
    "payroll_meeting, payroll_meetingattendance, payroll_meetingitem, payroll_weeklyreport, payroll_announcement,"
    " payroll_announcementrecipient, payroll_bookentry, payroll_shiftcheck, payroll_safetyreport"
)
LINKS = "payroll_announcement_departments, payroll_announcement_positions, payroll_bookentry_cases"

FORWARD = f"""
REVOKE UPDATE, DELETE ON {APPEND_ONLY}, {LINKS} FROM kefu_app;
REVOKE DELETE ON {STAY} FROM kefu_app;
REVOKE UPDATE, DELETE ON payroll_announcementfile FROM kefu_app;
GRANT UPDATE (content) ON payroll_announcementfile TO kefu_app;  -- when keys are rotated
"""

BACK = f"""
GRANT UPDATE, DELETE ON {APPEND_ONLY}, {LINKS}, payroll_announcementfile TO kefu_app;
GRANT DELETE ON {STAY} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0022_training_stays"),
        ("payroll", "0011_meetings"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
