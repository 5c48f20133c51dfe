"""Come on duty, show oneself busy, go home; take people on, give them an office, let them go."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

from allauth.mfa.models import Authenticator
from axes.utils import reset as axes_reset
from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import Missing
from kefu.privacy import names
from kefu.rulebooks.services import require
from kefu.staff import passwords, selectors
from kefu.staff.models import Avatar, Department, Duty, Employee, Position, SeatAlarm, User
from kefu.staff.permissions import OFFICE
from kefu.staff.pictures import avatar_png

# Offices that decide about money or people: given and taken by a manager only.
APPOINTED = {User.Role.SUPERVISOR, User.Role.MANAGER, User.Role.HR, User.Role.FINANCE}
READABLE = "abcdefghjkmnpqrstuvwxyzACDEFHJKLMNPQRTUVWXY34679"


@transaction.atomic
def come_on_duty(*, employee: Employee, now: datetime) -> Duty:
    """Start a stay at the desk; one already open goes on. A suspended agent has none (ES-204.05)."""
    if employee.status != Employee.Status.ACTIVE:
        raise Conflict(_("%(who)s 已停岗，不能上岗") % {"who": employee})
    return Duty.objects.get_or_create(
        employee=employee,
        ended_at=None,
        defaults={"started_at": now, "seat_since": now},
    )[0]


@transaction.atomic
def set_seat(
    *, employee: Employee, seat: Duty.Seat, rules: Rulebook, actor: Any, now: datetime
) -> Duty:
    """Switch a seat between available and busy.

    In the evening the rulebook wants some seats to stay available: the last of them to go busy is
    refused. Source: CD-03.09, CD-03.10.
    """
    duty = _lock_duties().get(employee.pk) or come_on_duty(employee=employee, now=now)
    if duty.seat == seat:
        return duty
    if seat == Duty.Seat.BUSY and (
        missed := selectors.seats_missed(employee=employee, rules=rules, now=now)
    ):
        raise Conflict(
            _("{what}。先请一位同事转为在线，再示忙").format(what=selectors.seats_in_words(missed)),
            code="last_open_seat",
        )
    audit.record(
        action="seat",
        actor=actor,
        at=now,
        table="staff_duty",
        object_id=duty.pk,
        before={"seat": duty.seat, "since": duty.seat_since.isoformat()},
        after={"seat": seat},
    )
    duty.seat, duty.seat_since = seat, now
    duty.save(update_fields=["seat", "seat_since"])
    return duty


@transaction.atomic
def go_off_duty(*, employee: Employee, now: datetime) -> None:
    """End the stay at the desk. Nobody is kept back; of a seat that has to stay open and now is missing
    the leads hear at once (CD-03.09, CD-03.10).
    """
    _lock_duties()
    missed = selectors.seats_missed_after(employee=employee, now=now)
    Duty.objects.filter(employee=employee, ended_at=None).update(ended_at=now)
    if missed:
        for lack in missed:
            _first_told(lack, now=now)
        others = selectors.lead_ids() - {employee.user_id}
        _ring(others, missed, now=now, who=str(employee))


@transaction.atomic
def tell_missing_seats(*, now: datetime) -> int:
    """Tell the leads which seats that have to stay open are missing; return how many that were.

    A gap that begins before its clause holds is nobody's leave, and no other step sees it. Each is told
    once a day, and not again where ``go_off_duty`` has told it. Source: CD-03.09, CD-03.10.
    """
    missing = [lack for lack in selectors.seats_missing(now=now) if _first_told(lack, now=now)]
    if missing:
        _ring(selectors.lead_ids(), missing, now=now)
    return len(missing)


def _first_told(lack: Missing, *, now: datetime) -> bool:
    """Whether nobody has been told of this seat today; of two who ask at once, one is the first."""
    return SeatAlarm.objects.get_or_create(
        day=now.astimezone(SHANGHAI).date(),
        clause=lack.clause,
        seat=lack.name,
        defaults={"told_at": now},
    )[1]


def _ring(leads: Iterable[int], missing: Iterable[Missing], *, now: datetime, **data: str) -> None:
    notifications.ring(
        kind=Event.Kind.SEAT_MISSING,
        at=now,
        user_ids=leads,
        data={**data, "missing": [lack.to_json() for lack in missing]},
    )


def _lock_duties() -> dict[int, Duty]:
    """The open stays by employee, held until the end: of two who go at once the second sees the first gone."""
    open_stays = Duty.objects.select_for_update().filter(ended_at=None).order_by("pk")
    return {duty.employee_id: duty for duty in open_stays}


def may_manage(actor: Any, user: User) -> bool:
    """Whether ``actor`` may change this account: never his own, and high offices only by a manager."""
    if actor.pk == user.pk or not actor.has_perm("staff.edit_staff"):
        return False
    if user.is_superuser:
        return bool(actor.is_superuser)
    return _may_grant(actor, User.Role(user.role))


def _may_grant(actor: Any, role: User.Role) -> bool:
    """Whoever decides about money or people is appointed by a manager."""
    return role not in APPOINTED or actor.is_superuser or actor.role == User.Role.MANAGER


def _need_right(actor: Any, *, user: User | None = None, role: User.Role | None = None) -> None:
    if not actor.has_perm("staff.edit_staff"):
        raise NotAllowed(_("只有主管和人事可以办理人员"))
    if user is not None and actor.pk == user.pk:
        raise NotAllowed(_("不能办理自己的账号，请找另一位主管或人事"))
    if (user is not None and not may_manage(actor, user)) or (
        role is not None and not _may_grant(actor, role)
    ):
        raise NotAllowed(_("主管、经理、人事和财务的账号要由经理办理"))


@transaction.atomic
def hire(
    *,
    number: str,
    name: str,
    role: User.Role,
    department: Department,
    position: Position,
    channels: list[str],
    nickname: str = "",
    avatar: Avatar | None = None,
    extension: str = "",
    actor: Any,
    now: datetime,
) -> tuple[Employee, str]:
    """Take on an employee: his party, his account (user name = 工号) and his file, in one.

    Returns the employee and his first password, which is kept nowhere in plain: tell it once.
    """
    _need_right(actor, role=role)
    number, name = number.strip(), name.strip()
    if role == User.Role.OUTLET:
        raise KefuError(_("网点账号不是员工"), code="not_an_employee", field="role")
    if not number or not name:
        raise KefuError(_("请填工号和姓名"), code="required", field="number")
    if User.objects.filter(username=number).exists() or Party.objects.filter(code=number).exists():
        raise Conflict(
            _("工号 %(number)s 已经有人用了") % {"number": number},
            code="number_taken",
            field="number",
        )
    party = Party.objects.create(
        kind=Party.Kind.EMPLOYEE,
        code=number,
        name=name,
        pinyin=names.pinyin(name),
        initials=names.initials(name),
    )
    password = new_password()
    user = User.objects.create_user(
        number, password=password, first_name=name, role=role, party=party, is_staff=role in OFFICE
    )
    passwords.remember(user, now=now, told=True)
    employee = Employee(
        user=user,
        party=party,
        number=number,
        name=name,
        department=department,
        position=position,
        channels=channels,
        nickname=nickname,
        avatar=avatar,
        extension=extension,
    )
    _need_online_account(employee, now=now)
    employee.save()
    _record(
        "hired", employee, actor=actor, now=now, after={"role": role, "department": department.code}
    )
    return employee, password


@transaction.atomic
def amend(*, employee: Employee, actor: Any, now: datetime) -> None:
    """Save what was changed in an employee's file; account and party bear the same name."""
    _need_right(actor)
    _need_online_account(employee, now=now)
    employee.save()
    Party.objects.filter(pk=employee.party_id).update(
        name=employee.name,
        pinyin=names.pinyin(employee.name),
        initials=names.initials(employee.name),
    )
    User.objects.filter(pk=employee.user_id).update(first_name=employee.name)


