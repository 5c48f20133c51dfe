"""Receipts are found again for their whole time: their rows are never deleted, most of them never changed."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON problem_parcels_receiptentry, problem_parcels_receiptcover,
                         problem_parcels_receipthandover FROM kefu_app;
GRANT UPDATE (sealed) ON problem_parcels_receiptentry TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON problem_parcels_receipt, problem_parcels_receiptbatch, problem_parcels_receiptrequest,
                 problem_parcels_receiptdestruction FROM kefu_app;
"""

BACK = """
GRANT UPDATE, DELETE ON problem_parcels_receiptentry, problem_parcels_receiptcover,
                        problem_parcels_receipthandover TO kefu_app;
GRANT DELETE ON problem_parcels_receipt, problem_parcels_receiptbatch, problem_parcels_receiptrequest,
                problem_parcels_receiptdestruction TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0005_routes"),
        ("problem_parcels", "0004_receipts"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
