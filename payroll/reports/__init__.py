"""The month's reports about people: rewards and penalties, service quality, training and attendance."""

from kefu.policy.clauses.measures import ReportDue

# No regulation gives them a day: as the others of the month, by the 5th of the next at 18:00.
BY_THE_FIFTH = ReportDue(day=5, hour=18)
STEPS = (("prepare", "lead"), ("review", "supervisor"), ("issue", "centre"))
