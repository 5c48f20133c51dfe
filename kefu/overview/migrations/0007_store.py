"""What the triggers of the store forbid, the application's role may not do at all."""

from django.db import migrations

FOR_EVER = """problem_parcels_staykeeping, problem_parcels_storeround, problem_parcels_missingoutscans,
    problem_parcels_missingoutscan, problem_parcels_keymove, problem_parcels_lockuptick"""
KEPT = """problem_parcels_storeincident, problem_parcels_collection, problem_parcels_collectionline,
    problem_parcels_warehouserequest, problem_parcels_shifthandover, problem_parcels_storekey,
    problem_parcels_lockupline"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0006_receipts_stay"),
        ("problem_parcels", "0002_store"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {FOR_EVER} FROM kefu_app; REVOKE DELETE ON {KEPT} FROM kefu_app;",
            f"GRANT UPDATE, DELETE ON {FOR_EVER} TO kefu_app; GRANT DELETE ON {KEPT} TO kefu_app;",
        )
    ]
