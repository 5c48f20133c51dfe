"""The warehouse's shifts: leave the store to the next, the keys with it, and the door locked."""

from collections.abc import Collection as Several
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.rulebooks.services import require
from kefu.staff.models import Employee
from problem_parcels.models import (
    KeyMove,
    LockUpLine,
    LockUpTick,
    ProblemParcel,
    ShiftHandOver,
    StoreKey,
)
from problem_parcels.selectors import shifts as selectors
from problem_parcels.selectors.store import warehouse_edition

NOTE_LIMIT, NAME_LIMIT, LINE_LIMIT = 2_000, 40, 120  # characters
# All that lies in the store passes to whoever takes over; who kept it until then stays on record.
NEXT_KEEPER = """
WITH passed AS (
    UPDATE problem_parcels_stay SET keeper_id = %(taker)s
    WHERE left_at IS NULL AND place = %(place)s AND keeper_id <> %(taker)s
    RETURNING id
)
INSERT INTO problem_parcels_staykeeping (stay_id, keeper_id, since, by_id)
SELECT id, %(taker)s, %(now)s, %(by)s FROM passed
"""


# Hand-over.


@transaction.atomic
def sign_over(
    *,
    giver: Employee,
    on: date,
    shift: str,
    note: str,
    keys: Several[StoreKey] = (),
    actor: Any,
    now: datetime,
) -> ShiftHandOver:
    """The one signature: whoever gives writes down what is open and leaves it to the next shift.

    ``keys``: those of his that go with it. Raises NotAllowed for somebody else's name, Conflict for a shift
    that was handed over or has not begun. Source: CD-04.29.
    """
    _own_hand(giver, actor)
    using = warehouse_edition(at=now)
    note = redact.clean(note, max_length=NOTE_LIMIT, field="note")
    if (on, shift) not in {(t.on, t.shift) for t in selectors.begun(now=now, rules=using.rules)}:
        raise Conflict(_("这一班还没有开始，或者过去太久了"), code="no_such_shift", field="shift")
    held = {held.key.pk for held in selectors.held_keys() if held.holder == giver}
    if strange := [key for key in keys if key.pk not in held]:
        raise Conflict(
            _("%(key)s 不在你手里") % {"key": strange[0]}, code="key_elsewhere", field="keys"
        )
    items = {
        **selectors.open_items(),
        "keys": [{"id": key.pk, "name": key.name} for key in keys],
    }
    try:
        with transaction.atomic():
            return ShiftHandOver.objects.create(
                on=on,
                shift=shift,
                giver=giver,
                giver_signed_at=now,
                sealed={"note": note},
                note=redact.redact(note),
                open_items=items,
                rulebook_id=using.version_id,
            )
    except IntegrityError as error:
        there = ShiftHandOver.objects.filter(on=on, shift=shift, withdrawn_at=None).first()
        if there is None:
            raise
        raise Conflict(
            _("%(who)s 已经为这一班交班签名") % {"who": there.giver}, code="signed_over"
        ) from error


def _own_hand(who: Employee, actor: Any) -> None:
    if who.user_id != actor.pk:
        raise NotAllowed(_("只能由本人签名"))


@transaction.atomic
def take_back(*, hand_over: ShiftHandOver, actor: Any, now: datetime) -> ShiftHandOver:
    """Whoever signed takes it back before anybody took over, to write it anew."""
    hand_over = _lock(hand_over)
    _own_hand(hand_over.giver, actor)
    if hand_over.taker_id is not None or hand_over.withdrawn_at is not None:
        raise Conflict(_("已经接班，不能撤回"), code="taken_over")
    hand_over.withdrawn_at = now
    hand_over.save(update_fields=["withdrawn_at"])
    return hand_over


@transaction.atomic
def take_over(
    *, hand_over: ShiftHandOver, taker: Employee, actor: Any, now: datetime
) -> ShiftHandOver:
    """The other signature, by somebody else's own hand: from now on he keeps what lies there, and the keys.

    Raises NotAllowed for somebody else's name, Conflict: same_person, taken_over. Source: CD-04.03, CD-04.29.
    """
    _own_hand(taker, actor)
    hand_over = _lock(hand_over)
    if hand_over.withdrawn_at is not None:
        raise Conflict(_("交班人已撤回，请他重新签"), code="withdrawn")
    if hand_over.taker is not None:
        raise Conflict(_("%(who)s 已经接班") % {"who": hand_over.taker}, code="taken_over")
    if hand_over.giver_id == taker.pk:
        raise Conflict(_("交班和接班要两个人签，不能自己接自己的班"), code="same_person")
    require(
        edition(hand_over.rulebook_id).rules,
        "shift_handover",
        open_items=hand_over.open_items,
        giver_signature=hand_over.giver_signed_at,
        taker_signature=now,
    )
    hand_over.taker, hand_over.taker_signed_at = taker, now
    hand_over.save(update_fields=["taker", "taker_signed_at"])
    with connection.cursor() as cursor:
        cursor.execute(
            NEXT_KEEPER,
            {
                "taker": taker.pk,
                "place": ProblemParcel.Place.WAREHOUSE,
                "now": now,
                "by": actor.pk,
            },
        )
    signed = {key["id"] for key in hand_over.open_items["keys"]}
    list(StoreKey.objects.select_for_update().filter(pk__in=signed).order_by("pk"))
    KeyMove.objects.bulk_create(
        KeyMove(key=held.key, holder=taker, moved_at=now, moved_by=actor)
        for held in selectors.held_keys()
        if held.key.pk in signed and held.holder == hand_over.giver  # not gone elsewhere since
    )
    return hand_over


