"""What must hold for minutes and the hand-over book: name, how many rows are looked at, and the violations (``verify``)."""

MEETING_CHECKS = [
    (
        "archived_minutes_are_signed_by_all_who_came",
        "SELECT count(*) FROM payroll_meeting WHERE state = 'archived'",
        """SELECT 'meeting ' || m.id || ' is archived and employee ' || a.employee_id || ' has not signed' AS what
           FROM payroll_meeting m
           JOIN payroll_meetingattendance a ON a.meeting_id = m.id AND a.came
           WHERE m.state = 'archived' AND NOT EXISTS (
               SELECT FROM payroll_minutes t
               JOIN payroll_minutessignature s ON s.minutes_id = t.id AND s.employee_id = a.employee_id
               WHERE t.meeting_id = m.id
                 AND t.number = (SELECT max(number) FROM payroll_minutes WHERE meeting_id = m.id))
           UNION ALL
           SELECT 'minutes ' || s.minutes_id || ' are signed by employee ' || s.employee_id || ', who was not there'
           FROM payroll_minutessignature s
           JOIN payroll_minutes t ON t.id = s.minutes_id
           WHERE NOT EXISTS (SELECT FROM payroll_meetingattendance a
                             WHERE a.meeting_id = t.meeting_id AND a.employee_id = s.employee_id AND a.came)""",
    ),
    (
        "page_of_the_book_names_its_givers_cases",
        "SELECT count(*) FROM payroll_bookentry",
        """SELECT 'page ' || p.id || ' of employee ' || p.giver_id || ' names hand-over ' || h.id || ' of another' AS what
           FROM payroll_bookentry p
           JOIN payroll_bookentry_cases c ON c.bookentry_id = p.id
           JOIN cases_handover h ON h.id = c.handover_id
           WHERE h.giver_id <> p.giver_id OR h.at > p.giver_signed_at""",
    ),
]
