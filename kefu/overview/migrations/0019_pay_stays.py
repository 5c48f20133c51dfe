"""What was paid is a fact: slips are computed once, and nothing of them is removed; what people decided is audited."""

from django.db import migrations

APPEND_ONLY = (
    "payroll_lockedmonth, payroll_payslipline, payroll_payfailure, payroll_payacknowledgement, payroll_payadjustment,"
    " payroll_poolpayment, payroll_fundentry, payroll_payexport"
)
STAY = "payroll_payterms, payroll_payrun, payroll_payslip, payroll_payslippart"

FORWARD = f"""
REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app;
REVOKE DELETE ON {STAY} FROM kefu_app;
REVOKE UPDATE, DELETE ON payroll_bankaccount FROM kefu_app;
GRANT UPDATE (sealed) ON payroll_bankaccount TO kefu_app;  -- when keys are rotated
SELECT kefu_audit_table('payroll_payterms');
SELECT kefu_audit_table('payroll_payrun');
SELECT kefu_audit_table('payroll_payadjustment');
SELECT kefu_audit_table('payroll_bankaccount');
"""

BACK = f"""
DROP TRIGGER kefu_audit ON payroll_bankaccount;
DROP TRIGGER kefu_audit ON payroll_payadjustment;
DROP TRIGGER kefu_audit ON payroll_payrun;
DROP TRIGGER kefu_audit ON payroll_payterms;
GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app;
GRANT DELETE ON {STAY} TO kefu_app;
GRANT UPDATE, DELETE ON payroll_bankaccount TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0018_attendance_stays"),
        ("payroll", "0006_pay"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
