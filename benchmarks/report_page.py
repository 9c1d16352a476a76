"""Size of the page of a long run, and seconds until a browser shows it; needs Chromium.

python benchmarks/report_page.py --completions 20000 --shots FOLDER
"""

import argparse
import base64
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from trl_rlvr.data import load_problems
from trl_rlvr.json_lines import write_rows
from trl_rlvr.report import read_run, write_page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "report"))
import browser
from run_files import TURNS, make_run

GROUP = 4
AN_UPDATE = 80
WIDE, NARROW = 1400, 420


def main() -> None:
    """Make a run, write its page, open it, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--completions", type=int, default=20_000)
    parser.add_argument("--shots", type=Path, help="folder for pictures of it, wide and narrow")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = made_run(Path(place) / "run", options.completions)
        begun = time.perf_counter()
        page = write_page(read_run(folder))
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(f"{options.completions} completions: written in {time.perf_counter() - begun:.1f} s, ", end="")
        print(f"{page.stat().st_size / 1e6:.2f} MB")
        with browser.tab() as tab:
            for name, width in (("wide", WIDE), ("narrow", NARROW)):
                tab.open(page, width=width)  # a first look, so that the browser itself is warm
                begun = time.perf_counter()
                tab.open(page, width=width)
                shown = tab.run("document.querySelectorAll('#table tbody tr').length")
                print(f"{name}: {time.perf_counter() - begun:.2f} s until {shown} rows are shown", flush=True)
                if options.shots:
                    shoot(tab, options.shots / f"{name}.png")
        print(f"complaints: {tab.complaints}")


def made_run(folder: Path, completions: int) -> Path:
    """Write a run of so many completions, with texts of the length of the starter set's."""
    draw = random.Random(0)
    updates = max(1, completions // AN_UPDATE)
    make_run(folder, steps=updates, count=1)
    problems = load_problems("starter")
    for step in range(1, updates + 1):
        rows = [completion(draw, problems, step, place) for place in range(AN_UPDATE)]
        write_rows(folder / "completions" / f"step-{step:06d}.jsonl", rows)
    return folder


def completion(draw: random.Random, problems: list, step: int, place: int) -> dict:
    """Return a completion of a problem, each with code of its own."""
    problem = problems[(step * AN_UPDATE + place) // GROUP % len(problems)]
    passes = draw.random() < 0.2 + 0.5 * step / 250
    code = f"# {step}/{place}\n{problem.reference_solution}\n" * draw.randint(1, 4)
    tests = ["passed" if passes or draw.random() < 0.3 else "wrong_answer" for _ in range(problem.total)]
    return {
        "step": step,
        "task_id": problem.task_id,
        "prompt": f'"""\n{problem.prompt}\n{problem.tests[0]}\n"""\n',
        "completion": code,
        "code": code,
        "verdict": "passed" if passes else "wrong_answer",
        "isolation": "apart",
        "passed": tests.count("passed"),
        "total": problem.total,
        "tests": tests,
        "test_tiers": {"visible": 1, "hidden": problem.total - 1, "augmented": 0},
        "reward_hacking": draw.choice(("", "", "", "", "exit", "hard_coded")),
        "error": "" if passes else "got 3, expected 4",
        "test_errors": ["" if test == "passed" else "got 3, expected 4" for test in tests],
        "rewards": {"graded": 1.0 if passes else 0.5 * tests.count("passed") / problem.total},
        "advantage": draw.uniform(-1, 1),
        **({"turns": TURNS} if place % 5 == 0 else {}),
    }


def shoot(tab: browser.Tab, path: Path) -> None:
    """Take a picture of the whole page, with a completion open that has turns."""
    tab.run("document.forms.filters.elements.text.value = '/0'")
    tab.run("document.forms.filters.dispatchEvent(new Event('input', {bubbles: true}))")
    tab.run("document.querySelector('#table tbody tr').click()")
    size = json.loads(tab.run("JSON.stringify([document.body.scrollWidth, document.body.scrollHeight])"))
    clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 8000), "scale": 1}
    picture = tab.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(picture["data"]))


if __name__ == "__main__":
    main()
