"""What was decided about claims and reports, to be decided anew."""

from claims.replays.amounts import Compensations, Divisions
from claims.replays.reports import ForgottenReports, ReportBonuses

COMPENSATIONS = Compensations()
DIVISIONS = Divisions()
REPORT_BONUSES = ReportBonuses()
FORGOTTEN_REPORTS = ForgottenReports()

__all__ = ["COMPENSATIONS", "DIVISIONS", "FORGOTTEN_REPORTS", "REPORT_BONUSES"]
