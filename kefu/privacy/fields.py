"""The column that personal data is kept in."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import models, router, transaction
from django.db.models.query_utils import DeferredAttribute

from kefu.privacy import seal


class Sealed:
    """One blob, opened when somebody asks for it, sealed again when it has changed."""

    __slots__ = ("_opened", "aad", "stored")

    def __init__(
        self, blob: bytes | None, aad: str, values: Mapping[str, str] | None = None
    ) -> None:
        """Hold what the database has (None: nothing yet) and, if given, what shall take its place."""
        self.stored = blob
        self.aad = aad
        self._opened = None if values is None else Opened(self, values)

    def open(self) -> "Opened":
        """Return the values, decrypted at the first call. Raises SealBroken, KeyUnknown."""
        if self._opened is None:
            self._opened = Opened(self, seal.unseal(self.stored or b"", self.aad))
        return self._opened

    def blob(self) -> bytes:
        """Return what to store. An unchanged value keeps its blob: a new nonce would look like a change."""
        opened = self._opened
        if self.stored is None or (
            opened is not None and opened != seal.unseal(self.stored, self.aad)
        ):
            self.stored = seal.seal(opened or {}, self.aad)
        return self.stored

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickles (caches, queues) carry the blob, never the values.
        return Sealed, (self.blob(), self.aad)

    def __repr__(self) -> str:
        return f"<Sealed {self.aad}>"


class Opened(dict[str, str]):
    """The values of a row. Its repr shows none of them: it ends up in logs and error reports."""

    __slots__ = ("seal",)

    def __init__(self, seal: Sealed, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.seal = seal

    def __reduce__(self) -> tuple[Any, ...]:
        return _open, (self.seal.blob(), self.seal.aad)

    def __repr__(self) -> str:
        return f"<Opened {self.seal.aad}: {len(self)} values>"

    __str__ = __repr__


def _open(blob: bytes, aad: str) -> Opened:
    return Sealed(blob, aad).open()


if TYPE_CHECKING:
    # A dict of text, or None in a nullable column: the checker can only be told one of them.
    _BinaryField = models.BinaryField[Any, Any]
else:
    _BinaryField = models.BinaryField


class SealedAttribute(DeferredAttribute):
    """``row.sealed``: a dict to read and to write, decrypted at the first access."""

    field: "SealedField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return value.open() if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        name = self.field.attname
        if isinstance(value, Mapping):
            before = instance.__dict__.get(name)
            blob = before.stored if isinstance(before, Sealed) else None
            value = Sealed(blob, self.field.aad, value)
        instance.__dict__[name] = value


class SealedColumn(_BinaryField, ABC):
    """AES-256-GCM with the associated data "table.column": what key rotation looks for.

    It cannot be searched (see ``kefu.privacy.lookup``), and loading a row does not decrypt it.
    Renaming the table or the column needs a data migration that seals anew.
    """

    @property
    def aad(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_lookup(self, lookup_name: str) -> Any:
        # A comparison would seal its right side with a fresh nonce and silently find nothing.
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    @abstractmethod
    def holding(self, blob: bytes) -> Any:
        """Return a value that is stored as this blob, unopened."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else self.holding(bytes(value))


class SealedFile:
    """A file's content as it is stored; opened each time somebody asks for it."""

    __slots__ = ("aad", "stored")

    def __init__(self, blob: bytes, aad: str) -> None:
        self.stored = blob
        self.aad = aad

    def open(self) -> bytes:
        """Return the content. Raises SealBroken, KeyUnknown."""
        return seal.unseal_bytes(self.stored, self.aad)

    def blob(self) -> bytes:
        return self.stored

    def __repr__(self) -> str:
        return f"<SealedFile {self.aad}>"


class SealedFileField(SealedColumn):
    """The content of a file, sealed as it is: takes bytes, gives a SealedFile."""

    def holding(self, blob: bytes) -> SealedFile:
        return SealedFile(blob, self.aad)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, SealedFile) and value.aad == self.aad:
            return value.blob()
        if isinstance(value, bytes):
            return seal.seal_bytes(value, self.aad)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        raise TypeError(f"{self.aad} takes bytes, not {type(value).__name__}")


class SealedField(SealedColumn):
    """A dict of text."""

    descriptor_class = SealedAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def holding(self, blob: bytes) -> Sealed:
        return Sealed(blob, self.aad)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__.get(self.attname)

    def get_prep_value(self, value: Any) -> Any:
        """Return the blob to store. Raises TypeError for bytes and text: they may be plain."""
        if isinstance(value, Opened) and value.seal.aad == self.aad:
            value = value.seal
        if isinstance(value, Sealed) and value.aad == self.aad:
            return value.blob()
        if isinstance(value, Sealed):
            value = value.open()
        if isinstance(value, Mapping):
            return seal.seal(value, self.aad)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        raise TypeError(f"{self.aad} takes a dict of text, not {type(value).__name__}")

    def to_python(self, value: Any) -> Any:
        # What value_to_string wrote: dumps carry blobs.
        return Sealed(base64.b64decode(value), self.aad) if isinstance(value, str) else value

    def value_to_string(self, obj: models.Model) -> str:
        return base64.b64encode(self.get_prep_value(self.value_from_object(obj)) or b"").decode()

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return value


def reseal_batch(
    model: type[models.Model],
    *,
    field: str = "sealed",
    after: int = 0,
    limit: int = 500,
    using: str | None = None,
) -> tuple[int, int | None]:
    """Bring the next rows (by integer primary key) under the current key, in one transaction.

    Return how many were resealed and the last key looked at, None when there are no more rows. A row already
    under the current key is neither opened nor written; twice is harmless.
    """
    column = model._meta.get_field(field)
    if not isinstance(column, SealedColumn):
        raise TypeError(f"{model._meta.label}.{field} is not sealed")
    using = using or router.db_for_write(model)
    with transaction.atomic(using=using):
        rows = list(
            model._default_manager.using(using)
            .filter(pk__gt=after)
            .order_by("pk")
            .select_for_update()
            .values_list("pk", field)[:limit]
        )
        resealed = 0
        for pk, sealed in rows:
            blob = seal.reseal(sealed.blob(), column.aad) if sealed is not None else None
            if blob is not None:
                changed = {field: column.holding(blob)}
                resealed += model._default_manager.using(using).filter(pk=pk).update(**changed)
    return resealed, rows[-1][0] if rows else None
