"""`make bench`: the table of figures, each the min / median / max of three runs on this machine.

python -m bench [--quick] [--only a,b,f] [--database URL]
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import bombs, deadlines_bench, measures, reloading
from bench.measures import Figure

MEASURES: dict[str, Callable[[Path, measures.Scale], list[Figure]]] = {
    "a": measures.commits,
    "b": measures.accept_small,
    "c": measures.accept_large,
    "d": measures.drain_backlog,
    "e": measures.drain_mailbox,
    "f": measures.latency,
    "g": measures.memory,
    "h": measures.syncs,
    "i": measures.reading,
    "j": measures.rules,
    "k": measures.replay,
    "l": reloading.save_to_live,
    "m": bombs.bombs,
    "n": deadlines_bench.deadlines,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the gateway on this machine.")
    parser.add_argument("--quick", action="store_true", help="one short run of each, to see that it works")
    parser.add_argument("--only", default="".join(MEASURES), help="letters of the table, such as a,d")
    parser.add_argument("--database", default="sqlite:///data/gateway.db", help="where tickets are kept in the runs")
    args = parser.parse_args()
    scale = measures.Scale(runs=1 if args.quick else 3, share=0.1 if args.quick else 1.0, database=args.database)
    print(f"{'':62}{'min':>10}{'median':>10}{'max':>10}  target")
    missed = 0
    for letter in sorted(set(args.only) & set(MEASURES)):
        with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
            for figure in MEASURES[letter](Path(folder), scale):
                missed += not figure.reached
                print(figure.row(letter), flush=True)
    sys.exit(1 if missed and not args.quick else 0)


if __name__ == "__main__":
    main()
