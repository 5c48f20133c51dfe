"""What agents look up: ``areas`` who delivers where and for how much, ``wordings`` what is written and said,
``outlets`` when an outlet is open and which of its numbers were found wrong."""

from kefu.knowledge.models.areas import Coverage, Edition, Place, PlaceName, Rate
from kefu.knowledge.models.outlets import NumberReport, OpeningHours
from kefu.knowledge.models.wordings import Wording, WordingVersion

__all__ = [
    "Coverage",
    "Edition",
    "NumberReport",
    "OpeningHours",
    "Place",
    "PlaceName",
    "Rate",
    "Wording",
    "WordingVersion",
]
