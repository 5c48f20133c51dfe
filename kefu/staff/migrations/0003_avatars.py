import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_switchboard")]

    operations = [
        migrations.CreateModel(
            name="Avatar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="名称")),
                ("png", models.BinaryField(max_length=70000, verbose_name="头像")),
                ("added_at", models.DateTimeField(verbose_name="登记时间")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
            ],
            options={
                "verbose_name": "头像",
                "verbose_name_plural": "头像",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("png"), 70000
                        ),
                        name="avatar_is_small",
                    )
                ],
            },
        ),
        # Browsers keep a picture for good under its address: it must not become another.
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON staff_avatar FROM kefu_app",
            "GRANT UPDATE, DELETE ON staff_avatar TO kefu_app",
        ),
        migrations.AddField(
            model_name="employee",
            name="avatar",
            field=models.ForeignKey(
                blank=True,
                help_text="线上回复统一使用（ES-203.03）",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="employees",
                to="staff.avatar",
                verbose_name="头像",
            ),
        ),
    ]
