"""Where the data live, and numbers of transactions that go on after a restore."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).resolve().parent


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="序号")),
                ("server", models.BigIntegerField(verbose_name="数据库服务器")),
                ("database", models.BigIntegerField(verbose_name="数据库编号")),
                ("copied_at", models.DateTimeField(null=True, verbose_name="备份时间")),
                ("begun_at", models.DateTimeField(verbose_name="建立时间")),
                ("activated_at", models.DateTimeField(null=True, verbose_name="启用时间")),
            ],
            options={
                "verbose_name": "安装",
                "verbose_name_plural": "安装",
                "ordering": ("-number",),
            },
        ),
        migrations.RunSQL(
            (HERE / "installations.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION kefu_txid, kefu_horizon, kefu_only_when_active, kefu_is_active, kefu_here, kefu_number_on",
        ),
    ]
