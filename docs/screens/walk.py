"""Walks through README.md and the how-to pages as a new user would: docs/screens/README.md, terminal/, pictures.

    python docs/screens/walk.py FOLDER [PAGE ...]

Clones the repository's last commit into FOLDER, with another HOME, a bare environment and nothing of this clone, types
what each page shows, and writes down what the screen showed and how long it took. With names of pages, walks these again
in a FOLDER that is there. Then pictures.py takes pictures of the pages that came out.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pages
import pictures
import plan
from recordings import Done, last_line, write
from terminal import Shell

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
KEPT_ENV = re.compile(r"(PIP|SSL|CURL|REQUESTS|GIT_SSL|HTTPS?|NO)_|LANG$|TERM$", re.IGNORECASE)
PREPARED = {"README.md": "photos checkpoints", "docs/data.md": "photos", "docs/networks.md": "own_checkpoints arrays"}
"""What of files.py a page takes for granted."""
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

    def page(self, name: str) -> list[Done]:
        """Type all steps of a page, in a new window."""
        self.shell.enter(self.clone if self.clone.exists() else self.work)
        if name != "README.md":
            self.quietly("source .venv/bin/activate; git switch -q main && git checkout -q . && dvc checkout -q")
            self.prepare(name)
        steps = pages.steps(name, (ROOT / name).read_text(encoding="utf-8"))
        steps += [pages.Step(name, command) for command in plan.ADDED.get(name, ())]
        done = []
        for number, step in enumerate(steps, 1):
            if name == "README.md" and PREPARED_BEFORE in step.text:
                self.prepare(name)
            if (name, step.text[: len(plan.SMALL_FROM[1])]) == plan.SMALL_FROM:
                self.small()
            done.append(self.step(step, f"{Path(name).stem.lower()}-{number}"))
            print(f"{name}: {done[-1].seconds:6.1f} s  {done[-1].result:12}  {step.title[:90]}", flush=True)
        return done

    def step(self, step: pages.Step, name: str) -> Done:
        command, left_out = plan.typed(step.page, step.text, name, str(self.work))
        if left_out:
            return Done(step.title, "", 0.0, f"not walked: {left_out}")
        if step.file:
            (self.clone / step.file).write_text(step.text + "\n")
            self.quietly(f"git add {step.file}")
            return Done(step.title, "", 0.0, "done")
        if step.is_python:
            command = f"python - <<'END'\n{command}\nEND"
        for start, folder in plan.ELSEWHERE_TYPED.items():
            if step.text.startswith(start):
                self.quietly(f"cd {folder.format(work=self.work)}")
        typed = self.shell.type(command)
        shown = f"$ {command}\n{typed.screen}".replace(str(self.work), "~")
        result = {0: "done", None: "ended after 10 min"}.get(typed.status, f"fails: {last_line(shown)}")
        if "infoplane new" in command:
            self.small("A study, small")
        return Done(step.title, shown, typed.seconds, result)

    def small(self, message: str = "Small settings") -> None:
        """Commit settings of which a run takes a minute."""
        changes = f"apply_overrides('params.yaml', {list(plan.SMALL)!r})"
        self.quietly(f'python -c "from dvc.utils.hydra import apply_overrides; {changes}"')
        self.quietly(f"git add . && git commit -qm {shlex.quote(message)}; test -d data && dvc repro -q")
        self.quietly("git add . && git commit -qm 'Results of small settings'")

    def prepare(self, page: str) -> None:
        if page in PREPARED:
            self.quietly(f"cd {shlex.quote(str(self.clone))}; python {HERE / 'files.py'} {PREPARED[page]}")

    def quietly(self, command: str) -> None:
        """What belongs to no page."""
        typed = self.shell.type(command, 900)
        if typed.status:
            print(f"  {command}: {typed.status}\n{typed.screen}", flush=True)


def main() -> None:
    work, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    walk = Walk(work)
    kept = work / "walked.json"
    walked = json.loads(kept.read_text()) if kept.exists() else {}
    if not walk.clone.exists():
        walk.publish()
    for name in names or plan.PAGES:
        walked[name] = walk.page(name)
        kept.write_text(json.dumps(walked))
    done = {name: [Done(*row) for row in walked[name]] for name in plan.PAGES if name in walked}
    write(HERE, done, pictures.take(walk.clone, HERE, work))


if __name__ == "__main__":
    main()
