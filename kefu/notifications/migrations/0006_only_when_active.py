"""Nothing happens in a restored copy: it takes no event, and events are numbered on after a restore."""

from django.db import migrations

ACTIVE = """
ALTER TABLE notifications_event ALTER COLUMN txid SET DEFAULT kefu_txid();
CREATE TRIGGER only_when_active BEFORE INSERT ON notifications_event
    FOR EACH STATEMENT EXECUTE FUNCTION kefu_only_when_active();
"""
BEFORE = """
DROP TRIGGER only_when_active ON notifications_event;
ALTER TABLE notifications_event ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_kinds_of_the_day"),
        ("continuity", "0001_installations"),
    ]

    operations = [migrations.RunSQL(ACTIVE, BEFORE)]
