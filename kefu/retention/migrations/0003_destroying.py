"""Personal data is destroyed by functions of the tables' owner, which write down what they did (``destroy.sql``)."""

from pathlib import Path

from django.db import migrations

BACK = """
DROP FUNCTION kefu_withheld(text, bigint, boolean);
DROP INDEX retention_case_closed, retention_waybill_accepted;
DROP FUNCTION kefu_drop_month(text, date, text, bigint, timestamptz, bytea);
DROP FUNCTION kefu_destroy(text, text, bigint[], boolean, date, date, text, bigint, bigint, bigint, timestamptz);
DROP FUNCTION kefu_held(text, bigint);
DROP FUNCTION kefu_case_held(cases_case);
DROP FUNCTION kefu_unit_table(text);
DROP FUNCTION kefu_destruction_plan();
GRANT INSERT, UPDATE, DELETE ON retention_destruction, retention_destroyed, audit_auditanchor TO kefu_app;
GRANT DELETE ON retention_hold, retention_personalrequest TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0002_destruction_and_requests"),
        ("audit", "0003_anchors"),
        ("jobs", "0005_file_is_a_sealed_column"),
        ("overview", "0035_escalations_stay"),
        ("claims", "0004_registers_move_out"),
        ("customers", "0001_initial"),
        ("deadlines", "0013_warned_unseen"),
        ("inquiries", "0010_complaints_to_party"),
        ("parcels", "0003_scans_of_the_day"),
        ("penalties", "0011_for_people"),
        ("problem_parcels", "0007_asked_left_sent"),
        ("processes", "0003_lead_told"),
    ]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("destroy.sql").read_text(encoding="utf-8"), BACK)
    ]
