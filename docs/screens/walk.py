"""Walks through README.md and the how-to pages as a new user would: docs/screens/README.md, terminal/, pictures.

    python docs/screens/walk.py FOLDER [PAGE ...] [--minutes N]

Clones the repository's last commit into FOLDER, with another HOME, a bare environment and nothing of this clone, types
what each page shows, and writes down what the screen showed and how long it took. In a FOLDER that is there it goes on
where it was; pages that are named are walked again. Then pictures.py takes pictures of the pages that came out.
"""

import argparse
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pages
import pictures
import plan
from recordings import WAITS, Done, last_line, write
from terminal import Shell

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
KEPT_ENV = re.compile(r"(PIP|SSL|CURL|REQUESTS|GIT_SSL|HTTPS?|NO)_|LANG$|TERM$", re.IGNORECASE)
PREPARED = {"README.md": "photos checkpoints", "docs/data.md": "photos", "docs/networks.md": "own_checkpoints arrays"}
"""What of files.py a page takes for granted."""
LIMIT = 3600
"""Seconds after which a step is ended."""
PREPARED_BEFORE = "source=record"
"""The step of the README before which they can be made: they take a trained network."""


class Walk:
    """A new user's machine in a folder: a home, an origin, a clone."""

    def __init__(self, work: Path):
        self.work, self.clone = work, work / "infoplane"
        kept = {name: value for name, value in os.environ.items() if KEPT_ENV.match(name)}
        self.env = kept | {
            "HOME": str(work / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm", "PAGER": "cat",
            "COLUMNS": "110", "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@example.org",
            "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@example.org",
        }  # fmt: skip
        for name in ("home", "data", "paper"):
            (work / name).mkdir(parents=True, exist_ok=True)
        self.shell = Shell(work, self.env, work / "state")

    def publish(self) -> None:
        """The repository that a reader clones: this one's last commit, as main."""
        origin = self.work / "data/origin.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(origin)], check=True)
        subprocess.run(["git", "-C", str(ROOT), "push", "-q", str(origin), "+HEAD:refs/heads/main"], check=True)

    def page(self, name: str, done: list[Done], until: float) -> Iterator[Done]:
        """Type the steps of a page that are not done yet, in a new window, until it is time to stop."""
        self.shell.enter(self.clone if self.clone.exists() else self.work)
        if self.clone.exists():
            self.quietly("source .venv/bin/activate")
        if name != "README.md":
            self.quietly("git switch -q main && git checkout -q . && dvc checkout -q dvc.yaml")
            self.prepare(name)
        steps = steps_of(name)
        for number, step in enumerate(steps[len(done) :], len(done) + 1):
            if time.monotonic() > until:
                return
            if name == "README.md" and PREPARED_BEFORE in step.text:
                self.prepare(name)
            if (name, step.text[: len(plan.SMALL_FROM[1])]) == plan.SMALL_FROM:
                self.small()
            yield self.step(step, f"{Path(name).stem.lower()}-{number}", imports(steps[: number - 1]))

    def step(self, step: pages.Step, name: str, imported: str) -> Done:
        command, left_out = plan.typed(step.page, step.text, name, str(self.work))
        if left_out:
            return Done(step.title, "", 0.0, f"not walked: {left_out}")
        if step.file:
            (self.clone / step.file).write_text(step.text + "\n")
            self.quietly(f"git add {step.file}")
            return Done(step.title, "", 0.0, "done")
        if step.is_python:
            command = f"python - <<'END'\n{imported}{command}\nEND"
        for start, folder in plan.ELSEWHERE_TYPED.items():
            if step.text.startswith(start):
                self.quietly(f"cd {folder.format(work=self.work)}")
        typed = self.shell.type(command, LIMIT)
        shown = f"$ {command}\n{typed.screen}".replace(str(self.work), "~")
        result = {0: "done", None: f"ended after {LIMIT / 60:.0f} min"}.get(typed.status, f"fails: {last_line(shown)}")
        if typed.status == 1 and "nothing to commit" in typed.screen:
            result = "done: nothing to commit, the results are those that the clone came with"
        if "infoplane new" in command:
            self.quietly(self.smaller())
        return Done(step.title, shown, typed.seconds, result)

    def smaller(self) -> str:
        """The command that changes params.yaml into one of which a run takes a minute."""
        changes = f"apply_overrides('params.yaml', {list(plan.SMALL)!r})"
        return f'python -c "from dvc.utils.hydra import apply_overrides; {changes}"'

    def small(self) -> None:
        """Run and commit small settings; the planes of the default ones stay beside the clone, for their pictures."""
        if (self.work / "default").exists():
            return
        (self.work / "default").mkdir()
        shutil.copy(self.clone / "plots/planes.html", self.work / "default")
        self.quietly(f"{self.smaller()} && dvc repro -q && git add . && git commit -qm 'Small settings'")

    def prepare(self, page: str) -> None:
        if page in PREPARED:
            self.quietly(f"cd {shlex.quote(str(self.clone))}; python {HERE / 'files.py'} {PREPARED[page]}")

    def quietly(self, command: str) -> None:
        """What belongs to no page."""
        typed = self.shell.type(command, 900)
        if typed.status:
            print(f"  {command}: {typed.status}\n{typed.screen}", flush=True)


def steps_of(page: str) -> list[pages.Step]:
    """All that is typed of a page."""
    added = [pages.Step(page, command) for command in plan.ADDED.get(page, ())]
    return pages.steps(page, (ROOT / page).read_text(encoding="utf-8")) + added


def imports(steps: Iterable[pages.Step]) -> str:
    """What a page's Python has imported so far: a reader goes on in the same session."""
    lines = (line for step in steps if step.is_python for line in step.text.splitlines())
    return "".join(f"{line}\n" for line in lines if re.match(r"import |from \S+ import [^(]*$", line))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="*", help="to be walked again")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="no step is begun after these; 0: the table alone"
    )
    chosen = parser.parse_args()
    work, until = chosen.folder.resolve(), time.monotonic() + 60 * chosen.minutes
    walk, kept = Walk(work), work / "walked.json"
    walked = json.loads(kept.read_text()) if kept.exists() else {}
    if not walk.clone.exists():
        walk.publish()
    walked |= {name: [] for name in chosen.pages}
    for name in plan.PAGES:
        of_page = walked.setdefault(name, [])
        if len(of_page) == len(steps_of(name)) or time.monotonic() > until:
            continue
        for done in walk.page(name, of_page, until):
            print(f"{name}: {done.seconds:6.1f} s  {done.result:12}  {done.title[:90]}", flush=True)
            of_page.append(done)
            kept.write_text(json.dumps(walked))
    done = {name: [Done(*row) for row in walked[name]] for name in plan.PAGES}
    waiting = {name: [Done(step.title, "", 0.0, WAITS) for step in steps_of(name)[len(done[name]) :]] for name in done}
    write(HERE, {name: done[name] + waiting[name] for name in done}, pictures.take(walk.clone, HERE, work))


if __name__ == "__main__":
    main()
