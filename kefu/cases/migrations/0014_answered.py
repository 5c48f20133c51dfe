from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_claim_outlets")]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "待回复"),
                    ("waiting", "等网点"),
                    ("answered", "已答复"),
                    ("closed", "已结案"),
                ],
                default="open",
                max_length=10,
                verbose_name="状态",
            ),
        ),
    ]
