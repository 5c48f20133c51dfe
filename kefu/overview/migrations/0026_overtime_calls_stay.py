"""Whom a supervisor called, and what they answered, stays: the application deletes none of it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0025_inspection_stays"),
        ("payroll", "0017_lunch_and_overtime_calls"),
    ]

    operations = [
        migrations.RunSQL(
            "REVOKE DELETE ON payroll_overtimecall FROM kefu_app;",
            "GRANT DELETE ON payroll_overtimecall TO kefu_app;",
        )
    ]
