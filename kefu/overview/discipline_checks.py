"""What must hold for rewards and sanctions: name, how many rows are looked at, the violations (``verify``)."""

DISCIPLINE_CHECKS = [
    (
        "sanction_was_decided_by_people",
        "SELECT count(*) FROM payroll_proposedmeasure WHERE given <> ''",
        # A level counts in the register if, and only if, its proposal was verified and decided.
        """SELECT 'line ' || r.id || ' is ' || r.state || ' and its proposal ' || p.id || ' is ' || p.state AS what
           FROM payroll_proposedmeasure m
           JOIN payroll_proposal p ON p.id = m.proposal_id
           JOIN payroll_registerentry r ON r.id = m.entry_id
           WHERE (m.given <> '' AND (p.state <> 'decided' OR r.state NOT IN ('counted', 'withdrawn')))
              OR (m.given = '' AND r.state = 'counted')
              OR r.employee_id <> p.employee_id""",
    ),
    (
        "no_level_without_a_proposal",
        "SELECT count(*) FROM payroll_registerentry WHERE starts_with(source, 'proposal:')",
        """SELECT 'line ' || r.id || ' says it was proposed, and nobody did' AS what
           FROM payroll_registerentry r
           WHERE starts_with(r.source, 'proposal:') AND r.state = 'counted'
             AND NOT EXISTS (SELECT FROM payroll_proposedmeasure m WHERE m.entry_id = r.id)""",
    ),
    (
        "idea_brings_what_it_was_answered",
        "SELECT count(*) FROM payroll_idea WHERE entry_id IS NOT NULL",
        """SELECT 'idea ' || i.id || ' is rewarded in the name of another' AS what
           FROM payroll_idea i
           JOIN payroll_registerentry r ON r.id = i.entry_id
           WHERE r.employee_id <> i.employee_id OR r.source <> 'idea:' || i.id""",
    ),
]
