"""The warehouse's shifts: whose turn it is, what one leaves to the next, the keys and the door at night."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from kefu.workbench.door import DeskRequest, employee_of
from kefu.workbench.frame import door_time
from problem_parcels.forms import store as forms
from problem_parcels.models import KeyMove, LockUpLine, ShiftHandOver
from problem_parcels.selectors import shifts as selectors
from problem_parcels.selectors.store import warehouse_edition
from problem_parcels.services import shifts as services
from problem_parcels.views.door import act, sent, store_only
from problem_parcels.views.store import _page

MOVES_SHOWN = 20


@store_only
def shift(request: DeskRequest) -> HttpResponse:
    """Whose turn it is, how the last shifts were handed over, and the form by which one gives over."""
    now, me = door_time(request), employee_of(request)
    rules = warehouse_edition(at=now).rules
    standings = selectors.standings(now=now, rules=rules)
    signed = {
        (one.on.isoformat(), one.shift)
        for one in ShiftHandOver.objects.filter(withdrawn_at=None).only("on", "shift")[:10]
    }
    free = [
        (f"{turn.on.isoformat()} {turn.shift}", turn)
        for turn in selectors.begun(now=now, rules=rules)
        if (turn.on.isoformat(), turn.shift) not in signed
    ]
    turns = dict(free)
    mine = [held.key for held in selectors.held_keys() if held.holder == me]
    form = forms.HandOverForm(
        request.POST or None,
        turns=[
            (value, _("{on} {shift}").format(on=f"{t.on:%m-%d}", shift=t.label))
            for value, t in free
        ],
        keys=mine,
    )

    def sign(given: dict[str, Any]) -> str:
        turn = turns[given["turn"]]
        services.sign_over(
            giver=me,
            on=turn.on,
            shift=turn.shift,
            note=given["note"],
            keys=list(given["keys"]),
            actor=request.user,
            now=now,
        )
        return _("已签名交班，等接班人用自己的账号签")

    if request.method == "POST" and sent(request, form, sign):
        return redirect("problem_parcels:store_shift")
    evening, unlocked = selectors.not_locked_up(now=now, rules=rules)
    latest = ShiftHandOver.objects.filter(taker__isnull=False).select_related("taker").first()
    return _page(
        request,
        "shift.html",
        "shift",
        422 if form.errors else 200,
        turns=selectors.turns_now(now=now, rules=rules),
        latest=latest,
        standings=standings,
        items=selectors.open_items(),
        form=form,
        free=free,
        me=me,
        evening=evening,
        unlocked=unlocked,
    )


@store_only
def hand_over(request: DeskRequest, pk: int) -> HttpResponse:
    """One hand-over, to take over, to take back, to print."""
    now, me = door_time(request), employee_of(request)
    one = get_object_or_404(
        ShiftHandOver.objects.visible_to(request.user).select_related("giver", "taker"), pk=pk
    )

    def take(_given: dict[str, Any]) -> str:
        services.take_over(hand_over=one, taker=me, actor=request.user, now=now)
        return _("已接班，库里的件现在由你保管")

    def back(_given: dict[str, Any]) -> str:
        services.take_back(hand_over=one, actor=request.user, now=now)
        return _("已撤回，请重新写")

    if request.method == "POST":
        steps = {"take": (None, take), "back": (None, back)}
        return act(request, steps, "problem_parcels:store_hand_over", pk)
    return _page(
        request, "hand_over.html", "shift", one=one, me=me, items_now=selectors.open_items()
    )


@store_only
def keys(request: DeskRequest) -> HttpResponse:
    """Who holds which key, and this evening's lock-up list."""
    now, me = door_time(request), employee_of(request)
    rules = warehouse_edition(at=now).rules
    who = {"actor": request.user, "now": now}

    def add_key(given: dict[str, Any]) -> str:
        return _("已登记钥匙 {key}").format(key=services.add_key(name=given["name"], **who))

    def move_key(given: dict[str, Any]) -> str:
        move = services.move_key(key=given["key"], holder=given["holder"], **who)
        if move.holder is None:
            return _("{key} 已放回钥匙盒").format(key=move.key)
        return _("{key} 已交给 {who}").format(key=move.key, who=move.holder)

    def retire_key(given: dict[str, Any]) -> str:
        services.retire_key(key=given["key"], **who)
        return _("已停用 {key}").format(key=given["key"])

    def add_line(given: dict[str, Any]) -> str:
        line = services.add_line(text=given["text"], text_en=given["text_en"], **who)
        return _("清单加了一行：{line}").format(line=line)

    def tick(_given: dict[str, Any]) -> str:
        services.tick(code=request.POST.get("code", "")[:16], employee=me, **who)
        return _("已勾")

    def retire_line(_given: dict[str, Any]) -> str:
        code = request.POST.get("code", "")
        line = get_object_or_404(LockUpLine, pk=int(code) if code.isdecimal() else 0)
        services.retire_line(line=line, **who)
        return _("已去掉：{line}").format(line=line)

    if request.method == "POST":
        steps = {
            "add-key": (forms.KeyForm, add_key),
            "move": (forms.MoveForm, move_key),
            "retire-key": (forms.MoveForm, retire_key),
            "add-line": (forms.LineForm, add_line),
            "tick": (None, tick),
            "retire-line": (None, retire_line),
        }
        return act(request, steps, "problem_parcels:store_keys")
    on = selectors.working_day(now=now, rules=rules)
    evening, unlocked = selectors.not_locked_up(now=now, rules=rules)
    return _page(
        request,
        "keys.html",
        "keys",
        keys=selectors.held_keys(),
        moves=KeyMove.objects.select_related("key", "holder", "moved_by")[:MOVES_SHOWN],
        on=on,
        lock_up=selectors.lock_up(on=on, rules=rules),
        evening=evening,
        unlocked=unlocked,
        move_form=forms.MoveForm(auto_id=False),
        key_form=forms.KeyForm(),
        line_form=forms.LineForm(),
        may_edit=request.user.has_perm("problem_parcels.override_store"),
        me=me,
    )
