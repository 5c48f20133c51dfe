"""Whom the door of each page lets in, by the letters of the roles. A page without a row fails, and so does a row without
a page; ``test_pages.py`` asks them all.

A page of the admin has its row in tests/admin/test_rights.py, one about people in tests/payroll/test_scope.py.
"""

LETTERS = {
    "A": "agent", "L": "shift_lead", "S": "supervisor", "I": "inspector", "J": "adjuster", "M": "manager", "H": "hr",
    "F": "finance",
}  # fmt: skip
# For everybody, signed in or not; ``session`` says how long one still is, metrics are read near the machine only,
# the shared wallboard has a signed address.
OPEN = {
    "overview:healthz", "overview:readyz", "overview:metrics", "overview:shared_wallboard", "customers:survey", "set_language", "workbench:session",
}  # fmt: skip
# For an outlet's account: where one comes to after signing in, and its own pages, which nobody else opens
# (tests/partners/test_pages.py).
# So does the end of the tour, which every account is given once.
OUTLETS = {"payroll:arrive", "staff:tour_seen"} | {
    f"partners:{name}"
    for name in (
        "todo",
        "answer",
        "asked",
        "complaints",
        "parcel",
        "claims",
        "numbers",
        "penalties",
        "step",
        "appeals",
        "evidence",
        "statements",
        "confirm",
        "statement_file",
        "keys",
        "revoke_key",
        "webhooks",
        "webhook_step",
    )
}
# Signing in and out and the second factor: before them everybody is nobody.
ACCOUNTS = ("account_", "mfa_", "socialaccount_", "openid_connect_", "admin:log")
ELSEWHERE = ("admin:", "payroll:", *ACCOUNTS)
PAGES = {
    "ALSJM": {
        "customers:new", "customers:edit", "customers:visit", "customers:visited", "customers:make_survey",
        "workbench:take_next", "workbench:note", "workbench:step", "workbench:photo_add", "workbench:seat",
        "workbench:on_duty", "workbench:hand_over", "inquiries:reply", "inquiries:outlet", "inquiries:answer_query",
        "inquiries:new", "inquiries:new_read", "inquiries:new_save", "inquiries:new_single", "inquiries:new_check",
        "inquiries:new_clocks", "inquiries:new_why", "inquiries:new_parties", "inquiries:new_courier",
        "inquiries:new_import", "inquiries:import_preview", "inquiries:import_template", "inquiries:import_job",
        "inquiries:import_progress", "inquiries:import_stop", "inquiries:import_refused", "inquiries:counter",
        "inquiries:branch_number", "inquiries:words", "inquiries:lines", "inquiries:line_case", "inquiries:numbers",
        "inquiries:incident_type_in", "problem_parcels:store", "problem_parcels:store_out",
        "problem_parcels:store_stock", "problem_parcels:store_left", "problem_parcels:store_stay",
        "problem_parcels:store_price", "problem_parcels:store_sheets", "problem_parcels:store_sheet",
        "problem_parcels:store_requests", "problem_parcels:store_request", "problem_parcels:store_shift",
        "problem_parcels:store_hand_over", "problem_parcels:store_keys", "problem_parcels:message",
        "problem_parcels:answer", "problem_parcels:give", "problem_parcels:scan", "problem_parcels:scan_fields",
        "problem_parcels:batch", "problem_parcels:batch_run", "problem_parcels:replies_checked",
        "problem_parcels:open_reply", "problem_parcels:misroutings", "problem_parcels:destination",
        "problem_parcels:withdraw_misrouting", "problem_parcels:return_fee", "problem_parcels:forwardings",
        "problem_parcels:register_file", "problem_parcels:hand_over_slips", "problem_parcels:forwarding",
        "problem_parcels:forwarding_step", "problem_parcels:entry_fee", "problem_parcels:entry_fee_quote",
        "problem_parcels:receipts_hand_over", "problem_parcels:receipt_enter", "problem_parcels:receipt_count",
        "problem_parcels:receipt_account", "problem_parcels:receipt_correct", "problem_parcels:new_import",
        "problem_parcels:import_preview", "problem_parcels:import_template", "problem_parcels:import_job",
        "problem_parcels:import_progress", "problem_parcels:import_stop", "problem_parcels:import_refused",
        "claims:new", "claims:parcel", "claims:new_report", "reports:draw_up",
        "knowledge:templates", "knowledge:wrong", "knowledge:show_number",
    },
    "ALSIJMHF": {
        "staff:avatar", "rulebooks:rules", "rulebooks:version", "rulebooks:read", "calculator:index",
        "calculator:schema", "calculator:calculation", "workbench:queue", "workbench:rows", "workbench:counts",
        "workbench:search", "workbench:suggest", "workbench:case_by_id", "workbench:case", "workbench:parts",
        "workbench:preview", "workbench:here", "workbench:reveal", "workbench:reveal_row", "workbench:photos_look",
        "workbench:photo", "workbench:why_deadline", "workbench:why_penalty", "workbench:bell", "workbench:live",
        "workbench:live_poll", "workbench:notification_settings",
        "workbench:notification_channel", "processes:processes", "processes:running", "processes:refunds",
        "processes:refunds_checked", "processes:refunds_remind", "processes:choose", "processes:step",
        "inquiries:counter_slip", "inquiries:branches", "inquiries:complaints", "inquiries:rates",
        "inquiries:incidents", "inquiries:drills", "inquiries:emergency_contacts", "inquiries:paper_form",
        "inquiries:broadcast_read", "inquiries:force_majeure", "inquiries:force_majeure_one",
        "inquiries:force_majeure_progress", "inquiries:incident_complaints", "inquiries:incident_statements",
        "inquiries:incident_waiting", "inquiries:incident_affected", "problem_parcels:desk", "problem_parcels:rows",
        "problem_parcels:replies", "problem_parcels:undelivered", "problem_parcels:volumes",
        "problem_parcels:reports", "problem_parcels:report", "problem_parcels:electronic_list",
        "problem_parcels:report_step", "problem_parcels:receive_slips", "problem_parcels:receipts",
        "problem_parcels:receipts_missing", "problem_parcels:receipts_missing_workbook",
        "problem_parcels:receipts_wanted", "problem_parcels:receipt_request", "problem_parcels:receipts_over",
        "problem_parcels:receipts_decide", "problem_parcels:receipt_batch", "problem_parcels:receipt_cover",
        "claims:desk", "claims:why", "claims:reports", "claims:decide_forgotten", "reports:registers",
        "reports:register", "reports:register_step", "reports:register_file", "reports:register_paper", "claims:ageing", "claims:aged_claims",
        "knowledge:lookup", "knowledge:lookup_dialog", "knowledge:found", "knowledge:scripts",
        "knowledge:scripts_dialog", "knowledge:outlets", "knowledge:outlet", "knowledge:hours", "knowledge:reports",
        "knowledge:settle",
    },
    "LSJMF": {
        "claims:money", "claims:claim_money", "claims:document", "claims:recoveries", "claims:statement",
        "claims:insurance", "claims:new_policy", "claims:policy", "claims:self_settled",
    },
    "SM": {
        "processes:new", "processes:template", "processes:template_act", "inquiries:findings",
        "inquiries:force_majeure_new", "problem_parcels:house", "claims:forgotten",
        "knowledge:coverage_new_import", "knowledge:coverage_import_preview",
        "knowledge:coverage_import_template", "knowledge:coverage_import_job",
        "knowledge:coverage_import_progress", "knowledge:coverage_import_stop",
        "knowledge:coverage_import_refused", "knowledge:prices_new_import", "knowledge:prices_import_preview",
        "knowledge:prices_import_template", "knowledge:prices_import_job", "knowledge:prices_import_progress",
        "knowledge:prices_import_stop", "knowledge:prices_import_refused",
    },
    "ALSIJM": {
        "customers:customers", "customers:customer", "customers:grade", "customers:contract", "customers:reveal",
        "workbench:photo_small", "processes:start",
    },
    "LSIMHF": {
        "rulebooks:coverage", "overview:dashboard_file", "overview:wallboard", "reports:all_built",
        "reports:new_built", "reports:built", "reports:edit_built", "reports:drop_built", "reports:export_built",
        "reports:built_file",
    },
    "SIM": {
        "inquiries:inspection",
    },
    "LSM": {
        "inquiries:incident_new",
    },
}  # fmt: skip
