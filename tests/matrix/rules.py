"""Who may open which door of ``/api/v1/``. A door without a row here fails the build, and so does a row without one.

A new door is a line in ``RULES``: its scope, what it answers to the outlet that owns the object, the object that its
address names or that its list holds, and what is sent (parameters of a GET, the body of a POST). Whatever in it names an object is a
``Thing`` instead of a value; fields that name none are in ``PLAIN``. ``test_api.py`` walks the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db.models import Model

from inquiries import services as inquiries
from inquiries.models import Complaint, NetworkQuery
from inquiries.services.lines import log_check
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.appeals import services as appeals
from kefu.appeals.models import Appeal
from kefu.network.models import ContactNumber, Party
from kefu.parcels.models import Scan
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.statements.models import Line
from kefu.webhooks import services as webhooks
from kefu.webhooks.models import Delivery, Endpoint
from problem_parcels import services as parcels
from problem_parcels.models import ContactAttempt
from problem_parcels.services import Attempt, Given, receipt_requests
from tests.appeals.conftest import PDF
from tests.centre import at
from tests.matrix.world import World
from tests.statements.conftest import Books

Scope = ApiKey.Scope


@dataclass(frozen=True, eq=False)
class Thing:
    """An object that a request can name: Chengdu's, one that is not there, and one of the foreign outlet's own.

    ``theirs`` is needed where the foreign outlet's request would otherwise be refused for another reason.
    """

    mine: Callable[[World], str]
    missing: str
    theirs: str = ""
    made_up: bool = False  # by who calls: a good request brings one that is not there yet


@dataclass(frozen=True)
class Rule:
    scope: Scope
    answers: int = 200
    id: Thing | None = None
    holds: Thing | None = None
    send: Mapping[str, Any] | None = None


def public(kind: str) -> Callable[[Callable[[World], Model | str]], Thing]:
    """Make a Thing of a function that makes a row of Chengdu's, or has its public id from the door it was made by."""

    def thing(make: Callable[[World], Model | str]) -> Thing:
        def mine(world: World) -> str:
            made = make(world)
            return made if isinstance(made, str) else conceal(kind, made.pk)

        return Thing(mine, conceal(kind, 2**40))

    return thing


# -- What can be named ------------------------------------------------------------------------


def _asked(world: World) -> NetworkQuery:
    case = world.centre.inquiry(now=world.now)
    lin = world.centre.lin.user
    return inquiries.ask_outlet(
        case=case, outlet=world.chengdu, question="在哪里", actor=lin, now=world.now
    )


@public("network_query")
def received_query(world: World) -> Model:
    return _asked(world)


@public("deadline")
def own_deadline(world: World) -> Model:
    deadline = _asked(world).deadline
    assert deadline is not None
    return deadline


@public("penalty")
def own_penalty(world: World) -> Model:
    return _fined(world)


def _fined(world: World) -> Penalty:
    case = _asked(world).case
    kind, clause = Penalty.Kind.FINE, "CD-05.10"
    return penalties.impose(
        case=case, clause=clause, version_id=case.deadlines.all()[0].rulebook_id, party=world.chengdu,
        kind=kind, value=Decimal("50.00"), actor=world.centre.chen.user, now=world.now,
        inputs={
            "clause": clause, "kind": kind.value, "each": "50.00", "times": 1, "role": "outlet",
            "condition": "verification", "also": [], "follows": "", "causes": [],
        },
    )  # fmt: skip


def _appealed(world: World) -> Appeal:
    penalty = _fined(world)
    return appeals.file(
        penalty=penalty, party=world.chengdu, reason="已按时答复", actor=None, now=world.now
    )


@public("appeal")
def own_appeal(world: World) -> Model:
    return _appealed(world)


@public("appeal")
def proved_appeal(world: World) -> Model:
    appeal = _appealed(world)
    appeals.add_evidence(appeal=appeal, upload=BytesIO(PDF), actor=None, now=world.now)
    return appeal


@public("appeal")
def rejected_appeal(world: World) -> Model:
    appeal, he = _appealed(world), world.centre.he.user
    appeals.decide(appeal=appeal, uphold=False, reason="录音核实过", actor=he, now=world.now)
    return appeal


