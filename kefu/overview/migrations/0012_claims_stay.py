"""What was found, offered and approved about claims is not taken away by the application's role."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON claims_liability, claims_approval, claims_evidence, claims_offer FROM kefu_app;
GRANT UPDATE (sealed) ON claims_evidence, claims_offer TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON claims_claim, claims_finding, claims_settlement FROM kefu_app;
"""

BACK = """
GRANT UPDATE, DELETE ON claims_liability, claims_approval, claims_evidence, claims_offer TO kefu_app;
GRANT DELETE ON claims_claim, claims_finding, claims_settlement TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0011_processes_stay"),
        ("claims", "0001_initial"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
