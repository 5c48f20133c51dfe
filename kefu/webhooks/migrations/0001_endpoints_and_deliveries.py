"""Addresses of partners, their secrets, and the deliveries of events to them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import kefu.privacy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('network', '0004_claims'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.BigIntegerField(verbose_name='事件的内部编号')),
                ('type', models.CharField(max_length=24, verbose_name='事件')),
                ('at', models.DateTimeField(verbose_name='发生时间')),
                ('data', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('pending', '待送达'), ('delivered', '已送达'), ('dead', '没有送达')], default='pending', max_length=10, verbose_name='状态')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='已试次数')),
                ('next_at', models.DateTimeField(null=True, verbose_name='下一次')),
                ('give_up_at', models.DateTimeField(verbose_name='试到')),
                ('lease', models.UUIDField(null=True)),
                ('done_at', models.DateTimeField(null=True, verbose_name='了结时间')),
            ],
            options={
                'verbose_name': '通知的送达',
                'verbose_name_plural': '通知的送达',
            },
        ),
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=500, verbose_name='接收地址')),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), default=list, size=None, verbose_name='事件')),
                ('state', models.CharField(choices=[('active', '在用'), ('paused', '暂停'), ('gone', '对方说不再接收')], default='active', max_length=8, verbose_name='状态')),
                ('created_at', models.DateTimeField(verbose_name='登记时间')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.party', verbose_name='网点')),
            ],
            options={
                'verbose_name': '接收地址',
                'verbose_name_plural': '接收地址',
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('status', models.PositiveSmallIntegerField(null=True, verbose_name='HTTP 状态')),
                ('error', models.CharField(blank=True, choices=[('', '没有'), ('status', '对方没有以 2xx 答复'), ('timeout', '超时'), ('no_address', '查不到域名'), ('address_refused', '不是公网地址'), ('connection', '连接失败'), ('failed', '本公司出错')], max_length=16, verbose_name='错误')),
                ('milliseconds', models.PositiveIntegerField(verbose_name='用时（毫秒）')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='webhooks.delivery')),
            ],
            options={
                'verbose_name': '发送记录',
                'verbose_name_plural': '发送记录',
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='reading', serialize=False, to='webhooks.endpoint')),
                ('txid', models.BigIntegerField()),
                ('event_id', models.BigIntegerField()),
            ],
            options={
                'verbose_name': '已读到的位置',
                'verbose_name_plural': '已读到的位置',
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='endpoint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='webhooks.endpoint', verbose_name='接收地址'),
        ),
        migrations.CreateModel(
            name='EndpointSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', kefu.privacy.fields.SealedField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='webhooks.endpoint')),
            ],
            options={
                'verbose_name': '通知的签名密钥',
                'verbose_name_plural': '通知的签名密钥',
            },
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['endpoint', 'next_at'], name='webhook_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('lease__isnull', False)), fields=['endpoint'], name='webhook_under_way'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['state', '-id'], name='webhook_by_state'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event_id'), name='webhook_event_once'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('next_at__isnull', False), ('state', 'pending')), models.Q(models.Q(('state', 'pending'), _negated=True), ('done_at__isnull', False), ('lease', None), ('next_at', None)), _connector='OR'), name='webhook_pending_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='endpointsecret',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_until', None)), fields=('endpoint',), name='webhook_secret_current'),
        ),
    ]
