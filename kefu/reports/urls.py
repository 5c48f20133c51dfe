"""The addresses of reports."""

from django.urls import path

from kefu.reports.views import registers

app_name = "reports"
urlpatterns = [
    path("", registers.registers, name="registers"),
    path("draw-up/", registers.draw_up, name="draw_up"),
    path("<int:pk>/", registers.register, name="register"),
    path("<int:pk>/step/", registers.step, name="register_step"),
    path("<int:pk>/report.xlsx", registers.register_file, name="register_file"),
    path("<int:pk>/report.pdf", registers.register_paper, name="register_paper"),
]
