"""Photos are evidence: the application adds them, and may change nothing but their seals."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON cases_attachment FROM kefu_app;
GRANT UPDATE (photo, thumbnail) ON cases_attachment TO kefu_app;  -- when keys are rotated
"""

BACK = "GRANT UPDATE, DELETE ON cases_attachment TO kefu_app;"


class Migration(migrations.Migration):
    dependencies = [("overview", "0002_facts_stay"), ("cases", "0009_photos")]

    operations = [migrations.RunSQL(STAY, BACK)]
