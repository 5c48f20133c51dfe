"""The house's set words for a reply, and words that it had better do without."""

from datetime import datetime

from inquiries.complaint_rules import offers
from kefu.cases.models import Case, Interaction
from kefu.policy.phrases import Script, banned_words, scripts
from kefu.policy.requirements import offered
from kefu.rulebooks.selectors import edition_in_force, edition_saying
from kefu.staff.models import Employee

WRITTEN = {Interaction.Channel.CHAT, Interaction.Channel.OA}


def unadvised_words(*, case: Case, text: str, channel: str, now: datetime) -> list[str]:
    """Return the words of the department's list that a written reply contains (ES-203.04).

    What was said on the phone or at the counter has been said.
    """
    if channel not in WRITTEN:
        return []
    return banned_words(text, edition_in_force(department_id=case.department_id, at=now).rules)


def set_words(
    *, case: Case, employee: Employee | None, language: str, now: datetime
) -> list[Script]:
    """Return what the department's rulebook has everybody say (ES-203.07, ES-203.20).

    An agent goes by the name customers know him by (ES-203.03), else by his number.
    """
    if employee is None:
        return []
    using = edition_in_force(department_id=case.department_id, at=now)
    return scripts(using.rules, agent=employee.nickname or employee.number, language=language)


def call_script(*, department_id: int | None, number: str, now: datetime) -> list[str]:
    """Return how a call begins and ends, with the agent's own number (CD-05.01); customers hear Chinese. [] where no
    rulebook here says it.
    """
    using = edition_saying(offers("call_script"), department_id=department_id, at=now)
    items = offered(using.rules, "call_script").items if using else ()
    return [item.zh.replace("{staff_number}", number) for item in items]
