"""Finding people without opening what is sealed: keyed 64-bit tokens in an indexed array column.

Equal values have equal tokens, so the column supports equality and nothing else. The key is not the sealing key: who
holds a dump cannot try out the ten billion phone numbers.
"""

import hmac
import re
from collections.abc import Callable

from kefu.privacy import names, phones
from kefu.privacy.keys import lookup_key

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·〇]+")
_LATIN = re.compile(r"[a-zü]+(?:[ '’-][a-zü]+)*")
_TAIL = re.compile(r"[0-9]{4}")
_PHONE_LIKE = re.compile(r"[+(]?[0-9][0-9 ()./-]{4,30}")


def _signer() -> Callable[[str], int]:
    """Return HMAC-SHA256 under the lookup key, cut to a signed 64-bit number."""
    key, sign = lookup_key(), hmac.digest

    def token_of(message: str) -> int:
        return int.from_bytes(sign(key, message.encode(), "sha256")[:8], "big", signed=True)

    return token_of


def token(tag: str, value: str) -> int:
    """Return the token of a tagged value, e.g. ("tail", "5678"): signed 64 bit. Raises KeysMissing."""
    return _signer()(f"{tag}:{value}")


def tokens_for_person(name: str = "", phone: str = "") -> list[int]:
    """Return what a person is found by: whole phone, its last four digits, name, pinyin, initials.

    A phone that is none is left out, not refused: data of other companies are full of them.
    """
    sign = _signer()
    tokens = []
    number = _digits(phone)
    if number:
        tokens = [sign(f"phone:{number}"), sign(f"tail:{number[-4:]}")]
    folded = names.fold(name)
    if folded:
        tokens.append(sign(f"name:{folded}"))
        for reading, letters in names.spellings(folded):
            tokens.append(sign(f"pinyin:{reading}"))
            tokens.append(sign(f"initials:{letters}"))
    return list(dict.fromkeys(tokens))


def tokens_for_query(text: str) -> list[int]:
    """Return the tokens any of which a person must have to be found by this search term.

    Four digits are a phone's end, more are a phone, Chinese is a name, letters are pinyin or its initials.
    Anything else finds nobody: the list is empty.
    """
    sign = _signer()
    term = names.fold(text)
    if _TAIL.fullmatch(term):
        return [sign(f"tail:{term}")]
    if _PHONE_LIKE.fullmatch(term):
        number = _digits(term)
        return [sign(f"phone:{number}")] if number else []
    if _HAN.fullmatch(term):
        return [sign(f"name:{term}")]
    if _LATIN.fullmatch(term):
        letters = names.fold_pinyin(term)
        return list(
            dict.fromkeys(
                (
                    sign(f"name:{term}"),
                    sign(f"pinyin:{letters}"),
                    sign(f"initials:{letters}"),
                )
            )
        )
    return []


def _digits(phone: str) -> str:
    number = phones.mobile(phone)
    if number is None and phone:
        try:
            number = phones.digits(phones.normalise(phone))
        except phones.PhoneRefused:
            return ""
    return number or ""
