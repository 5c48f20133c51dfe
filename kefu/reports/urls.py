"""The addresses of reports."""

from django.urls import path

from kefu.reports.views import built, registers

app_name = "reports"
urlpatterns = [
    path("", registers.registers, name="registers"),
    path("built/", built.all_built, name="all_built"),
    path("built/new/", built.new, name="new_built"),
    path("built/<int:pk>/", built.show, name="built"),
    path("built/<int:pk>/edit/", built.edit, name="edit_built"),
    path("built/<int:pk>/drop/", built.drop, name="drop_built"),
    path("built/<int:pk>/report.xlsx", built.export, name="export_built"),
    path("built/files/<int:pk>/report.xlsx", built.made_file, name="built_file"),
    path("draw-up/", registers.draw_up, name="draw_up"),
    path("<int:pk>/", registers.register, name="register"),
    path("<int:pk>/step/", registers.step, name="register_step"),
    path("<int:pk>/report.xlsx", registers.register_file, name="register_file"),
    path("<int:pk>/report.pdf", registers.register_paper, name="register_paper"),
]
