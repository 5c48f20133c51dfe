from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_answered")]

    operations = [
        migrations.AddIndex(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("action", "taught")),
                fields=["-id"],
                name="interaction_taught",
            ),
        ),
    ]
