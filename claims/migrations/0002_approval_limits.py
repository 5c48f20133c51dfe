"""Every settlement wants a supervisor, a large one the manager too, until a manager says otherwise."""

from decimal import Decimal

from django.db import migrations

LIMITS = {"supervisor": Decimal(0), "manager": Decimal(2000)}


def add_limits(apps, schema_editor):
    limits = apps.get_model("claims", "ApprovalLimit").objects.using(schema_editor.connection.alias)
    for need, above in LIMITS.items():
        limits.get_or_create(need=need, defaults={"above": above})


class Migration(migrations.Migration):

    dependencies = [("claims", "0001_initial")]

    operations = [migrations.RunPython(add_limits, migrations.RunPython.noop)]
