"""What leaves the house about a person: a look that is on record, a file that no browser keeps."""

from collections.abc import Sequence

from django.http import HttpResponse

from kefu.audit import services as audit
from kefu.audit.context import address_of, request_id
from kefu.workbench.door import DeskRequest
from kefu.workbench.frame import door_time

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


def record_look(
    request: DeskRequest, table: str, key: object, fields: Sequence[str], *, reason: str = "pay"
) -> None:
    """That somebody looks at what is another's is on record before the page leaves."""
    audit.record_reveal(
        table=table,
        object_id=key,
        fields=list(fields),
        reason=reason,
        actor=request.user,
        at=door_time(request),
        address=address_of(request),
        request_id=request_id(),
    )


def download(content: bytes, kind: str, name: str, *, how: str = "attachment") -> HttpResponse:
    """``name``: ASCII, without anybody's name. ``how``: "inline" for what is to be printed from the browser."""
    headers = {
        "Content-Disposition": f'{how}; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=kind, headers=headers)
