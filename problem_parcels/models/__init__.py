"""What went wrong with a parcel, who was asked, where it lies, and what becomes of it."""

from problem_parcels.models.carriage import (
    EntryFeeQuote,
    Forwarding,
    ForwardingStep,
    ReturnCharge,
    SlipBatch,
)
from problem_parcels.models.checks import ReplyCheck
from problem_parcels.models.messages import Message, MessageQuerySet
from problem_parcels.models.misroutings import (
    DestinationStep,
    HouseWord,
    Misrouting,
    MisroutingReport,
    ReportLine,
)
from problem_parcels.models.problems import ContactAttempt, Disposal, ProblemParcel, ProblemRecord
from problem_parcels.models.receipts import (
    Receipt,
    ReceiptBatch,
    ReceiptCover,
    ReceiptDestruction,
    ReceiptEntry,
    ReceiptHandOver,
    ReceiptRequest,
)
from problem_parcels.models.shifts import (
    KeyMove,
    LockUpLine,
    LockUpTick,
    ShiftHandOver,
    StoreKey,
)
from problem_parcels.models.stays import Stay, where_to
from problem_parcels.models.store import (
    Collection,
    CollectionLine,
    MissingOutScan,
    MissingOutScans,
    StayKeeping,
    StoreIncident,
    StoreRound,
    WarehouseRequest,
)
from problem_parcels.models.volumes import Volume

__all__ = [
    "Collection",
    "CollectionLine",
    "ContactAttempt",
    "DestinationStep",
    "Disposal",
    "EntryFeeQuote",
    "Forwarding",
    "ForwardingStep",
    "HouseWord",
    "KeyMove",
    "LockUpLine",
    "LockUpTick",
    "Message",
    "MessageQuerySet",
    "Misrouting",
    "MisroutingReport",
    "MissingOutScan",
    "MissingOutScans",
    "ProblemParcel",
    "ProblemRecord",
    "Receipt",
    "ReceiptBatch",
    "ReceiptCover",
    "ReceiptDestruction",
    "ReceiptEntry",
    "ReceiptHandOver",
    "ReceiptRequest",
    "ReplyCheck",
    "ReportLine",
    "ReturnCharge",
    "ShiftHandOver",
    "SlipBatch",
    "Stay",
    "StayKeeping",
    "StoreIncident",
    "StoreKey",
    "StoreRound",
    "Volume",
    "WarehouseRequest",
    "where_to",
]
