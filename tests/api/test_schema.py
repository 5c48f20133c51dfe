"""The document partners generate their programs from, and the page they read it on."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from kefu.api.views import _document

pytestmark = pytest.mark.django_db

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_document_in_the_repository_is_the_one_the_code_makes(tmp_path):
    made = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(made), fail_on_warn=True, validate=True)

    assert made.read_text() == DOCUMENT.read_text(), "run: make openapi"


def test_the_document_tells_all_operations_with_their_refusals(client):
    document = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()

    assert document["openapi"].startswith("3.1")
    operations = {
        (path, method): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {
        ("/api/v1/changes/", "get"),
        ("/api/v1/appeals/", "get"),
        ("/api/v1/appeals/", "post"),
        ("/api/v1/appeals/{id}/", "get"),
        ("/api/v1/appeals/{id}/evidence/", "post"),
        ("/api/v1/appeals/{id}/evidence/{number}/", "get"),
        ("/api/v1/appeals/{id}/second-instance/", "post"),
        ("/api/v1/appeals/{id}/withdraw/", "post"),
        ("/api/v1/claims/", "get"),
        ("/api/v1/claims/{id}/", "get"),
        ("/api/v1/complaints/", "get"),
        ("/api/v1/complaints/{id}/", "get"),
        ("/api/v1/contact-numbers/", "get"),
        ("/api/v1/contact-numbers/", "post"),
        ("/api/v1/contact-numbers/{id}/", "get"),
        ("/api/v1/deadlines/", "get"),
        ("/api/v1/deadlines/{id}/", "get"),
        ("/api/v1/network-queries/", "get"),
        ("/api/v1/network-queries/", "post"),
        ("/api/v1/network-queries/answers/", "post"),
        ("/api/v1/network-queries/bulk/", "post"),
        ("/api/v1/network-queries/{id}/", "get"),
        ("/api/v1/network-queries/{id}/answer/", "post"),
        ("/api/v1/network-queries/{id}/withdraw/", "post"),
        ("/api/v1/penalties/", "get"),
        ("/api/v1/penalties/{id}/", "get"),
        ("/api/v1/reachability/", "get"),
        ("/api/v1/waybills/{id}/", "get"),
        ("/api/v1/webhooks/", "get"),
        ("/api/v1/webhooks/", "post"),
        ("/api/v1/webhooks/{id}/", "get"),
        ("/api/v1/webhooks/{id}/deliveries/", "get"),
        ("/api/v1/webhooks/{id}/pause/", "post"),
        ("/api/v1/webhooks/{id}/remove/", "post"),
        ("/api/v1/webhooks/{id}/resend/", "post"),
        ("/api/v1/webhooks/{id}/resume/", "post"),
        ("/api/v1/webhooks/{id}/rotate/", "post"),
        ("/api/v1/webhooks/{id}/test/", "post"),
        ("/api/v1/receipt-requests/", "get"),
        ("/api/v1/receipt-requests/", "post"),
        ("/api/v1/receipt-requests/{id}/", "get"),
        ("/api/v1/receipt-requests/{id}/answer/", "post"),
        ("/api/v1/parcel-messages/", "get"),
        ("/api/v1/parcel-messages/", "post"),
        ("/api/v1/parcel-messages/bulk/", "post"),
        ("/api/v1/parcel-messages/replies/", "post"),
        ("/api/v1/parcel-messages/{id}/", "get"),
        ("/api/v1/parcel-messages/{id}/replies/", "post"),
        ("/api/v1/statements/", "get"),
        ("/api/v1/statements/{id}/", "get"),
        ("/api/v1/statements/{id}/lines/", "get"),
        ("/api/v1/statements/{id}/pdf/", "get"),
        ("/api/v1/statements/{id}/xlsx/", "get"),
        ("/api/v1/statements/{id}/confirm/", "post"),
    }
    for (_path, method), operation in operations.items():
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"])
        assert list(operation["responses"]["401"]["content"]) == ["application/problem+json"]
        assert operation["security"] == [{"key": []}]
        headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post")
        signed = {"X-Kefu-Timestamp", "X-Kefu-Nonce", "X-Kefu-Signature"}
        assert headers & signed == (signed if method == "post" else set())
        assert "RateLimit-Remaining" in operation["responses"]["403"]["headers"]


def test_the_page_runs_no_script_of_its_own(client):
    page = client.get("/api/v1/docs/")
    script = client.get("/api/v1/docs/?script=")

    assert page.status_code == 200
    text = page.content.decode()
    assert "<style" not in text
    assert "style=" not in text
    assert text.count("<script") == text.count("<script src=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()


def test_a_wrong_call_of_the_document_is_a_problem_too(client):
    for place in ("/api/v1/", "/api/v1/schema/", "/api/v1/docs/"):
        answer = client.post(place)
        assert answer.status_code == 405
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "反馈收到的查询"), ("en", "Answer")])
def test_the_page_of_the_doors_tells_every_operation_in_the_reader_s_language(
    client, language, words
):
    document = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    operations = [each for methods in document["paths"].values() for each in methods.values()]

    page = client.get("/api/v1/", headers={"Accept": "text/html", "Accept-Language": language})

    assert page.status_code == 200
    text = page.content.decode()
    assert words in text
    for operation in operations:
        assert f'<article id="{operation["operationId"]}">' in text
    assert "results[].costs[].clause" in text
    assert "CD03-1120-18" in text  # of an example
    assert "style=" not in text
    assert text.count("<script") == text.count('<script type="module" src=')
    places = re.findall(r'(?:src|href)="(.*?)"', text)
    assert all(re.match("#|/(?!/)", place) for place in places), "nothing from another address"


def test_the_page_of_the_doors_has_no_heading_left_in_chinese_for_who_reads_english(client):
    page = client.get("/api/v1/", headers={"Accept-Language": "en"}).content.decode()

    headings = re.findall("<(?:h[1234]|summary)>(.*?)</", page)

    assert len(headings) > 20
    assert not [heading for heading in headings if re.search("[\u4e00-\u9fff]", heading)]


def test_the_document_is_drawn_up_once_in_each_language(client):
    def document(language):
        asked = {"Accept": "application/json", "Accept-Language": language}
        return client.get("/api/v1/schema/", headers=asked).content

    first, english = document("zh-hans"), document("en")
    before = _document.cache_info().misses

    assert document("zh-hans") == first != english
    assert _document.cache_info().misses == before
