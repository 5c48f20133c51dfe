"""Steps of a decision as a page shows them, and files to save."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language

from kefu.policy.explanation import explain
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import edition

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def told(steps: Iterable[Mapping[str, Any]], version_id: int) -> dict[str, Any]:
    """The kept steps line by line, and the rulebook they rest on."""
    language, using = get_language() or "zh-hans", edition(version_id)
    return {
        "lines": explain((Step.from_json(step) for step in steps), language),
        "rulebook": using.rules.name(language),
        "version": using.number,
    }


def workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response
