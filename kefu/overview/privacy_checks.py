"""What must hold for sealed values: no key is missing that something stands under (``verify``)."""

from kefu.overview.checks import SHOWN, Result
from kefu.privacy.keys import encryption_keys
from kefu.retention.selectors import blobs_by_key


def sealed_contents() -> Result:
    """Counted by what every value begins with; none is opened."""
    ring = encryption_keys()
    n, bad = 0, []
    for place, counts in blobs_by_key().items():
        n += sum(counts.values())
        bad += [
            (found, f"{found} values of {place} stand under the key {key}, which is not held")
            for key, found in sorted(counts.items())
            if key not in ring.ids
        ]
    return Result(
        "sealed_values_can_be_opened",
        n,
        sum(found for found, _what in bad),
        [what for _found, what in bad[:SHOWN]],
    )
