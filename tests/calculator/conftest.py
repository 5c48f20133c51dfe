"""Every kind of decision with every shipped rulebook, in both languages."""

import re

import pytest
from django.utils import translation

from kefu.policy.calculations import calculations
from kefu.policy.rulebook import load_all

KINDS = list(calculations())
BOOKS = load_all()
CHINESE = re.compile("[\\u3400-\\u9fff]")
# A name as only the program knows it: with an underscore, or a key of the table of sentences.
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b|\b(?:step|fact|unit|total)\.[a-z]")


@pytest.fixture(autouse=True)
def chinese():
    """Whatever language a page of the test before was asked for in."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture(params=["zh-hans", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


def foreign(text, language):
    """What a reader of the language cannot read: Chinese in English, a raw name in either."""
    raw = RAW.search(text)
    if language == "en":
        return CHINESE.search(text) or raw
    return raw
