"""The keys personal data stands under. They come from the settings, which take them from outside the database."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from kefu.errors import KefuError

KEY_BYTES = 32  # AES-256
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


class KeysMissing(KefuError):
    """No usable key is configured: whatever needs one is refused, nothing is stored in the clear."""

    code = "encryption_keys_missing"
    status = 503


class KeyUnknown(KefuError):
    """A row is sealed under a key that the key ring does not hold (any more)."""

    code = "encryption_key_unknown"
    status = 503

    def __init__(self, key_id: str) -> None:
        super().__init__(
            _("缺少解密密钥“%(key)s”，请联系系统管理员") % {"key": key_id},
            key_id=key_id,
        )
        self.key_id = key_id


class KeyRing:
    """AES-256 keys by id. The first seals; all of them open, so that keys can be rotated in operation."""

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Take (id, 32 bytes) pairs, the current key first.

        Raises KeysMissing if there are none, or if an id or a key has not the right form.
        """
        self._ciphers: dict[str, AESGCM] = {}
        for key_id, key in keys:
            if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES or key_id in self._ciphers:
                raise KeysMissing(
                    _("加密密钥“%(key)s”的格式不正确或重复，请检查配置") % {"key": key_id},
                    key_id=key_id,
                )
            self._ciphers[key_id] = AESGCM(key)
        if not self._ciphers:
            raise KeysMissing(_("没有配置加密密钥，个人信息不能保存和读取"))
        self.ids = tuple(self._ciphers)
        self.current_id = self.ids[0]
        self.current = self._ciphers[self.current_id]

    def cipher(self, key_id: str) -> AESGCM:
        """Return the cipher of a key. Raises KeyUnknown."""
        try:
            return self._ciphers[key_id]
        except KeyError:
            raise KeyUnknown(key_id) from None

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self.ids)}>"


def key_bytes(value: bytes | str) -> bytes:
    """Return a key given as bytes, as hexadecimal or as base64. Empty if it is none of these."""
    if isinstance(value, bytes):
        return value
    text = value.strip()
    try:
        if len(text) == 2 * KEY_BYTES:
            return bytes.fromhex(text)
        return base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except (ValueError, binascii.Error):
        return b""


_URL_SAFE = str.maketrans("-_", "+/")

# What was built last, with the settings value it was built from: a changed setting builds anew.
_ring: tuple[object, KeyRing] | None = None
_lookup: tuple[object, bytes] | None = None


def encryption_keys() -> KeyRing:
    """Return the key ring of KEFU_ENCRYPTION_KEYS. Raises KeysMissing."""
    global _ring
    configured = getattr(settings, "KEFU_ENCRYPTION_KEYS", None)
    if _ring is None or _ring[0] is not configured:
        pairs = configured.items() if isinstance(configured, Mapping) else configured or ()
        _ring = (configured, KeyRing((key_id, key_bytes(key)) for key_id, key in pairs))
    return _ring[1]


def lookup_key() -> bytes:
    """Return the key of the lookup tokens, KEFU_LOOKUP_KEY. Raises KeysMissing."""
    global _lookup
    configured = getattr(settings, "KEFU_LOOKUP_KEY", None)
    if _lookup is None or _lookup[0] is not configured:
        key = key_bytes(configured) if configured else b""
        if len(key) < KEY_BYTES:
            raise KeysMissing(_("没有配置检索密钥，个人信息不能保存和查找"))
        _lookup = (configured, key)
    return _lookup[1]
