from django.db import migrations, models

# A bonus shares the key of its month like any fact: whoever locks the month waits for it and sees it, or it waits for
# the lock. One that was on its way meanwhile is credited after the lock, and is a late one.
WAIT = """
CREATE FUNCTION payroll_bonus_waits() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    locked timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(payroll_month_key(NEW.month));
    SELECT locked_at INTO locked FROM payroll_lockedmonth WHERE month = NEW.month;
    IF NEW.credited_at <= locked THEN
        NEW.credited_at := locked + interval '1 microsecond';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bonus_waits BEFORE INSERT ON claims_reportbonus FOR EACH ROW EXECUTE FUNCTION payroll_bonus_waits();
"""
BACK = "DROP TRIGGER bonus_waits ON claims_reportbonus; DROP FUNCTION payroll_bonus_waits();"


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0003_approvals_and_insurance'),
        ('payroll', '0015_evidence_and_chats'),
    ]

    operations = [
        migrations.AddField(
            model_name='payadjustment',
            name='inputs',
            field=models.JSONField(default=dict, verbose_name='计算依据'),
        ),
        migrations.RunSQL(WAIT, BACK),
    ]
