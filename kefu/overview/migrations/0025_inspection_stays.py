"""What was drawn, seen, answered and decided is a fact."""

from django.db import migrations

APPEND_ONLY = (
    "payroll_sampledraw, payroll_inspection, payroll_inspectionmark, payroll_findingreply, payroll_findingdecision"
)

FORWARD = f"""
REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app;
REVOKE DELETE ON payroll_sample, payroll_rectification FROM kefu_app;
REVOKE DELETE ON payroll_finding FROM kefu_app;  -- a trigger refuses to change it; the right is for locking it
REVOKE UPDATE, DELETE ON payroll_evidencephoto FROM kefu_app;
GRANT UPDATE (photo, thumbnail) ON payroll_evidencephoto TO kefu_app;  -- when keys are rotated
SELECT kefu_audit_table('payroll_rectification');
"""

BACK = f"""
DROP TRIGGER kefu_audit ON payroll_rectification;
GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app;
GRANT DELETE ON payroll_sample, payroll_rectification, payroll_finding TO kefu_app;
GRANT UPDATE, DELETE ON payroll_evidencephoto TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0024_discipline_stays"),
        ("payroll", "0013_inspection"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
