from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inquiries", "0008_claims"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="groupedcomplaint", name="grouped_unanswered"),
    ]
