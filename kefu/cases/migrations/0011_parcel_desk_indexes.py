"""The lists of a problem-parcel desk, each read as far as it is shown however many parcels are open."""

from django.db import migrations, models

ORDERS = {"state": ["state", "next_due_at"], "due": ["next_due_at"], "age": ["opened_at"]}
OPEN = models.Q(("kind", "problem_parcel"), models.Q(("state", "closed"), _negated=True))


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_problems")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=OPEN,
                fields=["department", *order, "id"],
                name=f"case_parcels_{name}",
            ),
        )
        for name, order in ORDERS.items()
    ]
