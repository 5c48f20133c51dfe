"""Row numbers as partners see them: opaque, so that nobody counts or guesses other partners' rows.

One AES block holds a tag of the kind and the number; only we can make or open it. The key comes from
``KEFU_LOOKUP_KEY``: with another lookup key partners would have to fetch their ids anew.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kefu.privacy.keys import lookup_key


@lru_cache(maxsize=2)
def _cipher(secret: bytes) -> Cipher[modes.ECB]:
    key = hmac.digest(secret, b"kefu.api.public_ids", "sha256")
    # A single block with a tag inside: the mode has nothing to chain.
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305


def _tag(kind: str) -> bytes:
    return hashlib.sha256(kind.encode()).digest()[:8]


def conceal(kind: str, number: int) -> str:
    """Return the public id of a row: 26 lower-case letters and digits."""
    encryptor = _cipher(lookup_key()).encryptor()
    block = encryptor.update(_tag(kind) + number.to_bytes(8, "big")) + encryptor.finalize()
    return base64.b32encode(block).decode().rstrip("=").lower()


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
