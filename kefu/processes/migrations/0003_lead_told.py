from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processes", "0002_refunds"),
    ]

    operations = [
        migrations.AddField(
            model_name="refundcheckreminder",
            name="to_lead",
            field=models.BooleanField(default=False),
        ),
        migrations.RemoveConstraint(
            model_name="refundcheckreminder",
            name="refund_check_told_once",
        ),
        migrations.AddConstraint(
            model_name="refundcheckreminder",
            constraint=models.UniqueConstraint(
                fields=("department", "due_on", "late", "to_lead"), name="refund_check_told_once"
            ),
        ),
    ]
