"""``python -m kefu.embedded run`` or ``… servers``: start everything, or the two servers alone."""

import argparse
import sys

from kefu.embedded import run
from kefu.embedded.refusal import CannotStart, InUse

EXIT_REFUSED, EXIT_IN_USE = 1, 75


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m kefu.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and serve until Ctrl-C")
    servers = commands.add_parser("servers", help="start PostgreSQL and Redis only")
    servers.add_argument("--throwaway", action="store_true", help="fast, unsafe if power fails")
    options = parser.parse_args()
    try:
        if options.command == "run":
            run.everything()
        else:
            run.servers(durable=not options.throwaway)
    except CannotStart as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return EXIT_IN_USE if isinstance(refusal, InUse) else EXIT_REFUSED
    except OSError as error:
        print(f"无法继续：{error}\nCannot go on: {error}", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
