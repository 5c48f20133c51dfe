"""Every version so far came with a release: it is known by its content as it came."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rulebooks", "0003_drafts_and_readers")]

    operations = [
        migrations.RunSQL(
            "UPDATE rulebooks_rulebookversion SET shipped_digest = digest"
            " WHERE drafted_by_id IS NULL AND shipped_digest = ''",
            migrations.RunSQL.noop,
        )
    ]
