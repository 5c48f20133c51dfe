"""What happens to an inquiry. ``intake`` opens it, ``answers`` answers and closes it, ``network`` asks
outlets and is asked by them, ``complaints`` links what it led to, ``pickups`` tells courier and driver.
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
from inquiries.services.complaints import file_complaint, link_complaint
from inquiries.services.intake import PickupOrder, courier_number, full_address, open_inquiry
from inquiries.services.network import (
    ask_outlet,
    chase,
    receive_query,
    record_feedback,
    withdraw,
)
from inquiries.services.paste import Addition, NewCase, register_paste
from inquiries.services.pickups import branch_number, notify_courier, notify_driver

__all__ = [
    "Addition",
    "NewCase",
    "OfferedParcel",
    "ParcelRefused",
    "PickupOrder",
    "accept_parcel",
    "answer_customer",
    "ask_outlet",
    "branch_number",
    "chase",
    "close",
    "contact_failed",
    "courier_number",
    "customer_again",
    "file_complaint",
    "full_address",
    "link_complaint",
    "notify_courier",
    "notify_driver",
    "open_inquiry",
    "receive_query",
    "record_feedback",
    "register_paste",
    "reopen",
    "withdraw",
]
