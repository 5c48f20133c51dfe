"""What reports that people build can show of problem parcels."""

from django.utils.translation import gettext_lazy as _

from kefu.reports.columns import Column, Of
from problem_parcels.models import ProblemParcel

PROBLEM_PARCEL = (
    Column("problem", _("类型"), "problem_parcel__problem", Of.CHOICE, ProblemParcel.Problem),
    Column("direction", _("方向"), "problem_parcel__direction", Of.CHOICE, ProblemParcel.Direction),
    Column("place", _("存放在"), "problem_parcel__place", Of.CHOICE, ProblemParcel.Place),
    Column("same_city", _("同城"), "problem_parcel__same_city", Of.YES),
    Column("registered_at", _("登记时间"), "problem_parcel__registered_at", Of.INSTANT),
)
