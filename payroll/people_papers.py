"""The papers of joining: the offer letter and the written confirmation, as PDF."""

from datetime import datetime

from django.utils.translation import gettext as _

from kefu import pdf
from kefu.network.selectors import our_company
from kefu.policy.clauses import Fields
from kefu.rulebooks.wording import value_in_words
from payroll.models import OfferLetter, Probation
from payroll.selectors import joining as selectors
from payroll.selectors.joining import edition_of_process


def offer_letter(letter: OfferLetter, now: datetime) -> bytes:
    """Which post, where, from when, for how much, what to bring (ES-123.01, ES-123.02). Raises pdf.NoFont."""
    candidate, vacancy = letter.candidate, letter.candidate.vacancy
    facts = [
        (_("姓名"), candidate.sealed["name"]),
        (_("编号"), letter.number),
        (_("部门"), str(vacancy.department)),
        (_("岗位"), str(vacancy.position)),
        (_("报到日期"), f"{letter.starts_on:%Y-%m-%d}"),
        (_("基本工资"), f"{letter.base:,.2f}" if letter.base else _("按岗位工资表")),
    ]
    blocks: list[pdf.Block] = [
        pdf.Words(_("您已通过我公司考核，现通知您按下列约定前来报到。")),
        pdf.Facts(facts),
    ]
    if wanted := _to_bring(vacancy.department_id, now):
        rows = [(str(number), what) for number, what in enumerate(wanted, 1)]
        blocks += [pdf.Heading(_("报到时请带")), pdf.Rows(("", _("材料")), rows, (1, 8))]
    blocks.append(pdf.Words(_("逾期没有报到又没有联系的，本通知作废。")))
    blocks.append(pdf.Signatures((_("办公室（盖章）"), _("本人签收"))))
    return pdf.draw(pdf.Paper(_("录取通知书"), letter.number, our_company().name, blocks))


def _to_bring(department_id: int, now: datetime) -> list[str]:
    using = edition_of_process("joining", department_id, now)
    if using is None:
        return []
    names = [
        name
        for clause in using.rules.in_force(Fields)
        if clause.form == "joining_documents"
        for name in clause.fields or ()
    ]
    photos = selectors.photos_wanted(using.rules)
    words = {name: value_in_words("fields", name) for name in names}
    if "photos" in words:
        words["photos"] = _("%(what)s %(n)d 张") % {"what": words["photos"], "n": photos}
    return list(words.values())


def confirmation(probation: Probation) -> bytes:
    """The letter by which the manager takes somebody on for good (ES-125.01). Raises pdf.NoFont."""
    employee = probation.employment.employee
    assert probation.confirmed_on is not None  # the page asks for a confirmed one only
    facts = [
        (_("员工"), str(employee)),
        (_("编号"), probation.confirmation),
        (_("部门"), str(employee.department)),
        (_("岗位"), str(employee.position)),
        (_("入职日期"), f"{probation.employment.hired_on:%Y-%m-%d}"),
        (_("试用至"), f"{probation.ends_on:%Y-%m-%d}"),
        (_("转正日期"), f"{probation.confirmed_on:%Y-%m-%d}"),
        (_("批准人"), str(probation.confirmed_by)),
    ]
    blocks: list[pdf.Block] = [
        pdf.Words(_("试用期评估通过，现书面通知转为正式员工。")),
        pdf.Facts(facts),
        pdf.Signatures((_("经理"), _("办公室（盖章）"), _("本人签收"))),
    ]
    return pdf.draw(pdf.Paper(_("转正通知书"), probation.confirmation, our_company().name, blocks))
