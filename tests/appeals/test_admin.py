"""Supervisors decide on the appeal's page, where evidence and explanation stand."""

import pytest
from django.test import Client
from django.urls import reverse

from kefu.audit.models import AuditRow
from tests.appeals.conftest import PDF, attach

pytestmark = pytest.mark.django_db


def test_a_supervisor_reads_the_evidence_and_upholds(centre, fine, filed, clock):
    attach(filed, clock("12:10:00"))
    clock("13:00:00")
    browser = Client()
    browser.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:appeals_appeal_change", args=[filed.pk])

    shown = browser.get(page).content.decode()
    assert "CD-05.10" in shown and "有异议在审议" in shown
    file = reverse("admin:appeals_appeal_evidence", args=[filed.pk, 1])
    assert file in shown
    assert browser.get(file).content == PDF
    assert AuditRow.objects.filter(action="appeal_evidence_seen").count() == 1
    place = reverse("admin:appeals_appeal_uphold_here", args=[filed.pk])
    assert browser.post(place, {"_confirmed": "1", "reason": "否"}).status_code == 422
    answer = browser.post(place, {"_confirmed": "1", "reason": "录音核实过"})

    assert (answer.status_code, answer["Location"]) == (302, page)
    fine.refresh_from_db()
    assert fine.state == "reversed"
    assert browser.get(reverse("admin:appeals_appeal_changelist")).status_code == 200
