"""``make bench``: measure what we do beside the fastest way to have the same effect, in one run.

Standard output: one JSON object a line, nothing else. ``ratio`` is ours to the limit, 1.0 is reached.
SCALE=small|full chooses the amount, ONLY=name one benchmark. Needs Linux; starts its own servers under
var/bench and leaves nothing there.
"""

import importlib
import json
import os
import sys

from benchmarks import place

BENCHES = (
    "imports",
    "parcel_imports",
    "call_imports",
    "sweep",
    "lateness",
    "queue",
    "parcel_desk",
    "incidents",
    "claims_ageing",
    "policy_clock",
    "policy_payslip",
    "pay_run",
    "claim_documents",
    "partner_lists",
    "webhooks",
    "dashboard",
    "report_export",
    "live_updates",
    "first_paint",
    "rotation",
    "copies",
)  # modules beside this one, each with run(scale) yielding results


def main() -> int:
    scale, only = os.environ.get("SCALE", "small"), os.environ.get("ONLY", "")
    if scale not in ("small", "full") or (only and only not in BENCHES):
        print(f"SCALE=small|full ONLY={'|'.join(BENCHES)}", file=sys.stderr)
        return 2
    with place.servers():
        import django

        django.setup()
        place.make_template()
        say(place.calibration())
        for name in BENCHES:
            if only in ("", name):
                for result in importlib.import_module(f"benchmarks.{name}").run(scale):
                    say({**result, "scale": scale})
    return 0


def say(result: dict[str, object]) -> None:
    print(json.dumps(result, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
