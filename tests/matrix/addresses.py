"""Every address there is, read from the URL resolver: nobody keeps a list of them."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

API = "api/v1/"
VERBS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


def addresses() -> Iterator[tuple[str, URLPattern, str]]:
    """Each address as ``parcels/<slug:number>/``, its pattern and its name with the namespaces before it."""
    yield from _below(get_resolver(), "", "")


def _below(resolver: URLResolver, home: str, space: str) -> Iterator[tuple[str, URLPattern, str]]:
    for one in resolver.url_patterns:
        place = home + _plain(one)
        if isinstance(one, URLResolver):
            yield from _below(one, place, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            yield place, one, f"{space}{one.name or ''}"


def _plain(one: URLPattern | URLResolver) -> str:
    text = str(one.pattern)
    return simplify_regex(text).lstrip("/") if hasattr(one.pattern, "_is_endpoint") else text


def doors() -> set[str]:
    """Each door of the REST API as ``POST network-queries/<pk>/answer/``, with the verbs it offers."""
    return {
        f"{verb} {place.removeprefix(API)}"
        for place, pattern, _name in addresses()
        if place.startswith(API)
        for verb in _offered(pattern.callback)
    }


def _offered(callback: Any) -> set[str]:
    """The verbs a view of REST framework answers to. HEAD comes with GET; OPTIONS it has, and refuses."""
    actions = getattr(callback, "actions", None)
    names = set(actions) if actions else {n for n in dir(callback.cls) if n.upper() in VERBS}
    return {name.upper() for name in names & set(callback.cls.http_method_names)} - {
        "HEAD",
        "OPTIONS",
    }
