"""Many items in one POST: each is done wholly or not at all, and has a result of its own in its place."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import partner_of
from kefu.api.idempotency import Handler, once
from kefu.api.limits import count_items
from kefu.api.problems import described
from kefu.api.schema import Problem
from kefu.api.serializers import Strict
from kefu.api.views import given_by, localised
from kefu.errors import KefuError

MOST = 1_000  # items


class TooManyItems(KefuError):
    code = "too_many_items"
    status = 413


class Items(Strict):
    """The list alone; each item is read by its own form, so that a bad one refuses itself only."""

    items = serializers.ListField(min_length=1)


class Outcome(serializers.Serializer[Any]):
    """What became of one item."""

    index = serializers.IntegerField(help_text=gettext_lazy("第几项，从 0 数起"))
    status = serializers.IntegerField(help_text=gettext_lazy("单独发送时会得到的状态码"))
    problem = Problem(allow_null=True, help_text=gettext_lazy("没有办成的原因；办成的为 null"))


def bulk(handler: Handler) -> Handler:
    """Run a POST of items at most once for its key, after its items were counted as calls.

    They are counted before the transaction: in it the count would be locked for as long as the items take.
    """
    run_once = once(handler)

    @wraps(handler)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        body: Any = request.data
        items = body.get("items")
        if isinstance(items, list):
            if len(items) > MOST:
                message = _("一次最多 %(most)d 项") % {"most": MOST}
                raise TooManyItems(message, field="items")
            partner = partner_of(request)
            count_items(request._request, key=partner.key, items=len(items), now=partner.seen_at)
        return run_once(view, request, *args, **kwargs)

    return answer


def each_of(
    request: Request,
    *,
    form: type[Strict],
    status: int,
    name: str,
    do: Callable[[dict[str, Any]], Mapping[str, Any]],
    keeps: type[KefuError] | tuple[()] = (),
) -> Response:
    """Do every item of the body and tell, under ``name``, the object that came of it.

    ``keeps``: a refusal that had an effect, which stays.
    """
    items = given_by(Items, request)["items"]
    results = [
        {"index": index, name: None, "problem": None, **_one(item, form, status, name, do, keeps)}
        for index, item in enumerate(items)
    ]
    return localised(Response({"results": results}))


def _one(
    item: Any,
    form: type[Strict],
    status: int,
    name: str,
    do: Callable[[dict[str, Any]], Mapping[str, Any]],
    keeps: type[KefuError] | tuple[()],
) -> dict[str, Any]:
    """Do one item in a savepoint. What is nobody's fault but ours is raised and undoes the whole request."""
    try:
        with transaction.atomic():
            try:
                return {"status": status, name: do(_read(item, form))}
            except keeps as error:
                return _refused(error)
    except (KefuError, APIException, Http404, IntegrityError) as error:
        return _refused(error)


def _refused(error: Exception) -> dict[str, Any]:
    refusal, problem, _headers = described(error)
    if refusal >= 500:
        raise error
    return {"status": refusal, "problem": problem}


def _read(item: Any, form: type[Strict]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValidationError({"non_field_errors": [_("应是一个 JSON 对象")]}, code="not_an_object")
    given = form(data=item)
    given.is_valid(raise_exception=True)
    data: dict[str, Any] = given.validated_data
    return data
