"""Whom a deadline was told of is a fact: added, and never changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0034_knowledge_stays"),
        ("deadlines", "0012_escalations"),
    ]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON deadlines_escalation FROM kefu_app",
            "GRANT UPDATE, DELETE ON deadlines_escalation TO kefu_app",
        )
    ]
