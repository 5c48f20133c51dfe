"""What the workbench reads, page by page. ``queue`` may use ``desk``; ``case`` and ``search`` use ``costs``."""

from inquiries.selectors.case import CasePage, Clock, Entry, case_page, preview
from inquiries.selectors.desk import Desk, Pulse, ViewCount, bell, desk, pulse
from inquiries.selectors.queue import (
    PAGE_ROWS,
    Chip,
    QueuePage,
    QueueRow,
    neighbours,
    queue_page,
    queue_rows,
    view_cases,
)
from inquiries.selectors.search import Find, search_cases, suggest

__all__ = [
    "PAGE_ROWS",
    "CasePage",
    "Chip",
    "Clock",
    "Desk",
    "Entry",
    "Find",
    "Pulse",
    "QueuePage",
    "QueueRow",
    "ViewCount",
    "bell",
    "case_page",
    "desk",
    "neighbours",
    "preview",
    "pulse",
    "queue_page",
    "queue_rows",
    "search_cases",
    "suggest",
    "view_cases",
]
