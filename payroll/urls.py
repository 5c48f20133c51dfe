"""The pages of the people: who works when, when they came and went, what their months are worth and paid."""

from payroll import (
    urls_attendance,
    urls_calls,
    urls_discipline,
    urls_inspection,
    urls_joining,
    urls_meetings,
    urls_pay,
    urls_rosters,
    urls_scores,
    urls_training,
)

app_name = "payroll"
urlpatterns = [
    *urls_rosters.urlpatterns,
    *urls_attendance.urlpatterns,
    *urls_calls.urlpatterns,
    *urls_scores.urlpatterns,
    *urls_discipline.urlpatterns,
    *urls_pay.urlpatterns,
    *urls_joining.urlpatterns,
    *urls_training.urlpatterns,
    *urls_meetings.urlpatterns,
    *urls_inspection.urlpatterns,
]
