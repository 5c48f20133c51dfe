"""How complaints and incidents are decided anew."""

from inquiries.replays.complaints import CLASSES, FINDINGS
from inquiries.replays.incidents import MassIncidents

__all__ = ["CLASSES", "FINDINGS", "MassIncidents"]
