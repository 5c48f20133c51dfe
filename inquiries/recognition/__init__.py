"""Reading a pasted chat or a block of waybill numbers: what is in it, how sure we are, and what belongs together.

Pure: text in, findings out. Whether a number exists is for the caller to find out (``slips.near_variants``). Every
pattern is bounded, so the time is linear in the length of the text.
"""

from collections.abc import Collection

from django.utils.translation import gettext as _

from inquiries.recognition.found import Positions, Recognised, once
from inquiries.recognition.groups import group
from inquiries.recognition.kinds import find_kinds
from inquiries.recognition.lines import HALF_WIDTH, lines_of
from inquiries.recognition.names import find_names, firm_of
from inquiries.recognition.times import find_times
from inquiries.recognition.waybills_and_phones import find_numbers
from kefu.errors import KefuError

MAX_CHARACTERS = 20_000
MAX_NUMBERS = 500


class TextTooLong(KefuError):
    code = "paste_too_long"


class TooManyNumbers(KefuError):
    code = "paste_too_many_numbers"


def recognise(
    text: str, *, lengths: Collection[int] = (12,), most: int = MAX_NUMBERS
) -> Recognised:
    """Find what an agent would mark in a pasted text. ``lengths``: how many digits a waybill number has here.

    Raises TextTooLong beyond 20,000 characters and TooManyNumbers beyond ``most`` different waybill numbers.
    """
    if len(text) > MAX_CHARACTERS:
        raise TextTooLong(
            _("最多粘贴 %(most)d 个字，请分几次粘贴") % {"most": MAX_CHARACTERS}, field="text"
        )
    folded = text.translate(HALF_WIDTH)  # one character for one, so that positions stay
    lines = lines_of(folded)
    waybills, calls = find_numbers(text, folded, lengths)
    taken = Positions((*waybills, *calls))
    names = find_names(text, folded, lines, taken)
    times = find_times(text, folded, lines, taken)
    kinds = find_kinds(text, folded)
    different = once(waybills)
    if len(different) > most:
        raise TooManyNumbers(
            _("最多 %(most)d 个单号，现在有 %(count)d 个，请用导入")
            % {"most": most, "count": len(different)},
            field="text",
        )
    written = sorted((name for name in names if name.role == "writer"), key=lambda name: name.start)
    people = once(names)
    return Recognised(
        text=text,
        waybills=different,
        phones=once(calls),
        names=people,
        times=once(times),
        kinds=once(kinds),
        groups=group(text, folded, lines, different, calls, names, times, kinds),
        writer=next((name for name in people if written and name.value == written[0].value), None),
        writer_firm=firm_of(text, lines, written),
    )
