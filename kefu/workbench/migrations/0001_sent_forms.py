"""The table of sent forms belongs to the workbench; it was made by inquiries 0006 and stays as it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inquiries', '0006_sent_forms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.CreateModel(
                name='SentForm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('ticket', models.CharField(max_length=40, verbose_name='表单编号')),
                    ('path', models.CharField(max_length=200, verbose_name='页面')),
                    ('digest', models.BinaryField(max_length=32)),
                    ('result', models.JSONField(null=True)),
                    ('sent_at', models.DateTimeField(verbose_name='发出时间')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
                ],
                options={
                    'verbose_name': '已发表单',
                    'verbose_name_plural': '已发表单',
                    'db_table': 'inquiries_sentform',
                    'indexes': [models.Index(fields=['sent_at'], name='sent_form_age')],
                    'constraints': [models.UniqueConstraint(fields=('user', 'ticket'), name='sent_form_once')],
                },
            ),
        ]),
    ]
