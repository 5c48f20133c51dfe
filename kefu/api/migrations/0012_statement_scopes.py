"""Outlets read and confirm their statements."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0011_deadline_and_penalty_scopes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='apikey',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('network_queries:read', '查看网点查询'), ('network_queries:write', '答复和发起网点查询'), ('parcel_messages:read', '查看问题件留言'), ('parcel_messages:write', '回复和发出问题件留言'), ('claims:read', '查看自己的理赔'), ('statements:read', '查看自己的对账单'), ('statements:write', '确认自己的对账单'), ('contact_numbers:read', '查看自己的号码'), ('contact_numbers:write', '变更自己的号码'), ('changes:read', '查看与自己有关的变化'), ('deadlines:read', '查看自己要遵守的时限'), ('penalties:read', '查看自己的处罚')], max_length=32), default=list, size=None, verbose_name='权限'),
        ),
    ]
