"""What the switchboard and the chat tool wrote down stays as it was written."""

from django.db import migrations

APPEND_ONLY = "payroll_call, payroll_callscomplete, payroll_chat, payroll_rating"

FORWARD = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {APPEND_ONLY} FROM kefu_app;
SELECT kefu_audit_table('payroll_callscomplete');
"""

BACK = f"""
DROP TRIGGER kefu_audit ON payroll_callscomplete;
GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0019_pay_stays"),
        ("payroll", "0008_calls"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
