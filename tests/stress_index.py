"""Faults done to the index of a folder of pages, and what is left after each: `python tests/stress_index.py`.

Prints a row for each fault: how often it was tried and survived, and what must all be 0: pages lost, pages that answer
though they are gone or say something else now, passages that are not what is printed, crashes, and requests to other
hosts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from index_faults import FAULTS, run
from index_place import child
from outside_hosts import watched


def main() -> int:
    """Run every fault, or those named, and print the table.

    :returns: 1 if anything was not survived.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="TEXT", default="", help="faults whose name holds this")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child is not None:
        child(Path(args.child[0]), Path(args.child[1]), int(args.child[2]))
        return 0
    print("| fault | tried | survived | pages lost | stale | wrong slices or rows | crashes | hosts contacted | |")
    print("|---|---|---|---|---|---|---|---|---|")
    bad = 0
    with tempfile.TemporaryDirectory() as kept, watched(Path(kept)) as asked:
        for name in FAULTS:
            if args.only not in name:
                continue
            before = len(asked.read_text("utf-8").splitlines())
            with tempfile.TemporaryDirectory(prefix="baowen-stress-") as folder:
                found = run(name, Path(folder), args.rounds, args.seed)
            hosts = len(asked.read_text("utf-8").splitlines()) - before
            counted = (found.tried, found.survived, found.lost, found.stale, found.wrong, found.crashes, hosts)
            print(f"| {name} | {' | '.join(map(str, counted))} | {found.notes} |", flush=True)
            bad += hosts > 0 or (not found.clean and not found.notes.startswith("not tried"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
