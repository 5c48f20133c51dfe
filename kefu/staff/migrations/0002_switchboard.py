from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="department",
            name="switchboard",
            field=models.BooleanField(
                default=False,
                help_text="下班后总机要有人（CD-03.09）；没有哪个部门设总机，就不要求",
                verbose_name="总机在这里",
            ),
        )
    ]
