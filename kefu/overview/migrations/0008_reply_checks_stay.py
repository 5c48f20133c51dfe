"""When a desk looked through its replies is a fact: the application adds it and changes nothing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0007_store"),
        ("problem_parcels", "0005_reply_checks"),
    ]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON problem_parcels_replycheck FROM kefu_app;",
            "GRANT UPDATE, DELETE ON problem_parcels_replycheck TO kefu_app;",
        )
    ]
