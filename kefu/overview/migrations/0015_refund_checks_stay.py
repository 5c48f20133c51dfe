"""That a day's orders in refund or dispute were looked through is a fact: added, and never changed."""

from django.db import migrations

TABLES = "processes_refundcheck, processes_refundcheckreminder"


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0014_reports_stay"),
        ("processes", "0002_refunds"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {TABLES} FROM kefu_app;",
            f"GRANT UPDATE, DELETE ON {TABLES} TO kefu_app;",
        )
    ]
