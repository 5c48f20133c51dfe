from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="refusal",
            name="details",
            field=models.JSONField(blank=True, default=dict, verbose_name="依据"),
        ),
    ]
