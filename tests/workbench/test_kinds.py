"""What a kind of case adds to the pages of all cases, and what they are without it."""

import pytest
from django.test import Client
from django.urls import reverse

from kefu.cases import services as cases
from kefu.workbench import kinds
from kefu.workbench.forms import EscalateForm, NoteForm
from kefu.workbench.kinds import CaseKind, Tab, next_step
from kefu.workbench.steps import Act, Step
from tests import centre as tests

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(settings):
    settings.KEFU_NOW = tests.at("14:00:00")
    return settings.KEFU_NOW


@pytest.fixture
def centre(now):
    return tests.build(now=now)


@pytest.fixture
def lin(centre):
    client = Client()
    client.force_login(centre.lin.user)
    return client


@pytest.fixture
def shown_as():
    """Show inquiries as another kind for the length of a test."""
    before = kinds._kinds["inquiry"]
    yield lambda kind: kinds.register("inquiry", kind)
    kinds.register("inquiry", before)


def test_a_kind_that_adds_nothing_has_what_every_case_has(lin, centre, now, shown_as):
    case = centre.inquiry(now=now)
    shown_as(CaseKind())

    page = lin.get(reverse("workbench:case", args=[case.number])).content.decode()
    url = reverse("workbench:step", args=[case.number, "transfer"])

    assert url in page
    assert "三天没有扫描" in page
    assert 'data-compose="note"' in page
    assert page.count("data-compose=") == page.count("data-compose-tab=") == 1
    assert lin.get(url).status_code == 200
    for name in ("feedback", "complaint", "close"):
        url = reverse("workbench:step", args=[case.number, name])
        assert url not in page
        assert lin.get(url).status_code == 404
    preview = lin.get(reverse("workbench:preview", args=[case.number])).content.decode()
    assert f"{reverse('workbench:case', args=[case.number])}#reply" not in preview


def _weigh(act: Act) -> str:
    cases.step(case=act.case, action="weighed", weight=act.given["note"], **act.common)
    return "称过了"


class Weighed(CaseKind):
    steps = {"weigh": Step("过磅", "记下", EscalateForm, _weigh)}
    words = {"weighed": "称得 {kg} 公斤"}

    def read(self, case):
        return {"scale": "三号秤"}

    def values(self, line):
        return {"kg": line.data.get("weight", "")}

    def next_steps(self, facts):
        return [next_step(facts.case, "weigh", f"在{facts.own['scale']}过磅", "z")]

    def tabs(self, facts):
        return [Tab("ask", "问仓库", "q", "cases/_compose_note.html", NoteForm(auto_id="ask-%s"))]


def test_a_kind_brings_its_own_steps_forms_and_words(lin, centre, now, shown_as):
    case = centre.inquiry(now=now)
    shown_as(Weighed())
    url = reverse("workbench:step", args=[case.number, "weigh"])

    page = lin.get(reverse("workbench:case", args=[case.number])).content.decode()
    answer = lin.post(url, {"note": "20"})

    assert "在三号秤过磅" in page
    assert page.index('data-compose-tab="ask"') < page.index('data-compose-tab="note"')
    assert answer.status_code == 200
    assert "称得 20 公斤" in answer.content.decode()
