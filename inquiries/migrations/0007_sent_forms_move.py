"""The table of sent forms belongs to the workbench from here on; nothing of it changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('inquiries', '0006_sent_forms'),
        ('workbench', '0001_sent_forms'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.DeleteModel(name='SentForm'),
        ]),
    ]
