"""Sealing: AES-256-GCM over compact JSON, or over a file as it is.

A blob is: version (1 byte), length of the key id (1 byte), key id (ASCII), nonce (12 random bytes), ciphertext and tag.
The associated data is "table.column": a blob moved into another column does not open.
"""

import os
from collections.abc import Iterable, Mapping

import orjson
from cryptography.exceptions import InvalidTag
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.privacy.keys import KeyRing, encryption_keys

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class SealBroken(KefuError):
    """The blob was altered, cut off, or belongs to another column."""

    code = "seal_broken"
    status = 500

    def __init__(self, aad: str) -> None:
        super().__init__(_("加密数据已损坏，不能读取，请联系系统管理员"), column=aad)


def seal(values: Mapping[str, str], aad: str, *, ring: KeyRing | None = None) -> bytes:
    """Return ``values`` sealed under the current key; nothing to protect is an empty blob.

    Raises TypeError for anything but text under text, KeysMissing without keys.
    """
    return seal_many((values,), aad, ring=ring)[0]


def seal_many(
    values: Iterable[Mapping[str, str]], aad: str, *, ring: KeyRing | None = None
) -> list[bytes]:
    """Seal one blob each, in order: the way for imports."""
    ring = ring or encryption_keys()
    begins = header(ring.current_id)
    encrypt, random, dumps, associated = (
        ring.current.encrypt,
        os.urandom,
        orjson.dumps,
        aad.encode(),
    )
    blobs = []
    for row in values:
        if not row:
            blobs.append(b"")
            continue
        for key, value in row.items():
            if type(key) is not str or type(value) is not str:
                raise TypeError(
                    f"{aad}: only text can be sealed, not {type(value).__name__} {key!r}"
                )
        nonce = random(NONCE_BYTES)
        blobs.append(begins + nonce + encrypt(nonce, dumps(row), associated))
    return blobs


def unseal(blob: bytes | memoryview, aad: str, *, ring: KeyRing | None = None) -> dict[str, str]:
    """Open a blob. Raises SealBroken, KeyUnknown, or KeysMissing."""
    blob = bytes(blob)
    if not blob:
        return {}
    values: dict[str, str] = orjson.loads(_open(blob, aad, ring or encryption_keys()))
    return values


def seal_bytes(content: bytes, aad: str, *, ring: KeyRing | None = None) -> bytes:
    """Return a file's content sealed in the same way, as it is; an empty one is an empty blob."""
    if not content:
        return b""
    ring = ring or encryption_keys()
    nonce = os.urandom(NONCE_BYTES)
    return header(ring.current_id) + nonce + ring.current.encrypt(nonce, content, aad.encode())


def unseal_bytes(blob: bytes | memoryview, aad: str, *, ring: KeyRing | None = None) -> bytes:
    """Open what ``seal_bytes`` made. Raises SealBroken, KeyUnknown, or KeysMissing."""
    blob = bytes(blob)
    return _open(blob, aad, ring or encryption_keys()) if blob else b""


def reseal(blob: bytes | memoryview, aad: str, *, ring: KeyRing | None = None) -> bytes | None:
    """Return the blob under the current key, or None if it already is (or is empty)."""
    blob = bytes(blob)
    ring = ring or encryption_keys()
    if not blob or _read_header(blob, aad)[0] == ring.current_id:
        return None
    return seal_bytes(_open(blob, aad, ring), aad, ring=ring)


def key_id(blob: bytes | memoryview) -> str:
    """Return the id of the key a blob is sealed under; empty for an empty blob."""
    blob = bytes(blob)
    return _read_header(blob, "")[0] if blob else ""


def _open(blob: bytes, aad: str, ring: KeyRing) -> bytes:
    key, start = _read_header(blob, aad)
    nonce, sealed = blob[start : start + NONCE_BYTES], blob[start + NONCE_BYTES :]
    try:
        return ring.cipher(key).decrypt(nonce, sealed, aad.encode())
    except InvalidTag:
        raise SealBroken(aad) from None


def header(key: str) -> bytes:
    """Return what every blob under this key begins with."""
    return bytes((VERSION, len(key))) + key.encode("ascii")


def _read_header(blob: bytes, aad: str) -> tuple[str, int]:
    """Return the key's id and where the nonce begins."""
    start = 2 + blob[1] if len(blob) > 1 else 2
    if blob[0] != VERSION or len(blob) < start + NONCE_BYTES + TAG_BYTES:
        raise SealBroken(aad)
    try:
        return blob[2:start].decode("ascii"), start
    except UnicodeDecodeError:
        raise SealBroken(aad) from None
