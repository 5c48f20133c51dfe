"""What was decided about problem parcels, to be decided anew."""

from problem_parcels.replays.fees import ENTRY_FEES, RETURN_FEES, SHORTFALLS
from problem_parcels.replays.receipts import ReceiptKeeping, ReceiptRequests
from problem_parcels.replays.records import ProblemRecords

RECORDS = ProblemRecords()
RECEIPT_KEEPING = ReceiptKeeping()
RECEIPT_REQUESTS = ReceiptRequests()

__all__ = [
    "ENTRY_FEES",
    "RECEIPT_KEEPING",
    "RECEIPT_REQUESTS",
    "RECORDS",
    "RETURN_FEES",
    "SHORTFALLS",
]
