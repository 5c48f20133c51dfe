"""Browsers in which somebody of an outlet is signed in."""

import html
import re

import pytest
from django.test import Client

from kefu.partners import services
from tests import centre as world

HOME = "/outlet/"


@pytest.fixture
def now(settings):
    settings.KEFU_NOW = world.at("14:00:00")
    return settings.KEFU_NOW


@pytest.fixture
def centre(now, db):
    return world.build(now=now)


@pytest.fixture
def open_for(centre, now):
    """``open_for(centre.chengdu)``: a browser in which somebody of this outlet is signed in."""

    def open_for(party, username="wuhou"):
        account, password = services.open_account(
            party=party, username=username, name="值班", actor=centre.chen.user, now=now
        )
        browser = Client()
        browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        browser.account, browser.password = account, password
        return browser

    return open_for


@pytest.fixture
def chengdu(centre, open_for):
    return open_for(centre.chengdu)


def hidden(page, name):
    """What the page keeps in a hidden field; "" where there is nothing."""
    return html.unescape(
        re.search(rf'name="{name}"(?: value="([^"]*)")?', page.content.decode())[1] or ""
    )
