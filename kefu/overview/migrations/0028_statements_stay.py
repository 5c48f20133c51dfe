"""What was on a statement stays: lines are only added, nothing of it is removed; its steps and payments are audited."""

from django.db import migrations

STAY = "statements_statement, statements_payment, statements_drawing"

FORWARD = f"""
REVOKE UPDATE, DELETE ON statements_line FROM kefu_app;
REVOKE DELETE ON {STAY} FROM kefu_app;
SELECT kefu_audit_table('statements_statement', 'id', false);
SELECT kefu_audit_table('statements_payment');
"""

BACK = f"""
DROP TRIGGER kefu_audit ON statements_payment;
DROP TRIGGER kefu_audit ON statements_statement;
GRANT UPDATE, DELETE ON statements_line TO kefu_app;
GRANT DELETE ON {STAY} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0027_webhook_attempts_stay"),
        ("statements", "0002_it_adds_up"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
