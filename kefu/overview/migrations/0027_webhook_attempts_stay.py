"""What became of each try to tell a partner stays; who changed its addresses is audited."""

from django.db import migrations

FORWARD = """
REVOKE UPDATE, DELETE ON webhooks_attempt FROM kefu_app;
SELECT kefu_audit_table('webhooks_endpoint');
"""
BACK = """
DROP TRIGGER kefu_audit ON webhooks_endpoint;
GRANT UPDATE, DELETE ON webhooks_attempt TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0026_overtime_calls_stay"),
        ("webhooks", "0001_endpoints_and_deliveries"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
