"""Rows are numbered by a function, which goes on above all earlier numbers after a restore."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_anchors"),
        ("continuity", "0001_installations"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE audit_row ALTER COLUMN txid SET DEFAULT kefu_txid()",
            "ALTER TABLE audit_row ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint)",
        )
    ]
