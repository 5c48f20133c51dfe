"""Payments, papers, words with insurers and who was reminded are added and never rewritten; what is owed stays."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON claims_payment, claims_document, claims_insurercontact, claims_reminder FROM kefu_app;
GRANT UPDATE (sealed) ON claims_payment, claims_document, claims_insurercontact TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON claims_recovery, claims_insurancecase, claims_insurancepolicy, claims_selfsettledcase FROM kefu_app;
SELECT kefu_audit_table('claims_insurancepolicy');
SELECT kefu_audit_table('claims_selfsettledcase');
"""

BACK = """
DROP TRIGGER kefu_audit ON claims_selfsettledcase;
DROP TRIGGER kefu_audit ON claims_insurancepolicy;
GRANT UPDATE, DELETE ON claims_payment, claims_document, claims_insurercontact, claims_reminder TO kefu_app;
GRANT DELETE ON claims_recovery, claims_insurancecase, claims_insurancepolicy, claims_selfsettledcase TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0012_claims_stay"),
        ("claims", "0001_initial"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
