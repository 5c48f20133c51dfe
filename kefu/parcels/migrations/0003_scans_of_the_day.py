"""Which parcels went out today, and which were scanned as problems: read by day, not by month."""

from django.db import migrations

BY_DAY = """
CREATE INDEX parcels_scan_of_day ON parcels_scan (kind, at) WHERE kind IN ('delivering', 'problem');
"""


class Migration(migrations.Migration):
    dependencies = [("parcels", "0002_scan_table")]

    operations = [migrations.RunSQL(BY_DAY, "DROP INDEX parcels_scan_of_day;")]
