"""The reports about a week or a month move into an app of their own: here they are only taken out of the models."""

import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0003_approvals_and_insurance'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name='register', name='period_stays'),
        pgtrigger.migrations.RemoveTrigger(model_name='register', name='issued_stays'),
        pgtrigger.migrations.RemoveTrigger(model_name='register', name='never_deleted'),
        pgtrigger.migrations.RemoveTrigger(model_name='registerstep', name='append_only'),
        migrations.AlterModelOptions(
            name='faultreport',
            options={'permissions': [('judge_report', '受理报告'), ('judge_forgotten', '确认漏打报告')], 'verbose_name': '遗失延误破损报告', 'verbose_name_plural': '遗失延误破损报告'},
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(
                    model_name='registerstep',
                    name='register',
                ),
                migrations.RemoveField(
                    model_name='registerstep',
                    name='by',
                ),
                migrations.DeleteModel(
                    name='Register',
                ),
                migrations.DeleteModel(
                    name='RegisterStep',
                ),
            ],
        ),
    ]
