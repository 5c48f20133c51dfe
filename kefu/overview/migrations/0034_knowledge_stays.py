"""What tables said and which words were approved stays; what became of a report is audited."""

from django.db import migrations

AUDITED = (
    "knowledge_wording",
    "knowledge_wordingversion",
    "knowledge_openinghours",
    "knowledge_numberreport",
)
FORWARD = """
REVOKE UPDATE, DELETE ON knowledge_edition FROM kefu_app;
REVOKE UPDATE, DELETE ON knowledge_coverage, knowledge_rate, knowledge_openinghours FROM kefu_app;
GRANT UPDATE (valid_to) ON knowledge_coverage, knowledge_rate, knowledge_openinghours TO kefu_app;
REVOKE UPDATE, DELETE ON knowledge_wordingversion FROM kefu_app;
GRANT UPDATE (approved_by_id, approved_at) ON knowledge_wordingversion TO kefu_app;
REVOKE DELETE ON knowledge_wording, knowledge_numberreport, knowledge_place FROM kefu_app;
""" + "".join(f"SELECT kefu_audit_table('{table}');\n" for table in AUDITED)

BACK = "".join(f"DROP TRIGGER kefu_audit ON {table};\n" for table in AUDITED) + """
GRANT UPDATE, DELETE ON knowledge_edition, knowledge_coverage, knowledge_rate, knowledge_openinghours,
  knowledge_wordingversion TO kefu_app;
GRANT DELETE ON knowledge_wording, knowledge_numberreport, knowledge_place TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0033_customers_stay"),
        ("knowledge", "0001_knowledge"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
