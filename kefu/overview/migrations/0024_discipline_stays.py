"""What was proposed and decided about people stays, and is audited; what was handed in as proof is never changed."""

from django.db import migrations

STAY = (
    "payroll_proposal, payroll_proposedmeasure, payroll_proposalevidence, payroll_idea, payroll_awardround,"
    " payroll_nominee, payroll_optin"
)
AUDITED = ("proposal", "proposedmeasure", "idea", "awardround", "nominee", "optin")

FORWARD = f"""
REVOKE DELETE ON {STAY} FROM kefu_app;
REVOKE UPDATE ON payroll_proposalevidence FROM kefu_app;
GRANT UPDATE (photo, thumbnail) ON payroll_proposalevidence TO kefu_app;  -- when keys are rotated
""" + "\n".join(f"SELECT kefu_audit_table('payroll_{name}');" for name in AUDITED)

BACK = "\n".join(f"DROP TRIGGER kefu_audit ON payroll_{name};" for name in AUDITED) + f"""
GRANT UPDATE, DELETE ON {STAY} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0023_meetings_stay"),
        ("payroll", "0012_discipline"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
