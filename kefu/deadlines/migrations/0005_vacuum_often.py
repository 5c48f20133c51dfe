from django.db import migrations

# A breach or an answer leaves a dead entry at the very end of the index that is looked at all the time.
OFTEN = """
ALTER TABLE deadlines_deadline SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02)
"""
AS_USUAL = """
ALTER TABLE deadlines_deadline RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)
"""


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0004_next_moment")]

    operations = [migrations.RunSQL(OFTEN, AS_USUAL)]
