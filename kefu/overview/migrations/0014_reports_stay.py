"""Who was told of a report, what it earned and how a register came about are facts: added, and never changed."""

from django.db import migrations

APPEND_ONLY = "claims_reportnotice, claims_reportbonus, claims_registerstep"
STAY = "claims_faultreport, claims_forgottenreport, claims_register"


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0013_claims_money_stays"),
        ("claims", "0001_initial"),
    ]
    # From then on the registers are tables of the reports.
    run_before = [("claims", "0004_registers_move_out")]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app; REVOKE DELETE ON {STAY} FROM kefu_app;"
            "SELECT kefu_audit_table('claims_register');"
            "SELECT kefu_audit_table('claims_forgottenreport');",
            f"GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app; GRANT DELETE ON {STAY} TO kefu_app;",
        )
    ]
