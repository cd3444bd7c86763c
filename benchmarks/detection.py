"""Detection on made worlds: makes them, scans them, and evaluates what was found.

    python -m benchmarks.detection --preset medium --seed 101 102 103 --dir /tmp/worlds --out /tmp/evaluation
    python -m benchmarks.detection --preset tiny --seed 1 2 3 --dir /tmp/worlds --write

Each world is made and scanned once; its truth and the tables of its run are kept in `--dir`, its data are not
unless asked. With `--write`, evaluation.json and the plots go into docs/detection, from which
`python docs/generate.py` makes docs/detection.md.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from thbscreen.evaluate.bounds import read_bounds
from thbscreen.evaluate.direct import in_memory, write_tables
from thbscreen.evaluate.evaluation import evaluate
from thbscreen.evaluate.folder import as_json, write_evaluation
from thbscreen.evaluate.plots import plots
from thbscreen.evaluate.told import on_screen
from thbscreen.evaluate.told import screen as page
from thbscreen.evaluate.truth import Truth, read_truth
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.screening import screen

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "detection"


def measured(
    preset: str, seed: int, work: Path, *, keep: bool = False, only: Sequence[str] = ()
) -> tuple[RunFolder, Truth]:
    """Gives the run and the truth of a world, made and scanned when they are not there yet.

    Args:
        preset: size of the world.
        seed: of the world.
        work: folder that keeps truths and tables of runs.
        keep: keep the data too.
        only: rules to run, by default all.
    """
    name = f"{preset}-{seed}"
    place = work / name
    if not (place / "run" / "manifest.json").is_file():
        from thbscreen.simulate.folder import write_world  # noqa: PLC0415  # kept worlds need no maker
        from thbscreen.simulate.settings import settings_of  # noqa: PLC0415
        from thbscreen.simulate.worlds import make_world  # noqa: PLC0415

        shutil.rmtree(place, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        write_world(make_world(settings_of(preset, seed)), place)
        found = in_memory(screen([place / "data"], only=only), name)
        write_tables(found, place / "run")
        if not keep:
            shutil.rmtree(place / "data")
    return open_folder(place / "run"), read_truth(place / "truth")


def main() -> None:
    """Measures, tells, and writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="tiny", help="size of the worlds")
    parser.add_argument("--seed", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--dir", type=Path, required=True, help="folder for worlds; kept between runs")
    parser.add_argument("--out", type=Path, help="folder for the evaluation")
    parser.add_argument("--bounds", type=Path, help="bounds that must hold")
    parser.add_argument("--write", action="store_true", help="put figures and plots into docs/detection")
    parser.add_argument("--keep", action="store_true", help="keep the data of worlds")
    args = parser.parse_args()
    pairs = []
    for seed in args.seed:
        started = time.process_time()
        pairs.append(measured(args.preset, seed, args.dir, keep=args.keep))
        print(f"{args.preset} {seed}: {time.process_time() - started:.0f} CPU seconds", flush=True)
    bounds = read_bounds(args.bounds) if args.bounds else []
    facts, worlds = evaluate(pairs, bounds=bounds)
    if args.out:
        write_evaluation(facts, worlds, args.out, force=True)
    if args.write:
        place = PAGE / args.preset
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        told = facts | {"curves": {}}  # the page shows none, and they are half of the file
        (place / "evaluation.json").write_text(as_json(told), encoding="utf-8", newline="\n")
        for name, drawing in plots(facts).items():
            if "/" not in name:
                (place / name).write_text(drawing, encoding="utf-8", newline="\n")
    print(page(on_screen(facts), 110, first=facts["what_this_does_not_show"]), end="")


if __name__ == "__main__":
    main()
