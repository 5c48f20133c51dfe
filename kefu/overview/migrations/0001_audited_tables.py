"""Which tables leave an audit row for every change. Facts with an author of their own need none."""

from django.db import migrations

AUDITED = """
SELECT kefu_audit_table('network_region');
SELECT kefu_audit_table('network_party');
SELECT kefu_audit_table('network_contactnumber');
SELECT kefu_audit_table('staff_department');
SELECT kefu_audit_table('staff_position');
SELECT kefu_audit_table('staff_user');
SELECT kefu_audit_table('staff_employee');
SELECT kefu_audit_table('staff_duty');
SELECT kefu_audit_table('rulebooks_rulebook');
SELECT kefu_audit_table('rulebooks_rulebookversion');
SELECT kefu_audit_table('rulebooks_assignment');
SELECT kefu_audit_table('api_apikey');
SELECT kefu_audit_table('penalties_waiver');
SELECT kefu_audit_table('deadlines_lateentry');
SELECT kefu_audit_table('deadlines_pause');
SELECT kefu_audit_table('cases_case', 'id', false);
SELECT kefu_audit_table('penalties_penalty', 'id', false);
SELECT kefu_audit_table('inquiries_networkquery', 'id', false);
SELECT kefu_make_partitions((current_date - interval '1 month')::date, (current_date + interval '3 months')::date);
"""

TABLES = [
    "network_region",
    "network_party",
    "network_contactnumber",
    "staff_department",
    "staff_position",
    "staff_user",
    "staff_employee",
    "staff_duty",
    "rulebooks_rulebook",
    "rulebooks_rulebookversion",
    "rulebooks_assignment",
    "api_apikey",
    "penalties_waiver",
    "deadlines_lateentry",
    "deadlines_pause",
    "cases_case",
    "penalties_penalty",
    "inquiries_networkquery",
]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_partitions_and_audit"),
        ("notifications", "0003_event_table"),
        ("parcels", "0002_scan_table"),
        ("rulebooks", "0002_initial"),
        ("api", "0002_initial"),
        ("deadlines", "0003_initial"),
        ("penalties", "0004_events_are_final"),
        ("inquiries", "0003_initial"),
    ]

    operations = [
        migrations.RunSQL(
            AUDITED, ";".join(f"DROP TRIGGER kefu_audit ON {table}" for table in TABLES)
        )
    ]
