"""What an outlet appealed with and what was decided stays; what became of the appeal is audited."""

from django.db import migrations

FORWARD = """
REVOKE UPDATE, DELETE ON appeals_decision FROM kefu_app;
REVOKE DELETE ON appeals_appeal FROM kefu_app;
REVOKE UPDATE, DELETE ON appeals_evidence FROM kefu_app;
GRANT UPDATE (photo, thumbnail) ON appeals_evidence TO kefu_app;  -- when keys are rotated
SELECT kefu_audit_table('appeals_appeal');
"""

BACK = """
DROP TRIGGER kefu_audit ON appeals_appeal;
GRANT UPDATE, DELETE ON appeals_decision, appeals_evidence TO kefu_app;
GRANT DELETE ON appeals_appeal TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0028_statements_stay"),
        ("appeals", "0001_initial"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