@public("statement")
def own_statement(world: World) -> Model:
    """Of October, with one fine; issued."""
    books = Books(world.centre, _asked(world).case, clock=None)
    books.fine("200.00", "2026-10-20 10:00:00")
    drawn = books.draw(date(2026, 10, 1))
    assert drawn is not None
    return books.issue(drawn, "2026-11-20 10:00:00")


@public("statement_line")
def own_line(world: World) -> Model:
    world.name_of(own_statement)
    return Line.objects.get()


@public("network_query")
def sent_query(world: World) -> str:
    body = {"waybill_number": world.delivered.number, "question": "少一件", "reference": "CD-1"}
    return world.made("network-queries/", body)


@public("parcel_message")
def received_message(world: World) -> Model:
    lin = world.centre.lin
    tries = [Attempt(ContactAttempt.Outcome.NO_ANSWER, at("13:00"))]
    Scan.objects.create(
        waybill_number=world.arrived.number, kind="delivering", at=at("12:00"), place="扬州本部"
    )
    case = parcels.register(
        number=world.arrived.number,
        given=Given("nobody_home", attempts=tries),
        owner=lin,
        department=lin.department,
        actor=lin.user,
        now=world.now,
    )
    return parcels.post_message(case=case, text="送无人", by=lin, actor=lin.user, now=world.now)


@public("parcel_message")
def sent_message(world: World) -> str:
    return world.made("parcel-messages/", LETTER | {"reference": "CD-1"})


@public("receipt_request")
def wanted_receipt(world: World) -> Model:
    return receipt_requests.ask_for_receipt(
        waybill=world.delivered,
        asking=world.centre.company,
        service="lookup",
        channel="phone",
        department=world.centre.query_desk,
        owner=world.centre.lin,
        actor=world.centre.lin.user,
        now=world.now,
    )


@public("contact_number")
def own_number(world: World) -> str:
    return world.made("contact-numbers/", NUMBER)


@public("complaint")
def own_complaint(world: World) -> Model:
    return inquiries.file_complaint(
        cause=Complaint.Cause.OTHER,
        text="一直没有人回复",
        against=world.chengdu,
        channel="phone",
        asker="customer",
        waybill=world.delivered,
        department=world.centre.query_desk,
        owner=None,
        actor=world.centre.lin.user,
        now=world.now,
    )


@public("line_check")
def own_check(world: World) -> Model:
    world.name_of(own_number)
    number = ContactNumber.objects.filter(party=world.chengdu).latest("pk")
    lin = world.centre.lin.user
    return log_check(number=number, outcome="busy", actor=lin, now=world.now)


@public("claim")
def own_claim(world: World) -> Model:
    return world.claims.register(now=world.now).claim


@public("webhook")
def own_webhook(world: World) -> str:
    return world.made("webhooks/", WEBHOOK)


@public("webhook")
def paused_webhook(world: World) -> Model:
    endpoint = _webhook(world)
    webhooks.pause(endpoint=endpoint, actor=world.centre.chen.user)
    return endpoint


@public("webhook")
def failing_webhook(world: World) -> Model:
    return _dead(world).endpoint


def _dead_letter(world: World) -> str:
    """Chengdu's; and the foreign outlet has one that went just so."""
    world.name_of(failing_webhook)
    mine = Delivery.objects.filter(state="dead").latest("pk")
    theirs = _dead(world, world.foreign)
    Delivery.objects.filter(pk=theirs.pk).update(id=FOREIGN_LETTER)
    return conceal("webhook_delivery", mine.pk)


FOREIGN_LETTER = 2**39
dead_letter = Thing(
    _dead_letter,
    conceal("webhook_delivery", 2**40),
    conceal("webhook_delivery", FOREIGN_LETTER),
)


def _webhook(world: World, party: Party | None = None) -> Endpoint:
    endpoint, _secret = webhooks.register(
        party=party or world.chengdu, **WEBHOOK, actor=world.centre.chen.user, now=world.now
    )
    return endpoint


def _dead(world: World, party: Party | None = None) -> Delivery:
    endpoint, actor = _webhook(world, party), world.centre.chen.user
    delivery = webhooks.send_test(endpoint=endpoint, actor=actor, now=world.now)
    Delivery.objects.filter(pk=delivery.pk).update(
        state="dead", next_at=None, done_at=world.now, tries=14
    )
    return delivery


