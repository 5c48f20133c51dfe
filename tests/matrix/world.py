"""The world of the matrix: Chengdu with an object of everything, a foreign outlet, and all who may knock."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import orjson
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.staff.models import Department, User
from tests import centre as centres
from tests.api.conftest import Outlet
from tests.centre import at
from tests.claims.conftest import furnish

HOME = "/api/v1/"
SCOPES = list(ApiKey.Scope)


@contextmanager
def undone() -> Iterator[None]:
    """What happens in it has not happened: the next one asks the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class World:
    now = at("14:00:00")

    def __init__(self) -> None:
        self.centre = centres.build(now=self.now)
        self.chengdu = self.centre.chengdu
        self.claims = furnish(self.centre)
        for desk in ("warehouse_office", "processing_desk"):
            Department.objects.create(code=desk, name=desk, name_en=desk, desk=desk)
        self.delivered = self.centre.waybill  # by Chengdu
        self.sent = self.claims.lost  # by Chengdu
        for parcel in (self.delivered, self.sent):
            self._signed(parcel)
        self.arrived = self.claims.waybill("770612045505")  # from Chengdu, at our door
        self.foreign = Party.objects.create(kind="outlet", code="WH05", name="武汉汉口五部")
        self._copy(self.delivered, "880612045602", destination=self.foreign)
        self._copy(self.sent, "770612045602", origin=self.foreign)
        self.owner = self.outlet(self.chengdu)
        self.stranger = self.outlet(self.foreign)
        self.nobody = Outlet()
        self.known: dict[Any, str] = {}
        self.refused = list(self._refused())
        self.unsigned = self.outlet(self.chengdu, signed=True)
        self.without = {
            scope: self.outlet(self.chengdu, [each for each in SCOPES if each != scope])
            for scope in SCOPES
        }

    def _signed(self, parcel: Waybill) -> None:
        days = {"arrived": "2026-11-19 07:00", "signed": "2026-11-19 12:00"}
        for kind, when in days.items():
            Scan.objects.create(
                waybill_number=parcel.number, kind=kind, at=at(when), place="成都武侯三部"
            )

    def _copy(self, parcel: Waybill, number: str, **changed: Any) -> None:
        another = Waybill.objects.get(pk=parcel.pk)
        another.pk, another.number, another._state.adding = None, number, True
        for name, value in changed.items():
            setattr(another, name, value)
        another.save()
        self._signed(another)

    def name_of(self, thing: Any) -> str:
        """What Chengdu calls its object by; it is made the first time."""
        if thing not in self.known:
            self.known[thing] = thing.mine(self)
        return self.known[thing]

    def good_name(self, thing: Any) -> str:
        """What Chengdu names in a request that does something."""
        return str(thing.missing) if thing.made_up else self.name_of(thing)

    def made(self, path: str, body: Any) -> str:
        """Chengdu makes it by its own door; return its public id."""
        answer = self.owner.send(HOME + path, body)
        assert answer.status_code == 201, answer.content
        public_id: str = answer.json()["id"]
        return public_id

    # -- Who knocks -------------------------------------------------------------------------------

    def outlet(self, party: Party, scopes: Any = SCOPES, **given: Any) -> Outlet:
        return Outlet(self.key(party, scopes, **given)[1])

    def key(
        self, party: Party, scopes: Any = SCOPES, expires_at: Any = None, **given: Any
    ) -> tuple[ApiKey, str]:
        facts = {"name": "业务系统", "actor": self.centre.chen.user, "now": self.now}
        return keys.issue_key(party=party, scopes=scopes, expires_at=expires_at, **(facts | given))

    def _refused(self) -> Iterator[tuple[str, Outlet, int, str]]:
        """Everybody whom each door turns away: who, its program, the status and the code of the refusal."""
        yield "nobody", Outlet(), 401, "not_authenticated"
        for role in User.Role.values:
            yield f"a session as {role}", self.session(role), 401, "not_authenticated"
        yield "an unknown key", Outlet(f"kf{'x' * 10}.{'x' * 43}"), 401, "key_invalid"
        yield "an expired key", self.expired(), 401, "key_expired"
        yield "a revoked key", self.revoked(), 401, "key_revoked"
        elsewhere = self.outlet(self.chengdu, networks=["203.0.113.7"])
        yield "a key from elsewhere", elsewhere, 403, "address_not_allowed"
        yield "an outlet that was closed", self.closed(), 403, "party_inactive"

    def session(self, role: str) -> Outlet:
        party = {"party": self.chengdu} if role == User.Role.OUTLET else {}
        user = User.objects.create_user(f"matrix-{role}", role=role, is_staff=True, **party)
        client = Outlet()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def expired(self) -> Outlet:
        key, secret = self.key(self.chengdu, expires_at=self.now + timedelta(seconds=1))
        ApiKey.objects.filter(pk=key.pk).update(expires_at=self.now)
        return Outlet(secret)

    def revoked(self) -> Outlet:
        key, secret = self.key(self.chengdu)
        keys.revoke_key(key=key, actor=self.centre.chen.user, now=self.now)
        return Outlet(secret)

    def closed(self) -> Outlet:
        party = Party.objects.create(kind="outlet", code="CQ01", name="重庆一部")
        outlet = self.outlet(party)
        Party.objects.filter(pk=party.pk).update(active=False)
        return outlet


def call(client: Outlet, verb: str, path: str, sent: Any = None, *, undo: bool = True) -> Any:
    """One request, undone unless told otherwise; what is sent goes into the address of a GET and into the body of anything else,
    a form where there are bytes of a file among it.
    """
    more: dict[str, Any] = {"headers": {"Idempotency-Key": str(uuid.uuid4())}}
    if verb in ("GET", "HEAD"):
        more["QUERY_STRING"] = "&".join(f"{name}={value}" for name, value in (sent or {}).items())
    elif files := {k: v for k, v in (sent or {}).items() if isinstance(v, bytes)}:
        form = sent | {k: SimpleUploadedFile(k, v) for k, v in files.items()}
        more |= {"data": encode_multipart(BOUNDARY, form), "content_type": MULTIPART_CONTENT}
    else:
        more |= {"data": orjson.dumps(sent or {}), "content_type": "application/json"}
    with undone() if undo else nullcontext():
        return client.generic(verb, HOME + path, **more)
