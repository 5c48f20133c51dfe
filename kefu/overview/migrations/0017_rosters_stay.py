"""What was handed out, approved and asked for stays: the application deletes none of it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0016_scores_stay"),
        ("payroll", "0004_people_roster"),
    ]

    operations = [
        migrations.RunSQL(
            """
            REVOKE UPDATE, DELETE ON payroll_leaveapproval, payroll_rosterreminder FROM kefu_app;
            REVOKE DELETE ON payroll_leave, payroll_swap, payroll_outing, payroll_rostercopy FROM kefu_app;
            """,
            """
            GRANT UPDATE, DELETE ON payroll_leaveapproval, payroll_rosterreminder TO kefu_app;
            GRANT DELETE ON payroll_leave, payroll_swap, payroll_outing, payroll_rostercopy TO kefu_app;
            """,
        )
    ]
