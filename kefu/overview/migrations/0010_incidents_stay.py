"""What the triggers of incidents and force majeure forbid, the application's role may not do at all."""

from django.db import migrations

FOR_EVER = """inquiries_incidentnotice, inquiries_statement, inquiries_publication, inquiries_broadcast,
    inquiries_exemption"""
KEPT = """inquiries_incident, inquiries_groupedcomplaint, inquiries_incidentmember, inquiries_broadcastreceipt,
    inquiries_waitingcustomer, inquiries_affectedcase, inquiries_incidentfinding, inquiries_forcemajeure"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0009_complaints_stay"),
        ("inquiries", "0008_claims"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {FOR_EVER} FROM kefu_app; REVOKE DELETE ON {KEPT} FROM kefu_app;",
            f"GRANT UPDATE, DELETE ON {FOR_EVER} TO kefu_app; GRANT DELETE ON {KEPT} TO kefu_app;",
        ),
        migrations.RunSQL(
            "SELECT kefu_audit_table('inquiries_forcemajeure');",
            "DROP TRIGGER kefu_audit ON inquiries_forcemajeure;",
        ),
    ]