DELIVERED = Thing(lambda world: world.delivered.number, "880612045999", "880612045602")
SENT = Thing(lambda world: world.sent.number, "770612045999", "770612045602")
# What Chengdu has called its own: another may call something just so.
REFERENCE = Thing(lambda _world: "CD-1", "CD-2", made_up=True)

WEBHOOK = {"url": "https://wd.example/kefu", "types": ["query.asked"]}
NUMBER = {"kind": "complaint", "number": "13800004545", "effective_on": "2026-11-24"}
LETTER = {"waybill_number": "880612045537", "problem": "damaged_outside", "text": "请核实"}

# -- The doors --------------------------------------------------------------------------------

# They say nothing about anybody: everyone may read them.
# They tell only what is committed, so nothing of this world: tests/webhooks/test_feed.py asks as another outlet.
COMMITTED = {"GET changes/"}
OPEN = {"GET ", "GET schema/", "GET docs/"}  # the first is /api/v1/ itself
RULES = {
    "GET changes/": Rule(Scope.READ_CHANGES),
    "GET appeals/": Rule(Scope.READ_APPEALS, holds=own_appeal, send={"penalty": own_penalty}),
    "POST appeals/": Rule(
        Scope.WRITE_APPEALS, 201, send={"penalty": own_penalty, "reason": "已按时答复"}
    ),
    "GET appeals/<pk>/": Rule(Scope.READ_APPEALS, id=own_appeal),
    "POST appeals/<pk>/evidence/": Rule(
        Scope.WRITE_APPEALS, 201, id=own_appeal, send={"file": PDF}
    ),
    "GET appeals/<pk>/evidence/<number>/": Rule(Scope.READ_APPEALS, id=proved_appeal),
    "POST appeals/<pk>/second-instance/": Rule(
        Scope.WRITE_APPEALS, id=rejected_appeal, send={"reason": "录音没有听全"}
    ),
    "POST appeals/<pk>/withdraw/": Rule(Scope.WRITE_APPEALS, id=own_appeal, send={}),
    "GET claims/": Rule(Scope.READ_CLAIMS, holds=own_claim),
    "GET claims/<pk>/": Rule(Scope.READ_CLAIMS, id=own_claim),
    "GET complaints/": Rule(
        Scope.READ_COMPLAINTS, holds=own_complaint, send={"waybill_number": DELIVERED}
    ),
    "GET complaints/<pk>/": Rule(Scope.READ_COMPLAINTS, id=own_complaint),
    "GET reachability/": Rule(Scope.READ_NUMBERS, holds=own_check),
    "GET webhooks/": Rule(Scope.READ_WEBHOOKS, holds=own_webhook),
    "POST webhooks/": Rule(Scope.WRITE_WEBHOOKS, 201, send=WEBHOOK),
    "GET webhooks/<pk>/": Rule(Scope.READ_WEBHOOKS, id=own_webhook),
    "GET webhooks/<pk>/deliveries/": Rule(
        Scope.READ_WEBHOOKS, id=failing_webhook, holds=dead_letter
    ),
    "POST webhooks/<pk>/pause/": Rule(Scope.WRITE_WEBHOOKS, id=own_webhook, send={}),
    "POST webhooks/<pk>/remove/": Rule(Scope.WRITE_WEBHOOKS, id=own_webhook, send={}),
    "POST webhooks/<pk>/resend/": Rule(
        Scope.WRITE_WEBHOOKS, id=failing_webhook, send={"delivery": dead_letter}
    ),
    "POST webhooks/<pk>/resume/": Rule(Scope.WRITE_WEBHOOKS, id=paused_webhook, send={}),
    "POST webhooks/<pk>/rotate/": Rule(Scope.WRITE_WEBHOOKS, id=own_webhook, send={}),
    "POST webhooks/<pk>/test/": Rule(Scope.WRITE_WEBHOOKS, 202, id=own_webhook, send={}),
    "GET waybills/<pk>/": Rule(Scope.READ_WAYBILLS, id=DELIVERED),
    "GET contact-numbers/": Rule(Scope.READ_NUMBERS, holds=own_number),
    "POST contact-numbers/": Rule(Scope.WRITE_NUMBERS, 201, send=NUMBER),
    "GET contact-numbers/<pk>/": Rule(Scope.READ_NUMBERS, id=own_number),
    "GET deadlines/": Rule(Scope.READ_DEADLINES, holds=own_deadline),
    "GET deadlines/<pk>/": Rule(Scope.READ_DEADLINES, id=own_deadline),
    "GET penalties/": Rule(Scope.READ_PENALTIES, holds=own_penalty),
    "GET penalties/<pk>/": Rule(Scope.READ_PENALTIES, id=own_penalty),
    "GET statements/": Rule(Scope.READ_STATEMENTS, holds=own_statement),
    "GET statements/<pk>/": Rule(Scope.READ_STATEMENTS, id=own_statement),
    "GET statements/<pk>/lines/": Rule(Scope.READ_STATEMENTS, id=own_statement, holds=own_line),
    "GET statements/<pk>/pdf/": Rule(Scope.READ_STATEMENTS, id=own_statement),
    "GET statements/<pk>/xlsx/": Rule(Scope.READ_STATEMENTS, id=own_statement),
    "POST statements/<pk>/confirm/": Rule(Scope.WRITE_STATEMENTS, id=own_statement, send={}),
    "GET network-queries/": Rule(
        Scope.READ, holds=received_query, send={"waybill_number": DELIVERED}
    ),
    "POST network-queries/": Rule(
        Scope.WRITE,
        201,
        send={"waybill_number": DELIVERED, "question": "在哪里", "reference": REFERENCE},
    ),
    "POST network-queries/answers/": Rule(
        Scope.WRITE, send={"items": [{"id": received_query, "answer": "在途中"}]}
    ),
    "POST network-queries/bulk/": Rule(
        Scope.WRITE,
        send={
            "items": [{"waybill_number": DELIVERED, "question": "在哪里", "reference": REFERENCE}]
        },
    ),
    "GET network-queries/<pk>/": Rule(Scope.READ, id=received_query),
    "POST network-queries/<pk>/answer/": Rule(
        Scope.WRITE, id=received_query, send={"answer": "在途中"}
    ),
    "POST network-queries/<pk>/withdraw/": Rule(
        Scope.WRITE, id=sent_query, send={"reason": "已找到"}
    ),
    "GET parcel-messages/": Rule(
        Scope.READ_MESSAGES, holds=sent_message, send={"waybill_number": SENT}
    ),
    "POST parcel-messages/": Rule(
        Scope.WRITE_MESSAGES, 201, send=LETTER | {"waybill_number": SENT, "reference": REFERENCE}
    ),
    "POST parcel-messages/bulk/": Rule(
        Scope.WRITE_MESSAGES,
        send={"items": [LETTER | {"waybill_number": SENT, "reference": REFERENCE}]},
    ),
    "POST parcel-messages/replies/": Rule(
        Scope.WRITE_MESSAGES, send={"items": [{"id": received_message, "text": "请退回"}]}
    ),
    "GET parcel-messages/<pk>/": Rule(Scope.READ_MESSAGES, id=sent_message),
    "POST parcel-messages/<pk>/replies/": Rule(
        Scope.WRITE_MESSAGES,
        201,
        id=received_message,
        send={"text": "请退回"},
    ),
    "GET receipt-requests/": Rule(Scope.READ, holds=wanted_receipt),
    "POST receipt-requests/": Rule(
        Scope.WRITE, 201, send={"waybill_number": SENT, "reference": REFERENCE}
    ),
    "GET receipt-requests/<pk>/": Rule(Scope.READ, id=wanted_receipt),
    "POST receipt-requests/<pk>/answer/": Rule(
        Scope.WRITE, id=wanted_receipt, send={"outcome": "produced"}
    ),
}
# Fields and parameters that name no object; with the door before it where elsewhere it would.
PLAIN = {
    "answer", "box", "cause", "clause", "file", "incurred_from", "incurred_to", "contact-numbers/ number", "cursor", "direction", "due_before", "effective_on", "holder", "kind",
    "limit", "month", "note", "open", "order", "outcome",
    "parcel-messages/<pk>/replies/ reference", "parcel-messages/replies/ items.reference",  # the same row of names as a message's
    "types", "url", "problem", "question", "reason", "service", "state", "text",
    "unanswered", "wish",
}  # fmt: skip
