"""Who may do what: one table of roles, checked on the server for every path."""

from typing import Any

import rules

from kefu.staff.models import User

Role = User.Role

LEADS = {Role.SHIFT_LEAD, Role.SUPERVISOR, Role.MANAGER}
SUPERVISORS = {Role.SUPERVISOR, Role.MANAGER}
# Those who work in the admin (``is_staff``).
OFFICE = {*LEADS, Role.INSPECTOR, Role.HR, Role.FINANCE}
DESK = {Role.AGENT, *LEADS, Role.ADJUSTER}

TABLE: dict[str, set[Role]] = {
    # The workbench and its cases.
    "cases.work_case": DESK,
    "cases.reveal_personal_data": {*DESK, Role.INSPECTOR},
    "cases.reassign_case": LEADS,
    "cases.approve_same_day_pickup": SUPERVISORS,
    "cases.import_cases": DESK,
    "cases.export_cases": SUPERVISORS,
    # Customers: their files, who is a major one.
    "customers.see_customer": {*DESK, Role.INSPECTOR},
    "customers.keep_customer": DESK,
    "customers.grade_customer": LEADS,
    # The counter.
    "parcels.accept_parcel": DESK,
    "parcels.release_fragile": SUPERVISORS,
    # The problem-parcel desks.
    "problem_parcels.destroy_receipts": SUPERVISORS,
    # The warehouse.
    "problem_parcels.work_store": DESK,
    "problem_parcels.override_store": LEADS,
    "problem_parcels.price_incident": SUPERVISORS,
    # Processes.
    "processes.start_process": {*DESK, Role.INSPECTOR},
    "processes.do_step": {*DESK, Role.INSPECTOR, Role.FINANCE, Role.HR},
    "processes.abandon_process": LEADS,
    "processes.edit_template": SUPERVISORS,
    # Reports, slips and settings of the problem parcels.
    "problem_parcels.send_report": LEADS,
    "problem_parcels.receive_slips": {*SUPERVISORS, Role.FINANCE},
    "problem_parcels.set_house_words": SUPERVISORS,
    # Complaints and incidents.
    "inquiries.judge_complaint": SUPERVISORS,
    "inquiries.run_incident": LEADS,
    "inquiries.declare_force_majeure": SUPERVISORS,
    "inquiries.sign_force_majeure": SUPERVISORS,
    # Claims.
    "claims.work_claim": {Role.ADJUSTER, *LEADS},
    "claims.confirm_finding": SUPERVISORS,
    "claims.approve_settlement": SUPERVISORS,
    "claims.approve_any_settlement": {Role.MANAGER},
    "claims.set_limits": {Role.MANAGER},
    "claims.pay_claim": {Role.FINANCE},
    "claims.recover": {Role.ADJUSTER, Role.FINANCE, *SUPERVISORS},
    # Reports about losses, delays and damages.
    "claims.judge_report": {Role.ADJUSTER, *LEADS},
    "claims.judge_forgotten": SUPERVISORS,
    # Reports about a week or a month.
    "reports.prepare_register": LEADS,
    "reports.inspect_register": {Role.INSPECTOR, *SUPERVISORS},
    "reports.issue_register": SUPERVISORS,
    # Reports that people build for themselves.
    "reports.build_report": OFFICE,
    "reports.see_people": {*LEADS, Role.INSPECTOR, Role.HR},
    # The register of rewards and penalties.
    "payroll.enter_register": LEADS,
    "payroll.verify_register": SUPERVISORS,
    # Rewards and sanctions, from the proposal to the file; suggestions; excellent agents.
    "payroll.propose_measure": {*LEADS, Role.HR},
    "payroll.verify_measure": {*SUPERVISORS, Role.HR},
    "payroll.decide_measure": SUPERVISORS,
    "payroll.decide_grave_measure": {Role.MANAGER},
    "payroll.review_measure": {Role.MANAGER, Role.HR},
    "payroll.answer_idea": SUPERVISORS,
    "payroll.hold_awards": {*SUPERVISORS, Role.HR},
    # Clauses that are shipped switched off.
    "payroll.opt_in": {Role.MANAGER},
    "payroll.confirm_opt_in": {Role.MANAGER, Role.HR},
    # Scores: judge, publish, set targets, talk.
    "payroll.lead_scores": SUPERVISORS,
    "payroll.see_scores": {*LEADS, Role.HR},
    # Inspection: draw and hear samples, go through check sheets; decide what was found.
    "payroll.inspect": {*LEADS, Role.INSPECTOR},
    "payroll.see_inspections": {*LEADS, Role.INSPECTOR, Role.HR},
    "payroll.settle_finding": SUPERVISORS,
    # Attendance.
    "payroll.sign_card": SUPERVISORS,
    "payroll.find_away": LEADS,
    "payroll.approve_overtime": SUPERVISORS,
    "payroll.keep_attendance": {*SUPERVISORS, Role.HR},
    # Calls and chats.
    "payroll.import_calls": {*SUPERVISORS, Role.HR},
    "payroll.see_calls": {*LEADS, Role.HR},
    "payroll.record_rating": {Role.AGENT, *LEADS},
    # Rosters, swaps and leave.
    "payroll.plan_roster": SUPERVISORS,
    "payroll.approve_requests": SUPERVISORS,
    "payroll.set_holidays": {*SUPERVISORS, Role.HR},
    # Joining and leaving: keep the files, judge whom one is to work with, confirm in writing.
    "payroll.keep_people": {Role.HR, Role.MANAGER},
    "payroll.see_people": {*SUPERVISORS, Role.HR},
    "payroll.judge_people": SUPERVISORS,
    "payroll.confirm_probation": {Role.MANAGER},
    # Training and examinations.
    "payroll.run_training": SUPERVISORS,
    "payroll.mark_papers": LEADS,
    "payroll.see_training": {*LEADS, Role.HR},
    "payroll.pick_examples": LEADS,
    # Meetings, announcements, the hand-over book.
    "payroll.lead_meetings": LEADS,
    "payroll.review_minutes": {Role.MANAGER},
    "payroll.announce": {*LEADS, Role.HR},
    # Money.
    "penalties.propose_waiver": LEADS,
    "penalties.decide_waiver": SUPERVISORS,
    "penalties.release_penalty": SUPERVISORS,
    "appeals.decide_appeal": SUPERVISORS,
    "penalties.view_penalty": {*DESK, Role.INSPECTOR, Role.FINANCE, Role.HR},
    "deadlines.decide_late_entry": SUPERVISORS,
    "deadlines.requeue_deadline": SUPERVISORS,
    # What people ask about their own data, and what is kept from destruction.
    "retention.take_request": LEADS,
    "retention.decide_request": SUPERVISORS,
    "retention.hold_case": SUPERVISORS,
    # Statements of outlets.
    "statements.issue_statement": SUPERVISORS,
    "statements.record_payment": {*SUPERVISORS, Role.FINANCE},
    # Pay.
    "payroll.run_pay": {Role.HR, Role.FINANCE},
    "payroll.approve_pay": {Role.MANAGER, Role.HR, Role.FINANCE},
    "payroll.view_all_pay": {Role.MANAGER, Role.HR, Role.FINANCE},
    "payroll.set_terms": {Role.HR, Role.FINANCE, Role.MANAGER},
    "payroll.share_pool": SUPERVISORS,
    "payroll.spend_fund": SUPERVISORS,
    # The organisation.
    "network.edit_network": SUPERVISORS,
    # The knowledge base: leads draft words, supervisors approve them and bring tables.
    "knowledge.draft_wording": LEADS,
    "knowledge.approve_wording": SUPERVISORS,
    "knowledge.import_tables": SUPERVISORS,
    "staff.edit_staff": {*SUPERVISORS, Role.HR},
    "rulebooks.view_coverage": OFFICE,
    "rulebooks.draft_version": SUPERVISORS,
    "rulebooks.publish_version": SUPERVISORS,
    "rulebooks.assign_version": SUPERVISORS,
    "replay.what_if": SUPERVISORS,
    "api.issue_key": SUPERVISORS,
    "overview.see_overview": OFFICE,
    "overview.share_wallboard": SUPERVISORS,
    "partners.manage_account": SUPERVISORS,
}


def _holds(roles: set[Role]) -> Any:
    @rules.predicate
    def holds(user: Any) -> bool:
        return bool(user.is_active and user.role in roles)

    return holds


def register() -> None:
    for permission, roles in TABLE.items():
        if not rules.perm_exists(permission):
            rules.add_perm(permission, _holds(roles))
