"""Reports about a week or a month, with the tables they had among the claims."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('claims', '0004_registers_move_out'),
        ('rulebooks', '0006_lines_in_force_stay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE claims_register RENAME TO reports_register;"
                    "ALTER TABLE claims_registerstep RENAME TO reports_registerstep",
                    "ALTER TABLE reports_register RENAME TO claims_register;"
                    "ALTER TABLE reports_registerstep RENAME TO claims_registerstep",
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='Register',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('weekly_complaints', '每周投诉汇总'), ('monthly_claims', '每月理赔报表'), ('incident_causes', '事故原因分析'), ('self_settled_cases', '自行了结统计'), ('complaint_rate', '网点投诉率'), ('reward_penalty_detail', '每月奖罚明细'), ('service_quality', '每月服务质量'), ('training_and_attendance', '每月培训与出勤')], max_length=24, verbose_name='报表')),
                        ('first_on', models.DateField(verbose_name='期间始')),
                        ('last_on', models.DateField(verbose_name='期间止')),
                        ('number', models.PositiveSmallIntegerField(default=1, verbose_name='版次')),
                        ('corrected_for', models.CharField(blank=True, max_length=500, verbose_name='更正原因')),
                        ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='交期')),
                        ('inputs', models.JSONField(default=dict, verbose_name='判定依据')),
                        ('content', models.JSONField(blank=True, null=True, verbose_name='内容')),
                        ('analysis', models.TextField(blank=True, verbose_name='文字分析')),
                        ('digest', models.CharField(blank=True, max_length=64, verbose_name='摘要')),
                        ('issued_at', models.DateTimeField(blank=True, null=True, verbose_name='发出时间')),
                        ('told_due_at', models.DateTimeField(blank=True, null=True, verbose_name='已提醒')),
                        ('told_late_at', models.DateTimeField(blank=True, null=True, verbose_name='已通知逾期')),
                        ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='reports.register', verbose_name='更正哪一版')),
                        ('issued_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='发出人')),
                        ('rulebook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rulebooks.rulebookversion', verbose_name='适用规章')),
                    ],
                    options={
                        'verbose_name': '报表',
                        'verbose_name_plural': '报表',
                        'ordering': ['-first_on', 'kind', '-number'],
                        'permissions': [('prepare_register', '编制报表'), ('inspect_register', '以监察身份编制报表'), ('issue_register', '审核和发出报表'), ('see_people', '查看按人统计的报表')],
                    },
                ),
                migrations.CreateModel(
                    name='RegisterStep',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('step', models.CharField(choices=[('prepare', '编制'), ('review', '审核'), ('check', '核对'), ('issue', '发出'), ('submit', '上交'), ('send_back', '退回重编')], max_length=10, verbose_name='步骤')),
                        ('note', models.CharField(blank=True, max_length=500, verbose_name='说明')),
                        ('at', models.DateTimeField(verbose_name='时间')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='经手人')),
                        ('register', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='reports.register', verbose_name='报表')),
                    ],
                    options={
                        'verbose_name': '报表步骤',
                        'verbose_name_plural': '报表步骤',
                        'ordering': ['id'],
                    },
                ),
                migrations.AddIndex(
                    model_name='register',
                    index=models.Index(condition=models.Q(('issued_at', None)), fields=['due_at'], name='register_waiting'),
                ),
                migrations.AddConstraint(
                    model_name='register',
                    constraint=models.UniqueConstraint(fields=('kind', 'first_on', 'number'), name='register_version_once'),
                ),
                migrations.AddConstraint(
                    model_name='register',
                    constraint=models.UniqueConstraint(condition=models.Q(('issued_at', None)), fields=('kind', 'first_on'), name='register_one_open'),
                ),
                migrations.AddConstraint(
                    model_name='register',
                    constraint=models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='register_period_in_order'),
                ),
                migrations.AddConstraint(
                    model_name='register',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('corrected_for', ''), ('corrects', None), ('number', 1)), models.Q(('corrects__isnull', False), ('number__gt', 1), models.Q(('corrected_for', ''), _negated=True)), _connector='OR'), name='register_corrects_with_reason'),
                ),
                migrations.AddConstraint(
                    model_name='register',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), ('issued_at', None), ('issued_by', None)), models.Q(('content__isnull', False), ('issued_at__isnull', False), ('issued_by__isnull', False), models.Q(('digest', ''), _negated=True)), _connector='OR'), name='register_issued_with_content'),
                ),
                migrations.AddConstraint(
                    model_name='registerstep',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('step', 'send_back'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='register_sent_back_with_reason'),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='register',
            trigger=pgtrigger.compiler.Trigger(name='period_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."first_on" IS DISTINCT FROM (NEW."first_on") OR OLD."last_on" IS DISTINCT FROM (NEW."last_on") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."corrects_id" IS DISTINCT FROM (NEW."corrects_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='87c432815064a953292eb808eb4622a72c163421', operation='UPDATE', pgid='pgtrigger_period_stays_50b0e', table='reports_register', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='register',
            trigger=pgtrigger.compiler.Trigger(name='issued_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."issued_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7b65df9da6024a636efd2338da0c0b231c61fdc3', operation='UPDATE', pgid='pgtrigger_issued_stays_76316', table='reports_register', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='register',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='228654bd296cf9499863bfd52e75c2f2cdf30557', operation='DELETE', pgid='pgtrigger_never_deleted_6f73d', table='reports_register', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registerstep',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='df7cba8b658374d04a593b79d1cccb3d91135c85', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_05873', table='reports_registerstep', when='BEFORE')),
        ),
    ]
