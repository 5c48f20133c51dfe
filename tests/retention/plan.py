"""Sealed columns that nothing destroys by itself, each with its reason."""

SECRET = "a secret of a machine, nobody's data; removed with what it belongs to"
PEOPLE = (
    "of an employee or a candidate: no clause gives a length, so nothing is destroyed by itself"
)
EVIDENCE = "evidence about an employee or an outlet, not about a customer; no clause gives a length"
KEPT = {
    "api_signingsecret.sealed": SECRET,
    "webhooks_endpointsecret.sealed": SECRET,
    "mfa_authenticator.data": SECRET,
    "notifications_channel.sealed": SECRET,
    "api_idempotentanswer.sealed": "forgotten by its own task after a day or two",
    "jobs_jobfile.content": "emptied as the job ends",
    "network_contactnumber.sealed": "a business number in use; replaced when it changes",
    "problem_parcels_houseword.sealed": "the house's own words",
    "problem_parcels_misroutingreport.sealed": "the letterhead of the house",
    "problem_parcels_misroutingreport.issued": "a list of parcels without people, frozen as sent",
    "problem_parcels_shifthandover.sealed": "notes of the store's own shifts",
    "appeals_evidence.photo": EVIDENCE,
    "appeals_evidence.thumbnail": EVIDENCE,
    "payroll_evidencephoto.photo": EVIDENCE,
    "payroll_evidencephoto.thumbnail": EVIDENCE,
    "payroll_proposalevidence.photo": EVIDENCE,
    "payroll_proposalevidence.thumbnail": EVIDENCE,
    "payroll_announcementfile.content": "what the house announced",
    "payroll_candidate.sealed": PEOPLE,
    "payroll_personalfact.sealed": PEOPLE,
    "payroll_bankaccount.sealed": PEOPLE,
}
