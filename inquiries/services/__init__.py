"""What happens to an inquiry. ``intake`` opens it, ``answers`` answers and closes it, ``network`` asks
outlets and is asked by them, ``pickups`` tells courier and driver. ``complaints`` registers complaints and links what
they grew from; ``complaint_classes`` says how grave one is, ``complaint_process`` takes it to its solution and
``complaint_follow_ups`` to its end, both by ``complaint_standing``; ``complaint_review`` keeps what is written beside.
``findings`` says what is held against whom by what ``breaches`` knows, ``rectifications`` what an outlet has to mend;
``lines`` looks whether outlets can be reached, ``difficult_customers`` marks who is hard to please.
``complaints`` and ``network`` call ``intake``; ``paste`` calls them all, once for each parcel of a message.
``acceptance`` takes parcels in at the counter."""

from inquiries.services.acceptance import OfferedParcel, ParcelRefused, accept_parcel
from inquiries.services.answers import (
    answer_customer,
    close,
    contact_failed,
    customer_again,
    reopen,
)
from inquiries.services.breaches import (
    Found,
    contacts_without_result,
    interactions,
    promised_compensation,
)
from inquiries.services.complaint_classes import reclass, regrade_growing
from inquiries.services.complaint_follow_ups import follow_up, give_up_follow_up, note_unreached
from inquiries.services.complaint_process import answer_solution, propose, verify
from inquiries.services.complaint_review import analyse, assign_inspector, conclude, coordinate
from inquiries.services.complaints import (
    Details,
    chosen_issue,
    file_complaint,
    issues,
    link_complaint,
    wanted_fields,
)
from inquiries.services.difficult_customers import flag_customer, lift_flag
from inquiries.services.findings import escalated_by_agent, record_finding, take_points
from inquiries.services.intake import (
    PickupOrder,
    courier_number,
    full_address,
    open_inquiry,
    retype,
)
from inquiries.services.lines import log_check, open_line_case, report_number
from inquiries.services.network import (
    ask_outlet,
    chase,
    receive_query,
    record_feedback,
    withdraw,
)
from inquiries.services.paste import Addition, NewCase, register_paste
from inquiries.services.pickups import branch_number, notify_courier, notify_driver
from inquiries.services.rectifications import order_rectification, recheck_rectification

__all__ = [
    "Addition",
    "Details",
    "Found",
    "NewCase",
    "OfferedParcel",
    "ParcelRefused",
    "PickupOrder",
    "accept_parcel",
    "analyse",
    "answer_customer",
    "answer_solution",
    "ask_outlet",
    "assign_inspector",
    "branch_number",
    "chase",
    "chosen_issue",
    "close",
    "conclude",
    "contact_failed",
    "contacts_without_result",
    "coordinate",
    "courier_number",
    "customer_again",
    "escalated_by_agent",
    "file_complaint",
    "flag_customer",
    "follow_up",
    "full_address",
    "give_up_follow_up",
    "interactions",
    "issues",
    "lift_flag",
    "link_complaint",
    "log_check",
    "note_unreached",
    "notify_courier",
    "notify_driver",
    "open_inquiry",
    "open_line_case",
    "order_rectification",
    "promised_compensation",
    "propose",
    "receive_query",
    "recheck_rectification",
    "reclass",
    "record_feedback",
    "record_finding",
    "register_paste",
    "regrade_growing",
    "reopen",
    "report_number",
    "retype",
    "take_points",
    "verify",
    "wanted_fields",
    "withdraw",
]
