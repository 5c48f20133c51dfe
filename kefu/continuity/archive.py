"""The archive: one file that holds a dump, and a manifest that says what must be in it.

A zip with ``database.dump`` (pg_dump's own format) and ``manifest.json``; beside the manifest stands a digest of it under
a key made from KEFU_LOOKUP_KEY, so that only the house itself can write one.
"""

import base64
import hashlib
import hmac
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag

from kefu.errors import KefuError
from kefu.privacy.keys import KeyUnknown, encryption_keys, lookup_key

FORMAT = 1
DUMP, MANIFEST, DIGEST = "database.dump", "manifest.json", "manifest.hmac"
CHUNK = 1 << 20
PROOF, NONCE = (
    b"kefu",
    bytes(12),
)  # one text under each key, which is never used with this nonce elsewhere


class ArchiveRefused(KefuError):
    """The file is no archive of ours, or not whole, or not as it was written."""

    code = "archive_refused"


class KeysDiffer(KefuError):
    """The keys in the settings are not those the copy was sealed under."""

    code = "keys_differ"


class Summed:
    """Counts and digests what is written through it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, block: bytes) -> None:
        self._target.write(block)
        self._digest.update(block)
        self.bytes += len(block)

    def result(self) -> dict[str, Any]:
        return {"bytes": self.bytes, "sha256": self._digest.hexdigest()}


@contextmanager
def writing(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield a new archive that appears under ``path`` only when it is whole and on the disk.

    Raises ArchiveRefused if there is a file of that name.
    """
    if path.exists():
        raise ArchiveRefused(f"{path} exists already and is left as it is: choose another name.")
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a rename, this replaces nobody's file
    finally:
        unfinished.unlink(missing_ok=True)


def write_manifest(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[str, Any]:
    """Add the manifest, with the proofs of today's keys, and its digest; return it whole."""
    whole = {
        "format": FORMAT,
        **manifest,
        "keys": {key: _proof(key) for key in encryption_keys().ids},
        "lookup": _under_lookup_key(b"lookup"),
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1).encode()
    archive.writestr(MANIFEST, text)
    archive.writestr(DIGEST, _under_lookup_key(text))
    return whole


@contextmanager
def reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Yield an archive with its manifest, which is as it was written, under keys that are at hand.

    Raises ArchiveRefused or KeysDiffer.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive)
    except FileNotFoundError:
        raise ArchiveRefused(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise ArchiveRefused(f"{path} is no backup of kefu, or it was cut off: {error}") from error


def check_dump(
    archive: zipfile.ZipFile, manifest: dict[str, Any], say: Callable[[int], None]
) -> None:
    """Read the whole dump once. Raises ArchiveRefused unless it is what the manifest tells."""
    digest = hashlib.sha256()
    read = 0
    with archive.open(DUMP) as dump:
        while block := dump.read(CHUNK):
            digest.update(block)
            read += len(block)
            say(read)
    if {"bytes": read, "sha256": digest.hexdigest()} != manifest["dump"]:
        raise ArchiveRefused(
            "The dump in this archive was altered or damaged; nothing was restored."
        )


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    missing = {DUMP, MANIFEST, DIGEST} - set(archive.namelist())
    if missing:
        raise ArchiveRefused(
            f"This is no backup of kefu: {', '.join(sorted(missing))} is missing in it."
        )
    text = archive.read(MANIFEST)
    try:
        manifest: dict[str, Any] = json.loads(text)
        written, lookup, keys = manifest["format"], manifest["lookup"], dict(manifest["keys"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused("The manifest of this archive cannot be read.") from error
    if written != FORMAT:
        raise ArchiveRefused(f"This archive has the form {written}; this version reads {FORMAT}.")
    if not hmac.compare_digest(lookup, _under_lookup_key(b"lookup")):
        raise KeysDiffer("KEFU_LOOKUP_KEY is not the one this backup was made under.")
    if not hmac.compare_digest(
        archive.read(DIGEST).decode("ascii", "replace"), _under_lookup_key(text)
    ):
        raise ArchiveRefused("The manifest of this archive was altered.")
    for key, proof in keys.items():
        _check_key(key, proof)
    return manifest


def _check_key(key: str, proof: str) -> None:
    try:
        encryption_keys().cipher(key).decrypt(NONCE, base64.b64decode(proof), PROOF)
    except KeyUnknown:
        raise KeysDiffer(
            f"Key {key} is missing in KEFU_ENCRYPTION_KEYS: personal data stand under it."
        ) from None
    except InvalidTag:
        raise KeysDiffer(
            f"Key {key} in KEFU_ENCRYPTION_KEYS is not the one this backup was made under."
        ) from None


def _proof(key: str) -> str:
    return base64.b64encode(encryption_keys().cipher(key).encrypt(NONCE, PROOF, PROOF)).decode()


def _under_lookup_key(text: bytes) -> str:
    return hmac.new(lookup_key(), b"kefu.continuity\0" + text, hashlib.sha256).hexdigest()