def _need_online_account(employee: Employee, *, now: datetime) -> None:
    """Who answers online does so under the company's avatar and nickname (ES-203.03)."""
    if Employee.Channel.ONLINE not in employee.channels:
        return
    rules = selectors.rules_of(employee, now=now)
    if rules is not None:
        require(rules, "online_account", avatar=employee.avatar_id, nickname=employee.nickname)


@transaction.atomic
def add_avatar(*, name: str, picture: bytes, actor: Any, now: datetime) -> Avatar:
    """Take up one of the company's pictures, drawn anew (``kefu.staff.pictures``). It is never changed."""
    _need_right(actor)
    png = avatar_png(BytesIO(picture))
    return Avatar.objects.create(name=name, png=png, added_by=actor, added_at=now)


@transaction.atomic
def set_role(*, employee: Employee, role: User.Role, actor: Any, now: datetime) -> None:
    """Give somebody another office; what he may do follows at his next click."""
    _need_right(actor, user=employee.user, role=role)
    if role == User.Role.OUTLET:
        raise KefuError(_("网点账号不是员工"), code="not_an_employee", field="role")
    before = employee.user.role
    employee.user.role, employee.user.is_staff = role, role in OFFICE
    employee.user.save(update_fields=["role", "is_staff"])
    _record(
        "role_changed",
        employee,
        actor=actor,
        now=now,
        before={"role": before},
        after={"role": role},
    )


@transaction.atomic
def suspend(*, employee: Employee, reason: str, actor: Any, now: datetime) -> None:
    """Take somebody off the desk for a while: no cases, no duty (ES-204.05). He may still sign in.

    Refused while open cases are his: their clocks would run on, and cost him.
    """
    _need_right(actor, user=employee.user)
    _need_no_open_cases(employee)
    _change_status(
        employee, Employee.Status.SUSPENDED, {Employee.Status.ACTIVE}, reason, actor, now
    )
    go_off_duty(employee=employee, now=now)


