"""Addresses of scores, of the register of rewards and penalties, and of what is made of both."""

from django.urls import path

from payroll.views import register, rewards, scores

urlpatterns = [
    path("score/", scores.my_score, name="my_score"),
    path("score/beside/", scores.beside, name="score_beside"),
    path("score/object/", scores.object_to, name="object"),
    path("score/<int:pk>/seen/", scores.seen, name="score_seen"),
    path("scores/", scores.team, name="scores"),
    path("scores/publish/", scores.publish, name="publish_scores"),
    path("scores/board/", scores.board, name="score_board"),
    path("scores/plans/<int:pk>/", scores.plan_done, name="plan_done"),
    path("scores/<str:number>/", scores.person, name="score_of"),
    path("scores/<str:number>/<slug:act>/", scores.act, name="score_act"),
    path("register/", register.register, name="register"),
    path("register/clauses/", register.clauses, name="register_clauses"),
    path("register/enter/", register.enter, name="register_enter"),
    path("register/decide/", register.decide, name="register_decide"),
    path("register/<int:pk>/withdraw/", register.withdraw, name="register_withdraw"),
    path("register/objections/<int:pk>/", register.answer, name="register_answer"),
    path("rewards/", rewards.rewards, name="rewards"),
    path("rewards/prepare/", rewards.prepare, name="rewards_prepare"),
    path("rewards/<int:pk>/", rewards.sheet, name="reward_sheet"),
    path("rewards/<int:pk>/step/", rewards.step, name="reward_step"),
    path("rewards/<int:pk>/sheet.xlsx", rewards.sheet_file, name="reward_file"),
    path("years/", rewards.years, name="years"),
    path("years/<str:number>/", rewards.grade, name="grade_year"),
]
