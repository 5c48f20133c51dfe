from django.db import migrations

# In a function, because its plan is kept: planning three index look-ups took longer than making them.
NEXT_MOMENT = """
CREATE FUNCTION kefu_next_moment() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN least(
        (SELECT due_at FROM deadlines_deadline WHERE state = 'running' ORDER BY due_at, id LIMIT 1),
        (SELECT warn_at FROM deadlines_deadline WHERE state = 'running' AND warned_at IS NULL
         ORDER BY warn_at LIMIT 1),
        (SELECT lead_warn_at FROM deadlines_deadline WHERE state = 'running' AND lead_warned_at IS NULL
         AND warned_at IS NOT NULL ORDER BY lead_warn_at LIMIT 1));
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0003_initial")]

    operations = [migrations.RunSQL(NEXT_MOMENT, "DROP FUNCTION kefu_next_moment()")]
