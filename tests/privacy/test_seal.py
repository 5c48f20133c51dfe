"""Sealing and its keys: what is stored opens again, and nothing else does."""

import base64
import pickle

import orjson
import pytest
from pytest_django.fixtures import Settings

from kefu.privacy import seal
from kefu.privacy.keys import (
    KeyRing,
    KeysMissing,
    KeyUnknown,
    encryption_keys,
    key_bytes,
    lookup_key,
)
from kefu.privacy.seal import SealBroken

OLD, NEW = ("2025", b"1" * 32), ("2026", b"2" * 32)
RING = KeyRing([NEW, OLD])
AAD = "parcels_waybill.sealed"
HE = {"name": "何丽", "phone": "13800004521", "address": "文昌西路88号😀"}


def test_what_was_sealed_opens_again() -> None:
    blob = seal.seal(HE, AAD, ring=RING)

    assert seal.unseal(blob, AAD, ring=RING) == HE
    assert seal.unseal(memoryview(blob), AAD, ring=RING) == HE


def test_a_blob_is_version_key_id_nonce_and_ciphertext_without_any_plain_text() -> None:
    blob = seal.seal(HE, AAD, ring=RING)

    assert blob[:6] == b"\x01\x042026"
    assert len(blob) == 6 + 12 + len(orjson.dumps(HE)) + 16
    assert "何丽".encode() not in blob
    assert b"13800004521" not in blob


def test_the_same_values_never_seal_to_the_same_blob() -> None:
    assert len(set(seal.seal_many([HE] * 1_000, AAD, ring=RING))) == 1_000


def test_many_seal_in_their_order() -> None:
    rows = [{"name": f"客户{number}"} for number in range(50)]

    blobs = seal.seal_many(iter(rows), AAD, ring=RING)

    assert [seal.unseal(blob, AAD, ring=RING) for blob in blobs] == rows


def test_nothing_to_protect_is_an_empty_blob() -> None:
    assert seal.seal({}, AAD, ring=RING) == b""
    assert seal.unseal(b"", AAD, ring=RING) == {}
    assert seal.reseal(b"", AAD, ring=RING) is None
    assert seal.key_id(b"") == ""


def test_a_blob_of_another_column_does_not_open() -> None:
    blob = seal.seal(HE, AAD, ring=RING)

    with pytest.raises(SealBroken) as refused:
        seal.unseal(blob, "cases_case.sealed", ring=RING)
    assert refused.value.code == "seal_broken"
    assert refused.value.status == 500


def test_no_changed_bit_goes_unnoticed() -> None:
    blob = seal.seal({"name": "何丽"}, AAD, ring=RING)

    for index in range(len(blob)):
        changed = blob[:index] + bytes((blob[index] ^ 1,)) + blob[index + 1 :]
        with pytest.raises((SealBroken, KeyUnknown)):
            seal.unseal(changed, AAD, ring=RING)


def test_no_cut_blob_opens() -> None:
    blob = seal.seal({"name": "何丽"}, AAD, ring=RING)

    for length in range(1, len(blob)):
        with pytest.raises((SealBroken, KeyUnknown)):
            seal.unseal(blob[:length], AAD, ring=RING)


@pytest.mark.parametrize("plain", ['{"name":"何丽"}'.encode(), b"\x00" * 64, b"\xff" * 64, b"\x01"])
def test_what_is_no_blob_is_broken_not_read(plain: bytes) -> None:
    with pytest.raises(SealBroken):
        seal.unseal(plain, AAD, ring=RING)


@pytest.mark.parametrize(
    "values", [{"name": None}, {"count": 1}, {1: "a"}, {"name": b"x"}, {"a": {}}]
)
def test_only_text_is_sealed(values: dict[str, str]) -> None:
    with pytest.raises(TypeError, match=AAD):
        seal.seal(values, AAD, ring=RING)


def test_the_old_key_opens_and_the_new_one_seals() -> None:
    old = seal.seal(HE, AAD, ring=KeyRing([OLD]))

    new = seal.reseal(old, AAD, ring=RING)

    assert seal.unseal(old, AAD, ring=RING) == HE
    assert new is not None
    assert seal.key_id(old) == "2025"
    assert seal.key_id(new) == "2026"
    assert seal.unseal(new, AAD, ring=KeyRing([NEW])) == HE
    assert seal.reseal(new, AAD, ring=RING) is None


def test_a_key_that_is_gone_is_named() -> None:
    old = seal.seal(HE, AAD, ring=KeyRing([OLD]))

    with pytest.raises(KeyUnknown) as refused:
        seal.unseal(old, AAD, ring=KeyRing([NEW]))
    assert refused.value.key_id == "2025"
    assert refused.value.code == "encryption_key_unknown"
    assert refused.value.status == 503
    assert "2025" in str(refused.value)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [("2026", b"short")],
        [("", b"1" * 32)],
        [("钥匙", b"1" * 32)],
        [("a" * 17, b"1" * 32)],
        [("a", b"1" * 32), ("a", b"2" * 32)],
    ],
)
def test_a_key_ring_takes_only_whole_keys(keys: list[tuple[str, bytes]]) -> None:
    with pytest.raises(KeysMissing):
        KeyRing(keys)


def test_a_key_ring_shows_its_ids_and_no_key() -> None:
    assert repr(RING) == "<KeyRing 2026, 2025>"


@pytest.mark.parametrize(
    "configured", [None, {}, [], {"k": ""}, {"k": "no base64!"}, {"k": "c2hvcnQ="}]
)
def test_without_a_usable_key_nothing_is_sealed(settings: Settings, configured: object) -> None:
    settings.KEFU_ENCRYPTION_KEYS = configured

    with pytest.raises(KeysMissing) as refused:
        seal.seal(HE, AAD)
    assert refused.value.status == 503


def test_the_settings_name_the_current_key_first(settings: Settings) -> None:
    settings.KEFU_ENCRYPTION_KEYS = {"b": b"2" * 32, "a": base64.b64encode(b"1" * 32).decode()}
    assert encryption_keys().ids == ("b", "a")

    settings.KEFU_ENCRYPTION_KEYS = [("c", (b"3" * 32).hex())]
    assert encryption_keys().current_id == "c"
    assert encryption_keys() is encryption_keys()


def test_keys_are_read_as_bytes_hexadecimal_or_base64() -> None:
    key = bytes(range(224, 256))

    assert key_bytes(key) == key
    assert key_bytes(key.hex()) == key
    assert key_bytes(base64.b64encode(key).decode() + "\n") == key
    assert key_bytes(base64.urlsafe_b64encode(key).decode()) == key
    assert key_bytes("钥匙") == b""
    assert key_bytes("z" * 64) != key


@pytest.mark.parametrize("configured", [None, "", b"short", "c2hvcnQ="])
def test_without_a_lookup_key_nobody_is_looked_up(settings: Settings, configured: object) -> None:
    settings.KEFU_LOOKUP_KEY = configured

    with pytest.raises(KeysMissing):
        lookup_key()


def test_errors_survive_a_queue() -> None:
    error = pickle.loads(pickle.dumps(SealBroken(AAD)))

    assert error.code == "seal_broken"
