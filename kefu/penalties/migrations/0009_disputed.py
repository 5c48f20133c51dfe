"""A penalty under appeal is not settled: the database holds it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0015_taught'),
        ('deadlines', '0008_claims'),
        ('network', '0004_claims'),
        ('penalties', '0008_read_by_partners'),
        ('rulebooks', '0006_lines_in_force_stay'),
    ]

    operations = [
        migrations.AddField(
            model_name='penalty',
            name='disputed',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='有异议在审议'),
        ),
        migrations.AddConstraint(
            model_name='penalty',
            constraint=models.CheckConstraint(condition=models.Q(('disputed', True), ('state', 'settled'), _negated=True), name='penalty_not_settled_while_disputed'),
        ),
    ]
