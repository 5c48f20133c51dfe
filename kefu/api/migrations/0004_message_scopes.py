import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("api", "0003_sealed_answers_and_attempts")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("network_queries:read", "查看网点查询"),
                        ("network_queries:write", "答复和发起网点查询"),
                        ("parcel_messages:read", "查看问题件留言"),
                        ("parcel_messages:write", "回复和发出问题件留言"),
                    ],
                    max_length=32,
                ),
                default=list,
                size=None,
                verbose_name="权限",
            ),
        ),
    ]
