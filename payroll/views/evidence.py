"""What proves something, as a browser gets it."""

from django.http import Http404, HttpResponse

from kefu.privacy.fields import SealedFile
from payroll.models.evidence import Evidence

ENDINGS = {
    Evidence.Media.JPEG: "jpg",
    Evidence.Media.PDF: "pdf",
    Evidence.Media.WAV: "wav",
    Evidence.Media.MP3: "mp3",
    Evidence.Media.M4A: "m4a",
    Evidence.Media.AMR: "amr",
}


def served(row: Evidence, name: str, *, small: bool) -> HttpResponse:
    """Photos and recordings on the page, papers as files: a PDF is never a page of ours. Raises Http404."""
    if small and not row.is_photo:
        raise Http404
    content: SealedFile = row.thumbnail if small else row.photo
    as_file = "attachment" if row.media == Evidence.Media.PDF else "inline"
    ending = ENDINGS[Evidence.Media(row.media)]
    headers = {
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{as_file}; filename="{name}.{ending}"',
    }
    return HttpResponse(content.open(), content_type=row.media, headers=headers)
