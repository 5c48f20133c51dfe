from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("penalties", "0003_initial")]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON penalties_penaltyevent FROM kefu_app",
            "GRANT UPDATE, DELETE ON penalties_penaltyevent TO kefu_app",
        )
    ]
