"""What stands between words, in the reader's language: where Chinese runs on, English wants a space too."""

from django.utils.translation import gettext as _


def listed(*parts: str) -> str:
    """What there is of ``parts``, in one breath: 电话，实质答复."""
    return _("，").join(part for part in parts if part)


def in_turn(*parts: str) -> str:
    """What there is of ``parts``, one after the other: 没有按时反馈；已暂记 200 元."""
    return _("；").join(part for part in parts if part)


def alike(*parts: str) -> str:
    """What there is of ``parts``, all of one kind: 座机、工号、姓氏."""
    return _("、").join(part for part in parts if part)


def headed(head: object, said: object) -> str:
    """联系电话：电话位数不够."""
    return _("{head}：{said}").format(head=head, said=said)