def _lock(hand_over: ShiftHandOver) -> ShiftHandOver:
    return (
        ShiftHandOver.objects.select_for_update(of=["self"])
        .select_related("giver", "taker")
        .get(pk=hand_over.pk)
    )


# Keys.


@transaction.atomic
def add_key(*, name: str, actor: Any, now: datetime) -> StoreKey:
    """Put a key on the register. Raises Conflict: key_known for a name that is on it."""
    _lead(actor)
    name = redact.clean(name, max_length=NAME_LIMIT, field="name", multiline=False, required=True)
    key, first = StoreKey.objects.get_or_create(
        name=name, defaults={"added_at": now, "added_by": actor}
    )
    if not first:
        raise Conflict(_("已经有这把钥匙"), code="key_known", field="name")
    return key


@transaction.atomic
def move_key(*, key: StoreKey, holder: Employee | None, actor: Any, now: datetime) -> KeyMove:
    """A key goes to somebody, or back into its box (None); where it was stays on record."""
    key = StoreKey.objects.select_for_update().get(pk=key.pk)
    if key.retired_at is not None:
        raise Conflict(_("这把钥匙已停用"), code="key_retired")
    last = key.moves.order_by("-moved_at", "-pk").first()
    if (last.holder if last else None) == holder:
        raise Conflict(_("钥匙已经在那里"), code="key_there", field="holder")
    return KeyMove.objects.create(key=key, holder=holder, moved_at=now, moved_by=actor)


def retire_key(*, key: StoreKey, actor: Any, now: datetime) -> None:
    _lead(actor)
    StoreKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=now)


# The door at night.


def add_line(*, text: str, text_en: str = "", actor: Any, now: datetime) -> LockUpLine:
    """One more line of the house on the lock-up list."""
    _lead(actor)
    return LockUpLine.objects.create(
        text=redact.clean(
            text, max_length=LINE_LIMIT, field="text", multiline=False, required=True
        ),
        text_en=redact.clean(text_en, max_length=LINE_LIMIT, field="text_en", multiline=False),
        added_at=now,
        added_by=actor,
    )


def retire_line(*, line: LockUpLine, actor: Any, now: datetime) -> None:
    """The line holds no longer from this evening on; what was ticked stays."""
    _lead(actor)
    LockUpLine.objects.filter(pk=line.pk, retired_at=None).update(retired_at=now)


def _lead(actor: Any) -> None:
    if not actor.has_perm("problem_parcels.override_store"):
        raise NotAllowed(_("由组长或主管办理"))


@transaction.atomic
def tick(*, code: str, employee: Employee, actor: Any, now: datetime) -> LockUpTick:
    """Tick one line of this evening's list: who and when. ``code`` as the list calls the line.

    Raises Conflict: ticked for one that is, not_yet where something comes first. Source: CD-04.10, CD-04.11.
    """
    _own_hand(employee, actor)
    rules = warehouse_edition(at=now).rules
    on = selectors.working_day(now=now, rules=rules)
    line = next((one for one in selectors.lock_up(on=on, rules=rules) if one.code == code), None)
    if line is None:
        raise KefuError(_("清单上没有这一行"), code="no_such_line", field="code")
    if not line.ready:
        raise Conflict(_("还有驾驶员没提完，提完再整理仓库"), code="not_yet")
    of_house = code.isdigit()
    done, first = LockUpTick.objects.get_or_create(  # CD-04.10, CD-04.11
        on=on,
        clause="" if of_house else code,
        line_id=int(code) if of_house else None,
        defaults={"ticked_at": now, "ticked_by": employee},
    )
    if not first:
        raise Conflict(_("%(who)s 已经勾过") % {"who": done.ticked_by}, code="ticked")
    return done
