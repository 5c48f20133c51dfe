"""What must hold for examinations and courses: name, how many rows are looked at, the violations (``verify``)."""

TRAINING_CHECKS = [
    (
        "computed_mark_is_the_sum_of_its_questions",
        "SELECT count(*) FROM payroll_exammark WHERE source = 'computed'",
        """SELECT 'mark ' || m.id || ' is ' || m.mark || ' and its questions give ' || points.total AS what
           FROM payroll_exammark m
           CROSS JOIN LATERAL (SELECT coalesce(sum(one::numeric), 0) AS total
                               FROM jsonb_array_elements_text(m.inputs -> 'points') AS p(one)) points
           WHERE m.source = 'computed' AND m.mark <> points.total""",
    ),
    (
        "answers_were_given_in_time",
        "SELECT count(*) FROM payroll_answer",
        """SELECT 'answer ' || a.id || ' was saved after the paper was due' AS what
           FROM payroll_answer a JOIN payroll_paper p ON p.id = a.paper_id
           WHERE a.saved_at > p.ends_at OR a.saved_at < p.started_at""",
    ),
    (
        "a_text_is_marked_by_two",
        "SELECT count(*) FROM payroll_textmark",
        """SELECT 'text mark ' || t.id || ' is by the author of the paper or the first marker' AS what
           FROM payroll_textmark t
           JOIN payroll_paper p ON p.id = t.paper_id
           JOIN staff_employee e ON e.id = p.employee_id
           WHERE t.marked_by_id = e.user_id
              OR EXISTS (SELECT FROM payroll_textmark o
                         WHERE (o.paper_id, o.place, o.marked_by_id) = (t.paper_id, t.place, t.marked_by_id)
                           AND o.id <> t.id)""",
    ),
    (
        "course_stands_as_its_marks_say",
        "SELECT count(*) FROM payroll_course",
        """SELECT 'course ' || c.id || ' is ' || c.state || ' against its marks' AS what
           FROM payroll_course c
           CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE passed) AS passed, count(*) AS parts
               FROM (SELECT DISTINCT ON (part) part, passed FROM payroll_courseresult r
                     WHERE r.course_id = c.id ORDER BY part, number DESC) latest) found
           WHERE c.state = 'passed' AND found.passed < CASE c.kind WHEN 'pre_job' THEN 2 ELSE 1 END
              OR c.state = 'failed' AND found.parts = found.passed""",
    ),
    (
        "nobody_is_suspended_but_by_a_failed_re_exam",
        "SELECT count(*) FROM payroll_suspension",
        """SELECT 'suspension ' || s.id || ' follows from no failed re-exam' AS what
           FROM payroll_suspension s
           JOIN payroll_courseresult r ON r.id = s.result_id
           JOIN payroll_course c ON c.id = r.course_id
           WHERE r.passed OR r.part <> 're_exam' OR c.employee_id <> s.employee_id""",
    ),
]
