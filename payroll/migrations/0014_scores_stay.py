from django.db import migrations

# Both are only ever added to: there is nothing else to refuse. A month's score may be seen after it was paid.
STAY = """
CREATE TRIGGER month_stays_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION payroll_month_stays('month', 'month');
"""
BACK = "DROP TRIGGER month_stays_insert ON {table};"
TABLES = ('payroll_judgedpart', 'payroll_monthscore')


class Migration(migrations.Migration):

    dependencies = [
        ('payroll', '0013_inspection'),
    ]

    operations = [
        migrations.RunSQL(STAY.format(table=table), BACK.format(table=table)) for table in TABLES
    ]
