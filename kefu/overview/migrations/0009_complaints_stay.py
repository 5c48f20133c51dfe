"""What was found, graded and done on a complaint is a fact: the application adds it and changes nothing."""

from django.db import migrations

APPEND_ONLY = ["complaintgrading", "finding", "linecheck"]
# These change in one column only (triggers of the models) and never go.
STAY = ["complaintstep", "rectification", "customerflag"]


def sql(verb: str, preposition: str) -> str:
    lines = [f"{verb} UPDATE, DELETE ON inquiries_{name} {preposition} kefu_app;" for name in APPEND_ONLY]
    lines += [f"{verb} DELETE ON inquiries_{name} {preposition} kefu_app;" for name in STAY]
    return "\n".join(lines)


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0008_reply_checks_stay"),
        ("inquiries", "0008_claims"),
    ]

    operations = [
        migrations.RunSQL(sql("REVOKE", "FROM"), sql("GRANT", "TO")),
        migrations.RunSQL(
            "SELECT kefu_audit_table('inquiries_complaint', 'case_id', false);"
            "SELECT kefu_audit_table('inquiries_rectification');"
            "SELECT kefu_audit_table('inquiries_customerflag');",
            migrations.RunSQL.noop,
        ),
    ]
