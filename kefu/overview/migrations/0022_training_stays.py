"""Marks, questions and what people answered are facts: a correction is a further row, and nothing of them is removed."""

from django.db import migrations

APPEND_ONLY = (
    "payroll_courseresult, payroll_suspension, payroll_typingtest, payroll_questionversion, payroll_textmark,"
    " payroll_exammark"
)
STAY = (
    "payroll_course, payroll_trainingsession, payroll_sessionattendance, payroll_question, payroll_paper, payroll_answer"
)

FORWARD = f"""
REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM kefu_app;
REVOKE DELETE ON {STAY} FROM kefu_app;
SELECT kefu_audit_table('payroll_course');
SELECT kefu_audit_table('payroll_trainingsession');
SELECT kefu_audit_table('payroll_sessionattendance');
SELECT kefu_audit_table('payroll_exam');
SELECT kefu_audit_table('payroll_paper');
SELECT kefu_audit_table('payroll_exammark');
"""

BACK = f"""
DROP TRIGGER kefu_audit ON payroll_exammark;
DROP TRIGGER kefu_audit ON payroll_paper;
DROP TRIGGER kefu_audit ON payroll_exam;
DROP TRIGGER kefu_audit ON payroll_sessionattendance;
DROP TRIGGER kefu_audit ON payroll_trainingsession;
DROP TRIGGER kefu_audit ON payroll_course;
GRANT UPDATE, DELETE ON {APPEND_ONLY} TO kefu_app;
GRANT DELETE ON {STAY} TO kefu_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("overview", "0021_joining_stays"),
        ("payroll", "0010_training"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
