"""Steps that were done are added and never rewritten; runs stay; who changed a template is on record."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON processes_stepdone FROM kefu_app;
GRANT UPDATE (sealed) ON processes_stepdone TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON processes_processrun FROM kefu_app;
SELECT kefu_audit_table('processes_processtemplate');
"""

BACK = """
GRANT UPDATE, DELETE ON processes_stepdone TO kefu_app;
GRANT DELETE ON processes_processrun TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0010_incidents_stay"),
        ("processes", "0001_initial"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
