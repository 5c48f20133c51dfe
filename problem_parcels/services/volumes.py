"""Keep how many problem parcels each person handled in a month, in the transaction that handled one."""

from datetime import date, datetime

from django.db import connection

from kefu.clock import SHANGHAI
from kefu.staff.models import Employee
from problem_parcels.models import Volume

ONE_MORE = """
INSERT INTO problem_parcels_volume (employee_id, month, metric, number) VALUES (%s, %s, %s, 1)
ON CONFLICT (employee_id, month, metric) DO UPDATE SET number = problem_parcels_volume.number + 1
"""


def count(*, employee: Employee, metric: Volume.Metric, at: datetime) -> None:
    """One more for ``employee`` in the Shanghai month of ``at`` (CD-12.10 … CD-12.13)."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_MORE, [employee.pk, month_of(at), metric])


def month_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date().replace(day=1)
