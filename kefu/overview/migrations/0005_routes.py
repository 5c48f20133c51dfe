"""Charges, report lines and steps on the way are added and never rewritten; reports and forwardings stay."""

from django.db import migrations

FACTS = (
    "problem_parcels_returncharge, problem_parcels_entryfeequote, problem_parcels_forwardingstep,"
    " problem_parcels_reportline, problem_parcels_destinationstep"
)
KEPT = (
    "problem_parcels_forwarding, problem_parcels_slipbatch, problem_parcels_misrouting,"
    " problem_parcels_misroutingreport"
)

STAY = f"""
REVOKE UPDATE, DELETE ON {FACTS}, problem_parcels_houseword FROM kefu_app;
GRANT UPDATE (sealed) ON problem_parcels_houseword TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON {KEPT} FROM kefu_app;
"""

BACK = f"""
GRANT UPDATE, DELETE ON {FACTS}, problem_parcels_houseword TO kefu_app;
GRANT DELETE ON {KEPT} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [("overview", "0004_problems_stay"), ("problem_parcels", "0003_routes")]

    operations = [migrations.RunSQL(STAY, BACK)]
