"""Row numbers as partners see them: opaque, so that nobody counts or guesses other partners' rows.

One AES block holds a tag of the kind and the number; only we can make or open it. The key comes from
``KEFU_LOOKUP_KEY``: with another lookup key partners would have to fetch their ids anew.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kefu.privacy.keys import lookup_key


@lru_cache(maxsize=2)
def _cipher(secret: bytes) -> Cipher[modes.ECB]:
    key = hmac.digest(secret, b"kefu.api.public_ids", "sha256")
    # A single block with a tag inside: the mode has nothing to chain.
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305


@lru_cache(maxsize=64)
def _tag(kind: str) -> bytes:
    return hashlib.sha256(kind.encode()).digest()[:8]


def conceal(kind: str, number: int) -> str:
    """Return the public id of a row: 26 lower-case letters and digits."""
    return conceal_all(kind, [number])[0]


def conceal_all(kind: str, numbers: Iterable[int]) -> list[str]:
    """The same for many rows, at a fraction of the time."""
    tag, encryptor = _tag(kind), _cipher(lookup_key()).encryptor()
    plain = b"".join(tag + number.to_bytes(8, "big") for number in numbers)
    blocks = encryptor.update(plain) + encryptor.finalize()
    # In base32 five bytes are eight letters: filled up to twenty, each block is 32 of them for itself.
    filled = b"".join(blocks[at : at + 16] + bytes(4) for at in range(0, len(blocks), 16))
    letters = base64.b32encode(filled).decode().lower()
    return [letters[at : at + 26] for at in range(0, len(letters), 32)]


def reveal(kind: str, public_id: str) -> int:
    """Return the row's number; 0, which no row has, for a text that is no public id of this kind."""
    try:
        block = base64.b32decode(public_id.upper() + "======")
    except (binascii.Error, ValueError):
        return 0
    if len(block) != 16:
        return 0
    decryptor = _cipher(lookup_key()).decryptor()
    plain = decryptor.update(block) + decryptor.finalize()
    number = int.from_bytes(plain[8:], "big")
    # Spare bits and capitals would give one row several names.
    if plain[:8] != _tag(kind) or conceal(kind, number) != public_id:
        return 0
    return number
