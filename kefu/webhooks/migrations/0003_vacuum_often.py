"""A delivery is written three times within a second, and what it was stays in the indexes of those under way until vacuum
takes it: whoever asks what is due reads through it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0002_outlets_keep_their_own"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE webhooks_delivery SET (autovacuum_vacuum_scale_factor = 0.01,"
            " autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)",
            "ALTER TABLE webhooks_delivery RESET (autovacuum_vacuum_scale_factor,"
            " autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay)",
        ),
    ]
