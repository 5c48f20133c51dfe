"""Unpack a workbook in a process of its own, which bounds what a hostile file can cost.

Standard input: the workbook. Arguments: how many rows to leave out, how many to give at most.
Standard output: one JSON value a line: first {"sheets": [names], "rows": rows of the first sheet},
then a row each as a list of texts. A number that has lost digits (Excel keeps fifteen) stays a number.
Exit codes: 0 done, 3 no workbook, 4 memory over; a signal: memory or time over.

Run by path, so it imports nothing of ours.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 60  # of processor time
EXACT = 10**15
BLOCK = 500  # rows a write


def text(cell: object) -> object:
    """Return a cell as it would be typed."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if abs(cell) >= EXACT:
            return float(cell)
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        # Excel counts in fractions of a day: a full second may come as .999999.
        return (cell + timedelta(microseconds=500_000)).isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    return str(cell)


def main(skip: int, most: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(
            io.BytesIO(sys.stdin.buffer.read())
        )
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.end[0] + 1 if sheet.end else 0
        print(json.dumps({"sheets": workbook.sheet_names, "rows": rows}), flush=True)
        encode = json.JSONEncoder(ensure_ascii=False).encode
        block: list[str] = []
        for number, row in enumerate(sheet.iter_rows()):
            if number < skip:
                continue
            if number >= skip + most:
                break
            block.append(encode([text(cell) for cell in row]))
            if len(block) == BLOCK:
                sys.stdout.buffer.write(("\n".join(block) + "\n").encode())
                block = []
        sys.stdout.buffer.write("".join(line + "\n" for line in block).encode())
        sys.stdout.buffer.flush()
    except MemoryError:
        return 4
    except BrokenPipeError:  # the reader has enough
        return 0
    except (python_calamine.CalamineError, OverflowError, ValueError):
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
