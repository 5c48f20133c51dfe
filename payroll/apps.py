from dataclasses import replace

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PayrollConfig(AppConfig):
    name = "payroll"
    verbose_name = _("人事与薪资")

    def ready(self) -> None:
        """Navigation, jobs and replayable decisions are told of here."""
        from kefu.customers.services import when_answered
        from kefu.jobs import services as jobs
        from kefu.replay import decisions
        from kefu.reports import definitions as reports
        from kefu.reports.models import Register
        from kefu.rulebooks.services import before_publishing
        from kefu.staff import barred, on_shift
        from kefu.workbench import kinds
        from payroll import (
            replays_attendance,
            replays_discipline,
            replays_joining,
            replays_pay,
            replays_requests,
            replays_scores,
            replays_takebacks,
            replays_training,
        )
        from payroll.imports import TABLE, calls, chats
        from payroll.kinds import Taught
        from payroll.reports import quality, rewards, training
        from payroll.selectors import (
            announcements,
            attendance,
            book,
            breaks,
            counts,
            courses,
            discipline,
            ideas,
            inspections,
            meetings,
            overtime_calls,
            rostered,
        )
        from payroll.selectors.register import to_decide
        from payroll.services import months, optins, pay_locks, pay_runs, pay_slips, ratings

        connection_created.connect(months.speak_for_the_database)
        when_answered(ratings.from_survey)

        decisions.register("shift_swap", replays_requests.SWAPS)
        decisions.register("leave", replays_requests.LEAVES)
        decisions.register("attendance_day", replays_attendance.DAYS)
        decisions.register("month_score", replays_scores.SCORES)
        decisions.register("suspension", replays_training.SUSPENSIONS)
        decisions.register("payslip", replays_pay.PAYSLIPS)
        decisions.register("takeback", replays_takebacks.TAKEBACKS)
        decisions.register("measure", replays_discipline.MEASURES)
        decisions.register("probation", replays_joining.PROBATIONS)
        decisions.register("personal_change", replays_joining.CHANGES)
        before_publishing.append(optins.not_agreed)
        barred.register("training", courses.why_not)
        on_shift.register(rostered.rostered_now)
        for table in (TABLE, calls.TABLE, chats.TABLE):
            jobs.register(table.kind, table.run)
        jobs.register(pay_runs.JOB, pay_slips.work)
        jobs.register(pay_runs.LOCK_JOB, pay_locks.work_lock)
        kinds.add(Taught())
        kinds.add_notice(
            kinds.PageNotice(
                "payroll/announcements/_notice.html",
                about=announcements.unconfirmed_at_desk,
                read=announcements.first_unconfirmed,
            )
        )
        kinds.add_notice(
            kinds.PageNotice(
                "payroll/shifts/_called.html",
                about=overtime_calls.open_at_desk,
                read=overtime_calls.first_open,
            )
        )
        kinds.add_notice(
            kinds.PageNotice("payroll/shifts/_break.html", about=breaks.at_desk, read=breaks.offer)
        )
        for entry in (
            kinds.NavEntry(
                "today",
                pgettext_lazy("page", "今天"),
                "payroll:today",
                waiting=meetings.to_sign_at_desk,
            ),
            kinds.NavEntry(
                "announcements",
                pgettext_lazy("office plural", "公告"),
                "payroll:announcements",
                waiting=announcements.unconfirmed_at_desk,
            ),
            kinds.NavEntry(
                "book",
                _("交接本"),
                "payroll:book",
                waiting=book.to_sign_at_desk,
                after_work=True,
            ),
            kinds.NavEntry(
                "my_shifts", _("我的排班"), "payroll:my_shifts", waiting=counts.asked_of
            ),
            kinds.NavEntry(
                "attendance",
                pgettext_lazy("page", "考勤"),
                "payroll:attendance",
                waiting=attendance.waiting,
            ),
            kinds.NavEntry("rosters", _("排班"), "payroll:rosters"),
            kinds.NavEntry(
                "requests",
                _("换班和请假审批"),
                "payroll:requests",
                waiting=counts.to_approve,
                rights=["payroll.approve_requests"],
            ),
            kinds.NavEntry("calls", _("话务和会话"), "payroll:calls"),
            kinds.NavEntry("my_score", _("我的得分"), "payroll:my_score"),
            kinds.NavEntry(
                "scores",
                pgettext_lazy("plural", "得分"),
                "payroll:scores",
                rights=["payroll.see_scores"],
            ),
            kinds.NavEntry(
                "register",
                _("奖惩登记"),
                "payroll:register",
                waiting=to_decide,
                rights=["payroll.enter_register"],
            ),
            kinds.NavEntry(
                "my_training",
                _("我的培训"),
                "payroll:my_training",
                waiting=counts.to_sit,
            ),
            kinds.NavEntry(
                "training",
                _("培训和考试"),
                "payroll:training",
                waiting=counts.to_mark,
                rights=["payroll.see_training"],
            ),
            kinds.NavEntry(
                "my_record",
                _("我的奖惩"),
                "payroll:my_record",
                waiting=discipline.waits_for_me,
            ),
            kinds.NavEntry(
                "proposals",
                _("奖惩提议"),
                "payroll:proposals",
                waiting=discipline.waits_for,
                rights=["payroll.propose_measure"],
            ),
            kinds.NavEntry("ideas", _("合理化建议"), "payroll:ideas", waiting=ideas.waits_for),
            kinds.NavEntry("awards", _("评优"), "payroll:awards"),
            kinds.NavEntry(
                "inspection",
                pgettext_lazy("page", "检查"),
                "payroll:inspections",
                waiting=inspections.waiting,
                rights=["payroll.inspect"],
            ),
            kinds.NavEntry(
                "my_findings", _("检查我的"), "payroll:my_findings", waiting=inspections.unanswered
            ),
            kinds.NavEntry("pay", _("我的工资"), "payroll:mine"),
            kinds.NavEntry(
                "pay_runs", _("工资核算"), "payroll:runs", rights=["payroll.view_all_pay"]
            ),
            kinds.NavEntry(
                "people",
                _("人事档案"),
                "payroll:people",
                waiting=counts.people_waiting,
                rights=["payroll.see_people", "payroll.view_all_pay"],
            ),
            kinds.NavEntry("my_file", _("我的档案"), "payroll:my_file", waiting=counts.to_sign),
        ):
            kinds.add_to_navigation(replace(entry, group=pgettext_lazy("pages", "人事")))
        for kind, definition in {
            Register.Kind.REWARDS_AND_PENALTIES: reports.Definition(
                rewards.detail, seen_by="reports.see_people"
            ),
            Register.Kind.SERVICE_QUALITY: reports.Definition(
                quality.month, plan=quality.plan, seen_by="reports.see_people"
            ),
            Register.Kind.TRAINING_AND_ATTENDANCE: reports.Definition(
                training.month, plan=training.plan, seen_by="reports.see_people"
            ),
        }.items():
            reports.register(kind, definition)
        reports.stands_elsewhere(
            reports.Elsewhere(
                _("部门奖罚月表"),
                _("每个部门按人逐笔，编制、审核后发出"),
                "payroll:rewards",
                right="payroll.see_scores",
            )
        )
        reports.stands_elsewhere(
            reports.Elsewhere(
                _("工资表"),
                _("每月工资的核算、审批和发放，由工资核算出表"),
                "payroll:runs",
                right="payroll.view_all_pay",
            )
        )
