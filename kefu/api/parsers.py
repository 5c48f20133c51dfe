"""JSON, one flat object of bounded size; and forms where a door takes files."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser

LARGEST = 256 * 1024  # bytes
LARGEST_BATCH = 4 * 1024 * 1024  # bytes of many items; below what Django reads at all
LARGEST_FORM = 16 * 1024 * 1024  # bytes of a form with a file
DEEPEST = 4  # objects and lists within each other


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"

    def __init__(self, most: int = LARGEST) -> None:
        super().__init__(_("请求内容最多 %(most)d KB") % {"most": most // 1024})


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of at most ``LARGEST`` bytes. NaN, lone surrogates and deep nesting are refused."""

    most = LARGEST

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        charset = (media_type or "").lower().partition("charset=")[2].strip('" ')
        if charset not in ("", "utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "")
        body = stream.read(self.most + 1)
        if len(body) > self.most:
            raise BodyTooLarge(self.most)
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(
                _("不是有效的 JSON（第 %(line)d 行，第 %(column)d 列）")
                % {"line": error.lineno, "column": error.colno},
                code="malformed_json",
            ) from error
        if not isinstance(data, dict):
            raise ParseError(_("请求内容应是一个 JSON 对象"), code="not_an_object")
        if _depth(data) > DEEPEST:
            raise ParseError(_("JSON 嵌套过深"), code="too_deep")
        return data


class BatchParser(StrictJSONParser):
    """The same for a door that takes many items."""

    most = LARGEST_BATCH


class FilesParser(MultiPartParser):
    """A form with files; refused by its length before anything is read."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
            raise BodyTooLarge(LARGEST_FORM)
        return super().parse(stream, media_type, parser_context)


def _depth(data: object) -> int:
    """How many objects and lists lie within each other, counted no further than one too many."""
    level, depth = [data], 0
    while depth <= DEEPEST:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
        if not any(isinstance(inner, dict | list) for inner in level):
            break
    return depth
