"""Each step of a version is guarded by the trigger nobody can be told to ignore; lines in force stay, and say who
made them."""

import django.db.models.deletion
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION kefu_version_stays() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rulebook version % is not deleted; a draft is discarded', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- The first edition comes published with a release; each after it is a draft before.
        IF NEW.state <> 'draft' AND EXISTS (
            SELECT FROM rulebooks_rulebookversion v WHERE v.rulebook_id = NEW.rulebook_id
        ) THEN
            RAISE EXCEPTION 'version % of rulebook % was never a draft', NEW.number, NEW.rulebook_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'published'), ('draft', 'discarded'), ('published', 'superseded')
    ) THEN
        RAISE EXCEPTION 'rulebook version % is % and cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    -- As text: to jsonb 30 and 30.0 are the same, to the digest they are not.
    IF OLD.state <> 'draft' AND (to_jsonb(OLD) - 'state')::text <> (to_jsonb(NEW) - 'state')::text THEN
        RAISE EXCEPTION 'rulebook version % is no draft and cannot change', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.drafted_by_id <> NEW.drafted_by_id OR (OLD.drafted_by_id IS NOT NULL AND NEW.drafted_by_id IS NULL) THEN
        RAISE EXCEPTION 'rulebook version % keeps its drafter', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state = 'published' AND (NEW.published_by_id IS NULL OR EXISTS (
        SELECT FROM rulebooks_amendment a WHERE a.version_id = NEW.id AND a.amended_by_id = NEW.published_by_id
    )) THEN
        RAISE EXCEPTION 'rulebook version % is published by nobody, or by somebody who changed it', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER version_stays ON rulebooks_rulebookversion;
CREATE TRIGGER version_stays BEFORE INSERT OR UPDATE OR DELETE ON rulebooks_rulebookversion
    FOR EACH ROW EXECUTE FUNCTION kefu_version_stays();

-- By the clock of the database: what is in force is no matter of opinion.
CREATE FUNCTION kefu_line_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    today CONSTANT date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.effective_on <= today THEN
        RAISE EXCEPTION 'assignment % is in force and stays', OLD.id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.effective_on < today
        OR NEW.effective_on < (NEW.assigned_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'no assignment is made for %, a day that is over', NEW.effective_on;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER line_stays BEFORE INSERT OR UPDATE OR DELETE ON rulebooks_assignment
    FOR EACH ROW EXECUTE FUNCTION kefu_line_stays();

REVOKE TRUNCATE ON rulebooks_assignment FROM kefu_app;
"""

UNDO = """
DROP TRIGGER line_stays ON rulebooks_assignment;
DROP FUNCTION kefu_line_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("rulebooks", "0005_versions_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="assigned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="指定时间"),
        ),
        migrations.AddField(
            model_name="assignment",
            name="assigned_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="指定人",
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(model_name="rulebookversion", name="state_flow"),
        migrations.RunSQL(GUARD, UNDO),
    ]
