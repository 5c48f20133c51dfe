"""How a customer was graded and what contracts he had are facts: added, and never changed."""

from django.db import migrations

APPEND_ONLY = "customers_contract, customers_grading"
STAY = "customers_customer, customers_visit, customers_survey"


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0032_verification"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app; REVOKE DELETE ON {STAY} FROM kefu_app;",
            f"GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app; GRANT DELETE ON {STAY} TO kefu_app;",
        )
    ]
