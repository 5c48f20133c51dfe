"""Addresses of people's files: vacancies and candidates, one person's file, one's own."""

from django.urls import path

from payroll.views import belongings, joining, my_file, people, person

urlpatterns = [
    path("files/", people.people, name="people"),
    path("files/probations/", people.probations, name="probations"),
    path("files/leavings/", people.leavings, name="leavings"),
    path("files/replacements/", people.replacements, name="replacements"),
    path("files/vacancies/", joining.vacancies, name="vacancies"),
    path("files/vacancies/<int:pk>/", joining.vacancy, name="vacancy"),
    path("files/candidates/<int:pk>/", joining.candidate, name="candidate"),
    path("files/candidates/<int:pk>/letter.pdf", joining.letter, name="offer_letter"),
    path("files/<slug:number>/", person.overview, name="file"),
    path("files/<slug:number>/papers/", person.papers, name="file_papers"),
    path("files/<slug:number>/personal/", person.personal, name="file_personal"),
    path("files/<slug:number>/probation/", person.probation, name="file_probation"),
    path("files/<slug:number>/confirmation.pdf", person.confirmation, name="confirmation"),
    path("files/<slug:number>/equipment/", belongings.equipment, name="file_equipment"),
    path("files/<slug:number>/wages/", belongings.wages, name="file_wages"),
    path("files/<slug:number>/leaving/", belongings.leaving, name="file_leaving"),
    path("my-file/", my_file.my_file, name="my_file"),
    path("my-file/confirmation.pdf", my_file.confirmation, name="my_confirmation"),
]
