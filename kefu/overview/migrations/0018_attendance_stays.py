"""Punches, and what was said and decided about them, stay: the application deletes none of it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0017_rosters_stay"),
        ("payroll", "0005_people_attendance"),
    ]

    operations = [
        migrations.RunSQL(
            """
            REVOKE UPDATE, DELETE ON payroll_punch, payroll_punchexemption, payroll_falsepunch,
                payroll_attendancereport FROM kefu_app;
            REVOKE DELETE ON payroll_overtime, payroll_correction, payroll_away, payroll_attendanceclerk FROM kefu_app;
            """,
            """
            GRANT UPDATE, DELETE ON payroll_punch, payroll_punchexemption, payroll_falsepunch,
                payroll_attendancereport TO kefu_app;
            GRANT DELETE ON payroll_overtime, payroll_correction, payroll_away, payroll_attendanceclerk TO kefu_app;
            """,
        )
    ]
