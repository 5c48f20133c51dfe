"""The document against a running server: Schemathesis makes up calls from the one and sends them to the other."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as made_up
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from claims.models import Claim
from faults.house import house
from inquiries import services as inquiries
from inquiries.models import Complaint
from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.appeals import services as appeals
from kefu.appeals.models import Appeal
from kefu.cases.models import Case, Interaction
from kefu.parcels.models import Scan
from kefu.webhooks import services as webhooks
from kefu.webhooks.models import Endpoint
from problem_parcels.models import ReceiptRequest
from problem_parcels.services import receipt_requests
from tests import centre as world
from tests.api.conftest import ask
from tests.appeals.conftest import PDF
from tests.claims.conftest import furnish
from tests.conftest import fresh_database
from tests.statements.conftest import Books

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
    ]
)
IN_BULK = {
    f"/api/v1/{door}/"
    for door in (
        "network-queries/bulk",
        "network-queries/answers",
        "parcel-messages/bulk",
        "parcel-messages/replies",
    )
}
schema = schemathesis.openapi.from_path(DOCUMENT)


class Server:
    """A running server, and an outlet that knows objects of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = clock.now()
        self.centre = world.build(now=self.now)
        asked = ask(self.centre, now=self.now)
        self.ids = {
            "/api/v1/network-queries/": conceal("network_query", asked.pk),
            "/api/v1/receipt-requests/": conceal("receipt_request", self._receipt().pk),
            "/api/v1/deadlines/": conceal("deadline", asked.deadline_id),
            **self._statement(asked.case),
            "/api/v1/appeals/": conceal("appeal", self._appeal().pk),
            "/api/v1/claims/": conceal("claim", self._claim().pk),
            "/api/v1/complaints/": conceal("complaint", self._complaint().pk),
            "/api/v1/webhooks/": conceal("webhook", self._webhook().pk),
            "/api/v1/waybills/": self.centre.waybill.number,
        }

    def _webhook(self) -> Endpoint:
        """Nothing is ever sent there: nobody sends in this house."""
        endpoint, _secret = webhooks.register(
            party=self.centre.chengdu,
            url="https://wd.example/kefu",
            types=["query.asked"],
            actor=self.centre.chen.user,
            now=self.now,
        )
        return endpoint

    def _claim(self) -> Claim:
        return furnish(self.centre).register(now=self.now).claim

    def _complaint(self) -> Case:
        return inquiries.file_complaint(
            cause=Complaint.Cause.OTHER,
            text="一直没有人回复",
            against=self.centre.chengdu,
            channel="phone",
            asker="customer",
            department=self.centre.query_desk,
            owner=None,
            actor=self.centre.lin.user,
            now=self.now,
        )

    def _appeal(self) -> Appeal:
        case = ask(self.centre, now=self.now).case
        today = self.now.astimezone(clock.SHANGHAI)
        fine = Books(self.centre, case, clock=None).fine("50.00", f"{today:%Y-%m-%d %H:%M:%S}")
        appeal = appeals.file(
            penalty=fine, party=self.centre.chengdu, reason="已按时答复", actor=None, now=self.now
        )
        appeals.add_evidence(appeal=appeal, upload=BytesIO(PDF), actor=None, now=self.now)
        return appeal

    def _statement(self, case: Case) -> dict[str, str]:
        """A fine of last month, on a statement that was issued this month."""
        books = Books(self.centre, case, clock=None)
        first = self.now.astimezone(clock.SHANGHAI).date().replace(day=1)
        before = first - timedelta(days=1)
        fine = books.fine("200.00", f"{before} 10:00:00")
        drawn = books.draw(before.replace(day=1))
        assert drawn is not None
        statement = books.issue(drawn, f"{first} 02:00:00")
        return {
            "/api/v1/penalties/": conceal("penalty", fine.pk),
            "/api/v1/statements/": conceal("statement", statement.pk),
        }

    def _receipt(self) -> ReceiptRequest:
        parcel, yesterday = self.centre.waybill, self.now - timedelta(days=1)
        for kind in ("arrived", "signed"):
            Scan.objects.create(
                waybill_number=parcel.number, kind=kind, at=yesterday, place="成都武侯三部"
            )
        return receipt_requests.ask_for_receipt(
            waybill=parcel,
            asking=self.centre.company,
            service=ReceiptRequest.Service.LOOKUP,
            channel=Interaction.Channel.PHONE,
            department=self.centre.query_desk,
            owner=self.centre.lin,
            actor=self.centre.lin.user,
            now=self.now,
        )

    def secret(self) -> str:
        """A key that has not called yet: none of these calls shall meet the limit of a minute."""
        _key, secret = keys.issue_key(
            party=self.centre.chengdu,
            name="业务系统",
            scopes=ApiKey.Scope.values,
            expires_at=None,
            actor=self.centre.chen.user,
            now=self.now,
        )
        return secret

    def post(self, path: str, body: dict[str, str]) -> None:
        """Make an object by its own door, and know its id from then on."""
        headers = {"Authorization": f"Bearer {self.secret()}", "Idempotency-Key": path}
        made = requests.post(self.url + path, json=body, headers=headers, timeout=20)
        assert made.status_code == 201, made.text
        self.ids[path] = made.json()["id"]

    def known_id(self, path: str) -> str | None:
        return next((known for prefix, known in self.ids.items() if path.startswith(prefix)), None)


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    patch = pytest.MonkeyPatch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with django_db_blocker.unblock():
        patch.setattr(settings, "KEFU_NOW", None)
        patch.setattr(keys, "MOST_KEYS", 10_000)  # a new one for each call
        try:
            made = Server(f"http://127.0.0.1:{port}")
            with house(tmp_path_factory.mktemp("house"), port=port) as running:
                running.start("redis", "web")
                parcel = made.centre.waybill.number
                made.post(
                    "/api/v1/parcel-messages/",
                    {"waybill_number": parcel, "problem": "damaged_outside", "text": "请核实"},
                )
                tomorrow = made.now.astimezone(clock.SHANGHAI).date() + timedelta(days=1)
                made.post(
                    "/api/v1/contact-numbers/",
                    {"kind": "complaint", "number": "13800004545", "effective_on": str(tomorrow)},
                )
                yield made
        finally:
            patch.undo()
            fresh_database(connection.settings_dict["NAME"])


