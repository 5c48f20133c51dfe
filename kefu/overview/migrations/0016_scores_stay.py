"""Who was judged, what was published and decided about people are facts: added, and never changed."""

from django.db import migrations

APPEND_ONLY = (
    "payroll_entrydecision, payroll_judgedpart, payroll_target, payroll_talk, payroll_yearsheet"
)
STAY = (
    "payroll_registerentry, payroll_objection, payroll_monthscore, payroll_improvement, payroll_rewardsheet"
)
AUDITED = ("payroll_registerentry", "payroll_objection", "payroll_monthscore", "payroll_rewardsheet")


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0015_refund_checks_stay"),
        ("payroll", "0003_people_score"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app; REVOKE DELETE ON {STAY} FROM kefu_app;"
            + "".join(f"SELECT kefu_audit_table('{table}');" for table in AUDITED),
            f"GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app; GRANT DELETE ON {STAY} TO kefu_app;",
        )
    ]
