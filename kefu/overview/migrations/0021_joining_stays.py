"""Who joined, moved and left is on record, with what was agreed: nothing of it is removed, and changes are audited."""

from django.db import migrations

APPEND_ONLY = "payroll_evaluation, payroll_offerletter, payroll_probationreview"
STAY = (
    "payroll_leaving, payroll_vacancy, payroll_candidate, payroll_joiningdocument, payroll_induction,"
    " payroll_probation, payroll_article, payroll_issue, payroll_replacement"
)
AUDITED = (
    "leaving", "candidate", "vacancy", "joiningdocument", "induction", "probation", "article", "issue", "replacement",
    "personalfact", "offerletter",
)  # fmt: skip

FORWARD = f"""
REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app;
REVOKE DELETE ON {STAY} FROM kefu_app;
REVOKE UPDATE, DELETE ON payroll_personalfact FROM kefu_app;
GRANT UPDATE (sealed) ON payroll_personalfact TO kefu_app;  -- when keys are rotated
""" + "\n".join(f"SELECT kefu_audit_table('payroll_{name}');" for name in AUDITED)

BACK = "\n".join(f"DROP TRIGGER kefu_audit ON payroll_{name};" for name in AUDITED) + f"""
GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app;
GRANT DELETE ON {STAY} TO kefu_app;
GRANT UPDATE, DELETE ON payroll_personalfact TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0020_calls_stay"),
        ("payroll", "0009_joining"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
