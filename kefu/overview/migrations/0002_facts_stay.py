"""What a trigger forbids, the application's role may not do at all: a trigger can be told to look away."""

from django.db import migrations

STAY = """
REVOKE UPDATE, DELETE ON cases_interaction, cases_caselink, cases_handover, inquiries_counteracceptance FROM kefu_app;
GRANT UPDATE (sealed) ON cases_interaction TO kefu_app;  -- when keys are rotated
REVOKE DELETE ON cases_case, cases_consultation, deadlines_deadline, deadlines_lateentry, penalties_penalty,
                 penalties_waiver, inquiries_inquiry, inquiries_complaint, inquiries_networkquery FROM kefu_app;
"""

BACK = """
GRANT UPDATE, DELETE ON cases_interaction, cases_caselink, cases_handover, inquiries_counteracceptance TO kefu_app;
GRANT DELETE ON cases_case, cases_consultation, deadlines_deadline, deadlines_lateentry, penalties_penalty,
                penalties_waiver, inquiries_inquiry, inquiries_complaint, inquiries_networkquery TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0001_audited_tables"),
        ("cases", "0008_timeline_resealable"),
        ("inquiries", "0004_counter_acceptance_and_driver"),
    ]

    operations = [migrations.RunSQL(STAY, BACK)]
