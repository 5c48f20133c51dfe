"""Addresses of rewards and sanctions, of suggestions and of awards."""

from django.urls import path

from payroll.views import awards, discipline, ideas, proposals

urlpatterns = [
    path("proposals/", discipline.proposals, name="proposals"),
    path("proposals/new/", discipline.propose, name="propose"),
    path("proposals/grounds/", discipline.grounds, name="grounds"),
    path("proposals/hints/<int:pk>/", discipline.hint, name="hint"),
    path("proposals/<int:pk>/", proposals.proposal, name="proposal"),
    path("proposals/<int:pk>/<slug:name>/", proposals.step, name="proposal_step"),
    path(
        "proposals/<int:pk>/pictures/<int:number>/<slug:size>/",
        proposals.picture,
        name="proposal_picture",
    ),
    path("record/", discipline.my_record, name="my_record"),
    path("record/<str:number>/", discipline.record, name="record_of"),
    path("ideas/", ideas.ideas, name="ideas"),
    path("ideas/submit/", ideas.submit, name="idea_submit"),
    path("ideas/<int:pk>/answer/", ideas.answer, name="idea_answer"),
    path("ideas/<int:pk>/withdraw/", ideas.withdraw, name="idea_withdraw"),
    path("awards/", awards.awards, name="awards"),
    path("awards/promotion/", awards.promotion, name="promotion"),
    path("awards/<int:pk>/", awards.award_round, name="award_round"),
    path("awards/<int:pk>/<slug:name>/", awards.award_step, name="award_step"),
    path("opt-ins/", awards.opt_ins, name="opt_ins"),
]
