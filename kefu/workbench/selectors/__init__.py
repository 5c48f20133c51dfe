"""What the workbench reads, page by page. ``case`` is put together from ``clocks``,
``timeline``, ``next_steps`` and ``beside``; ``queue`` may use ``desk``."""

from kefu.workbench.selectors.case import CasePage, case_page, preview
from kefu.workbench.selectors.desk import (
    Desk,
    Group,
    Page,
    Pulse,
    ViewCount,
    bell,
    desk,
    grouped,
    pulse,
    restricted_pages,
)
from kefu.workbench.selectors.queue import (
    PAGE_ROWS,
    Chip,
    QueuePage,
    QueueRow,
    neighbours,
    queue_page,
    queue_rows,
    view_cases,
)
from kefu.workbench.selectors.search import Find, search_cases, served, suggest

__all__ = [
    "PAGE_ROWS",
    "CasePage",
    "Chip",
    "Desk",
    "Find",
    "Group",
    "Page",
    "Pulse",
    "QueuePage",
    "QueueRow",
    "ViewCount",
    "bell",
    "case_page",
    "desk",
    "grouped",
    "neighbours",
    "preview",
    "pulse",
    "queue_page",
    "queue_rows",
    "restricted_pages",
    "search_cases",
    "served",
    "suggest",
    "view_cases",
]
