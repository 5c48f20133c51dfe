"""What must hold for rulebooks, and for what two people decide: name, how many rows are looked at, and the violations (``verify``)."""

RULEBOOK_CHECKS = [
    (
        "two_people_decide",
        """SELECT (SELECT count(*) FROM penalties_waiver WHERE approved IS NOT NULL)
                + (SELECT count(*) FROM deadlines_lateentry WHERE approved IS NOT NULL)
                + (SELECT count(*) FROM rulebooks_rulebookversion WHERE published_by_id IS NOT NULL)""",
        """SELECT 'waiver ' || w.id || CASE WHEN w.decided_by_id = w.proposed_by_id OR w.decided_by_id IS NULL
                  THEN ' was not decided by another person' ELSE ' is approved, but its penalty stands' END AS what
           FROM penalties_waiver w JOIN penalties_penalty p ON p.id = w.penalty_id
           WHERE w.approved IS NOT NULL AND (w.decided_by_id IS NOT DISTINCT FROM w.proposed_by_id
                 OR w.decided_by_id IS NULL OR (w.approved AND p.state <> 'reversed'))
           UNION ALL
           SELECT 'late entry ' || id || ' was not decided by another person' FROM deadlines_lateentry
           WHERE approved IS NOT NULL AND (decided_by_id IS NULL OR decided_by_id = proposed_by_id)
           UNION ALL
           SELECT 'rulebook version ' || v.id || ' was published by somebody who drafted or changed it'
           FROM rulebooks_rulebookversion v
           WHERE v.published_by_id = v.drafted_by_id OR EXISTS (
               SELECT FROM rulebooks_amendment a WHERE a.version_id = v.id AND a.amended_by_id = v.published_by_id)
           UNION ALL
           SELECT 'rulebook version ' || id || ' was published by nobody' FROM rulebooks_rulebookversion
           WHERE state IN ('published', 'superseded') AND published_by_id IS NULL
             AND (drafted_by_id IS NOT NULL OR base_id IS NOT NULL)""",
    ),
    (
        "rules_hold_from_their_day",
        "SELECT count(*) FROM rulebooks_assignment",
        """SELECT 'assignment ' || a.id || ' holds from ' || a.effective_on || ', before '
                  || CASE WHEN a.effective_on < v.effective_on THEN 'its version' ELSE 'it was made' END AS what
           FROM rulebooks_assignment a JOIN rulebooks_rulebookversion v ON v.id = a.version_id
           WHERE a.effective_on < v.effective_on
              OR a.effective_on < (a.assigned_at AT TIME ZONE 'Asia/Shanghai')::date""",
    ),
    (
        "only_published_rules_hold",
        """SELECT (SELECT count(*) FROM rulebooks_assignment) + (SELECT count(*) FROM rulebooks_acknowledgement)
                + (SELECT count(*) FROM deadlines_deadline) + (SELECT count(*) FROM penalties_penalty)""",
        """WITH v AS (SELECT id FROM rulebooks_rulebookversion WHERE state IN ('draft', 'discarded'))
           SELECT 'assignment ' || a.id || ' names version ' || v.id || ', which is not published' AS what
           FROM rulebooks_assignment a JOIN v ON v.id = a.version_id
           UNION ALL
           SELECT 'acknowledgement ' || a.id || ' is of version ' || v.id || ', which is not published'
           FROM rulebooks_acknowledgement a JOIN v ON v.id = a.version_id
           UNION ALL
           SELECT 'deadline ' || d.id || ' runs under version ' || v.id || ', which is not published'
           FROM deadlines_deadline d JOIN v ON v.id = d.rulebook_id
           UNION ALL
           SELECT 'penalty ' || p.id || ' stands on version ' || v.id || ', which is not published'
           FROM penalties_penalty p JOIN v ON v.id = p.rulebook_id""",
    ),
    (
        "read_after_it_was_published",
        "SELECT count(*) FROM rulebooks_acknowledgement",
        """SELECT 'acknowledgement ' || a.id || ' of ' || a.at || ' is older than version ' || v.id AS what
           FROM rulebooks_acknowledgement a JOIN rulebooks_rulebookversion v ON v.id = a.version_id
           WHERE a.at < v.published_at""",
    ),
]
