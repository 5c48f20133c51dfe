from django.db import migrations

NUMBER = """
CREATE SEQUENCE cases_number;
GRANT USAGE ON SEQUENCE cases_number TO kefu_app;
-- CX-261121-0042: kind, day in Shanghai, a running number that never repeats.
CREATE FUNCTION kefu_case_number(prefix text, at timestamptz) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT prefix || '-' || to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYMMDD') || '-' ||
           CASE WHEN n < 10000 THEN lpad(n::text, 4, '0') ELSE n::text END
    FROM nextval('cases_number') AS n
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]

    operations = [
        migrations.RunSQL(
            NUMBER,
            "DROP FUNCTION kefu_case_number(text, timestamptz); DROP SEQUENCE cases_number",
        )
    ]
