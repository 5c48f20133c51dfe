"""What was tried out stays: the application's role may add rows, not change them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("replay", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON replay_run, replay_line, replay_gap FROM kefu_app",
            "GRANT UPDATE, DELETE ON replay_run, replay_line, replay_gap TO kefu_app",
        )
    ]
