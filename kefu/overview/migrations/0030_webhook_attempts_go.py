"""What became of a webhook is forgotten after a time; until then nobody changes it."""

from django.db import migrations

FORWARD = "GRANT DELETE ON webhooks_attempt TO kefu_app"
BACK = "REVOKE DELETE ON webhooks_attempt FROM kefu_app"


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0029_appeals_stay"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
