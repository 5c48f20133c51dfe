"""What was published stays, by whatever way one comes. A trigger of a model could be told to look away."""

from django.db import migrations

GUARD = """
-- A fixed search path: no temporary table can stand in for the real one.
CREATE FUNCTION kefu_version_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rulebook version % is not deleted; a draft is discarded', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'draft' AND (
        to_jsonb(OLD) - 'state' <> to_jsonb(NEW) - 'state'
        OR (OLD.state <> NEW.state AND (OLD.state, NEW.state) <> ('published', 'superseded'))
    ) THEN
        RAISE EXCEPTION 'rulebook version % is no draft and cannot change', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state = 'published' AND EXISTS (
        SELECT FROM rulebooks_amendment a WHERE a.version_id = NEW.id AND a.amended_by_id = NEW.published_by_id
    ) THEN
        RAISE EXCEPTION 'rulebook version % is published by somebody who changed it', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_stays BEFORE UPDATE OR DELETE ON rulebooks_rulebookversion
    FOR EACH ROW EXECUTE FUNCTION kefu_version_stays();

REVOKE DELETE, TRUNCATE ON rulebooks_rulebookversion FROM kefu_app;
REVOKE UPDATE, DELETE, TRUNCATE ON rulebooks_amendment, rulebooks_acknowledgement FROM kefu_app;
"""

UNDO = """
GRANT UPDATE, DELETE ON rulebooks_amendment, rulebooks_acknowledgement TO kefu_app;
GRANT DELETE ON rulebooks_rulebookversion TO kefu_app;
DROP TRIGGER version_stays ON rulebooks_rulebookversion;
DROP FUNCTION kefu_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("rulebooks", "0004_shipped_digests")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