@transaction.atomic
def reinstate(*, employee: Employee, reason: str, actor: Any, now: datetime) -> None:
    """Back to the desk."""
    _need_right(actor, user=employee.user)
    _change_status(
        employee, Employee.Status.ACTIVE, {Employee.Status.SUSPENDED}, reason, actor, now
    )


@transaction.atomic
def dismiss(*, employee: Employee, reason: str, actor: Any, now: datetime) -> None:
    """Somebody leaves for good: his account closes, which ends his sessions at once.

    Refused while open cases are his: nobody would answer them.
    """
    _need_right(actor, user=employee.user)
    _need_no_open_cases(employee)
    close_access(employee=employee, reason=reason, actor=actor, now=now)


@transaction.atomic
def close_access(*, employee: Employee, reason: str, actor: Any, now: datetime) -> None:
    """What leaving does to an account, for a use case that has looked at rights and open cases itself; ``actor``
    None: a day that was named before has come.
    """
    working = {Employee.Status.ACTIVE, Employee.Status.SUSPENDED}
    _change_status(employee, Employee.Status.LEFT, working, reason, actor, now)
    go_off_duty(employee=employee, now=now)
    user = employee.user
    user.is_active = user.is_staff = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "is_staff", "password"])
    notifications.publish(kind=Event.Kind.ACCOUNT_CLOSED, at=now, user_id=user.pk)


@transaction.atomic
def take_back(*, employee: Employee, reason: str, actor: Any, now: datetime) -> None:
    """Somebody who left comes back under his old number, as an agent; he needs a new first password and, for a
    higher office, an appointment.
    """
    _need_right(actor, user=employee.user)
    _change_status(employee, Employee.Status.ACTIVE, {Employee.Status.LEFT}, reason, actor, now)
    user = employee.user
    user.is_active, user.role, user.is_staff = True, User.Role.AGENT, False
    user.save(update_fields=["is_active", "role", "is_staff"])


@transaction.atomic
def move(
    *, employee: Employee, department: Department, position: Position, actor: Any, now: datetime
) -> None:
    """The department and the post that hold now, as the file has them; ``actor`` None: the day has come."""
    before = {"department": employee.department.code, "position": str(employee.position)}
    employee.department, employee.position = department, position
    employee.save(update_fields=["department", "position"])
    after = {"department": department.code, "position": str(position)}
    if after != before:
        _record("moved", employee, actor=actor, now=now, before=before, after=after)


def _need_no_open_cases(employee: Employee) -> None:
    left = employee.cases.exclude(state="closed").count()
    if left:
        raise Conflict(
            _("%(who)s 名下还有 %(n)d 张未结工单，请先移交") % {"who": employee, "n": left},
            code="has_open_cases",
        )


@transaction.atomic
def reset_password(*, employee: Employee, actor: Any, now: datetime) -> str:
    """Give a new first password, to be told once; every session under the old one ends."""
    _need_right(actor, user=employee.user)
    if employee.status == Employee.Status.LEFT:
        raise Conflict(_("%(who)s 已离职，账号已停用") % {"who": employee})
    password = new_password()
    employee.user.set_password(password)
    employee.user.save(update_fields=["password"])
    User.objects.filter(pk=employee.user_id).update(password_told=True)
    employee.user.password_told = True
    _record("password_reset", employee, actor=actor, now=now)
    return password


@transaction.atomic
def remove_second_factor(*, employee: Employee, actor: Any, now: datetime) -> None:
    """The phone is lost: he sets up a new second factor after his next sign-in."""
    _need_right(actor, user=employee.user)
    removed, _per_model = Authenticator.objects.filter(user=employee.user).delete()
    if not removed:
        raise Conflict(_("%(who)s 没有设两步验证") % {"who": employee})
    _record("second_factor_removed", employee, actor=actor, now=now)


@transaction.atomic
def unlock_sign_in(*, employee: Employee, actor: Any, now: datetime) -> None:
    """Forget the failed sign-ins that locked somebody out."""
    _need_right(actor, user=employee.user)
    axes_reset(username=employee.user.username)
    _record("sign_in_unlocked", employee, actor=actor, now=now)


def _change_status(
    employee: Employee,
    to: Employee.Status,
    allowed_from: set[Employee.Status],
    reason: str,
    actor: Any,
    now: datetime,
) -> None:
    before = employee.status
    if not Employee.objects.filter(pk=employee.pk, status__in=allowed_from).update(status=to):
        raise Conflict(
            _("%(who)s 现在是“%(state)s”，不能这样办")
            % {"who": employee, "state": employee.get_status_display()}
        )
    employee.status = to
    _record(
        "status_changed",
        employee,
        actor=actor,
        now=now,
        before={"status": before},
        after={"status": to},
        reason=reason,
    )


def _record(action: str, employee: Employee, *, actor: Any, now: datetime, **what: Any) -> None:
    audit.record(
        action=action, actor=actor, at=now, table="staff_employee", object_id=employee.pk, **what
    )


def new_password() -> str:
    """Twelve characters that cannot be mistaken for one another on paper or the phone."""
    return "".join(secrets.choice(READABLE) for _ in range(12))
