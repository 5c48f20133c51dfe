from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_avatars")]

    operations = [
        migrations.CreateModel(
            name="SeatAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("clause", models.CharField(max_length=16)),
                ("seat", models.CharField(max_length=60)),
                ("told_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "缺席提醒",
                "verbose_name_plural": "缺席提醒",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "clause", "seat"), name="seat_alarm_once_a_day"
                    )
                ],
            },
        ),
        # What was told stays told.
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON staff_seatalarm FROM kefu_app",
            "GRANT UPDATE, DELETE ON staff_seatalarm TO kefu_app",
        ),
        migrations.AlterField(
            model_name="department",
            name="switchboard",
            field=models.BooleanField(
                default=False,
                help_text="下班后总机要有人（CD-03.09），这里的坐席不再算查询席；没有哪个部门设总机，就不要求",
                verbose_name="总机在这里",
            ),
        ),
    ]