@pytest.fixture
def secret(server: Server) -> str:
    return server.secret()


@schema.parametrize()
@made_up(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_each_answer_is_one_the_document_tells_of(case, server, secret):
    known = server.known_id(case.path)
    if (
        known
        and "id" in case.path_parameters
        and case.meta.generation.mode == GenerationMode.POSITIVE
    ):
        case.path_parameters["id"] = known
    case.headers["Authorization"] = f"Bearer {secret}"

    wanted = CHECKS
    if case.path in IN_BULK:
        # A bad item refuses itself only, and the answer to the whole is 200 (tests/api/test_bulk.py).
        wanted = [check for check in CHECKS if check.__name__ != "negative_data_rejection"]
    answer = case.call_and_validate(base_url=server.url, checks=wanted)

    assert answer.status_code != 429, "who is turned away at the gate has proved nothing"


def test_each_address_with_an_id_is_asked_for_one_that_is_there(server):
    """Calls with made-up ids alone would see nothing but 404."""
    unknown = [path for path in schema if "{" in path and not server.known_id(path)]

    assert not unknown, f"make an object of these in Server: {unknown}"


def test_an_answer_that_the_document_does_not_tell_of_is_noticed(server, secret):
    """The checks of the test above can fail: the same call, and a document without its answer."""
    told = yaml.safe_load(DOCUMENT.read_text())
    path, headers = "/api/v1/claims/", {"Authorization": f"Bearer {secret}"}
    del told["paths"][path]["get"]["responses"]["200"]

    case = schemathesis.openapi.from_dict(told)[path]["GET"].Case(headers=headers)

    with pytest.raises(FailureGroup) as seen:
        case.call_and_validate(base_url=server.url, checks=CHECKS)

    assert [one.title for one in seen.value.exceptions] == ["Undocumented status code"]
    schema[path]["GET"].Case(headers=headers).call_and_validate(base_url=server.url, checks=CHECKS)
