"""What is on record about problem parcels is not taken away by the application's role; messages' words stay."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON problem_parcels_problemrecord, problem_parcels_contactattempt FROM kefu_app;
GRANT UPDATE (sealed) ON problem_parcels_problemrecord, problem_parcels_contactattempt TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON problem_parcels_problemparcel, problem_parcels_disposal, problem_parcels_message,
                 problem_parcels_stay, problem_parcels_volume FROM kefu_app;
"""

BACK = """
GRANT UPDATE, DELETE ON problem_parcels_problemrecord, problem_parcels_contactattempt TO kefu_app;
GRANT DELETE ON problem_parcels_problemparcel, problem_parcels_disposal, problem_parcels_message,
                problem_parcels_stay, problem_parcels_volume TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0003_photos_stay"),
        ("problem_parcels", "0001_problems"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
