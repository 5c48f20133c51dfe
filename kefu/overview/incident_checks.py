"""What must hold for incidents and force majeure: name, how many rows are looked at, and the violations (``verify``)."""

INCIDENT_CHECKS = [
    (
        "one_open_incident_of_an_issue",
        "SELECT count(*) FROM inquiries_incident WHERE completed_at IS NULL",
        """SELECT 'issue ' || issue || ' has ' || count(*) || ' open incidents' AS what
           FROM inquiries_incident WHERE completed_at IS NULL AND NOT is_drill AND issue <> ''
           GROUP BY issue HAVING count(*) > 1""",
    ),
    (
        "complaint_belongs_to_its_incident",
        "SELECT count(*) FROM inquiries_groupedcomplaint",
        """SELECT 'complaint ' || g.complaint_id || ' is of another issue than incident ' || g.incident_id AS what
           FROM inquiries_groupedcomplaint g
           JOIN inquiries_incident i ON i.case_id = g.incident_id
           JOIN inquiries_complaint c ON c.case_id = g.complaint_id
           WHERE c.issue <> i.issue OR i.is_drill""",
    ),
    (
        "completed_incident_has_nothing_open",
        "SELECT count(*) FROM inquiries_incident WHERE completed_at IS NOT NULL",
        """SELECT 'incident ' || i.case_id || ' is completed, and '
                  || CASE WHEN w.id IS NOT NULL THEN 'customer ' || w.id || ' still waits'
                          ELSE 'deadline ' || d.id || ' still runs' END AS what
           FROM inquiries_incident i
           LEFT JOIN inquiries_waitingcustomer w ON w.incident_id = i.case_id AND w.contacted_at IS NULL
           LEFT JOIN deadlines_deadline d ON d.case_id = i.case_id AND d.state = 'running'
           WHERE i.completed_at IS NOT NULL AND NOT i.is_drill AND (w.id IS NOT NULL OR d.id IS NOT NULL)""",
    ),
    (
        "drill_counts_nowhere",
        "SELECT count(*) FROM inquiries_incident WHERE is_drill",
        """SELECT 'drill ' || i.case_id || ' has '
                  || CASE WHEN d.id IS NOT NULL THEN 'deadline ' || d.id ELSE 'force majeure ' || f.id END AS what
           FROM inquiries_incident i
           LEFT JOIN deadlines_deadline d ON d.case_id = i.case_id
           LEFT JOIN inquiries_forcemajeure f ON f.incident_id = i.case_id
           WHERE i.is_drill AND (d.id IS NOT NULL OR f.id IS NOT NULL)""",
    ),
    (
        "exempted_deadline_costs_nothing",
        "SELECT count(*) FROM inquiries_exemption",
        # Broken after it was exempted, it costs something until the next tick; and what one of the two who
        # decided is to bear himself is not theirs to take back.
        """SELECT 'penalty ' || p.id || ' is ' || p.state || ', though deadline ' || e.deadline_id
                  || ' is exempted by force majeure ' || e.declaration_id AS what
           FROM inquiries_exemption e
           JOIN penalties_penalty p ON p.deadline_id = e.deadline_id
           JOIN deadlines_deadline d ON d.id = e.deadline_id
           JOIN inquiries_forcemajeure f ON f.id = e.declaration_id
           JOIN staff_user declared ON declared.id = f.declared_by_id
           LEFT JOIN staff_user signed ON signed.id = f.decided_by_id
           WHERE p.state IN ('provisional', 'held', 'payable')
             AND d.due_at <= least(f.ends_at, coalesce(f.revoked_at, f.ends_at))
             AND p.decided_at < %(now)s::timestamptz - %(unsealed)s * interval '1 second'
             AND p.party_id IS DISTINCT FROM declared.party_id AND p.party_id IS DISTINCT FROM signed.party_id""",
    ),
    (
        "batch_waiver_has_two_signatures",
        "SELECT count(*) FROM penalties_waiver WHERE batch <> ''",
        """SELECT 'waiver ' || w.id || ' of ' || w.batch || ' does not say what the declaration says' AS what
           FROM penalties_waiver w
           LEFT JOIN inquiries_forcemajeure f ON 'force_majeure:' || f.id = w.batch
           WHERE w.batch LIKE 'force_majeure:%%'
             AND (f.id IS NULL OR f.state NOT IN ('signed', 'revoked') OR w.approved IS NOT TRUE
                  OR w.ground <> 'force_majeure' OR w.proposed_by_id <> f.declared_by_id
                  OR w.decided_by_id <> f.decided_by_id OR f.declared_by_id = f.decided_by_id)""",
    ),
]
