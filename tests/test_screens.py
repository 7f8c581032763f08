"""docs/screens: what the walk reads of a page, what it types in its place, and what it keeps of the screen."""

import os
import re
import sys
from pathlib import Path

import pytest

from conftest import ROOT

HERE = ROOT / "docs/screens"
sys.path.insert(0, str(HERE))
pytest.importorskip("rich")

import pages  # noqa: E402
import plan  # noqa: E402
import recordings  # noqa: E402
import walk  # noqa: E402
from recordings import Done  # noqa: E402
from terminal import Shell, screen  # noqa: E402

PAGE = """# A page

    dvc exp run -S a=1 \\
        -S 'b=[1, 2]'      # a comment
    planes: what it prints

Put it into `extensions/mine.py`:

```python
x = 1
```

and run it

```python
import this

print(x)
```

```yaml
    dvc: no command
```

    python -c "
    print(1)"
"""


def test_commands_and_python_of_a_page_in_order():
    found = pages.steps("p.md", PAGE)
    assert [step.text for step in found] == [
        "dvc exp run -S a=1 \\\n-S 'b=[1, 2]'", "x = 1", "import this\n\nprint(x)", 'python -c "\nprint(1)"',
    ]  # fmt: skip
    assert [step.file for step in found] == ["", "extensions/mine.py", None, ""]
    assert [step.title for step in found[:3]] == [
        "dvc exp run -S a=1 -S 'b=[1, 2]'", "extensions/mine.py is written", "Python: print(x) ...",
    ]  # fmt: skip


def test_every_page_has_steps_and_nothing_is_typed_that_names_a_place_of_the_readers():
    for page in plan.PAGES:
        steps = walk.steps_of(page)
        assert steps, page
        for step in steps:
            typed = plan.typed(page, step.text, "name", "/work")
            assert typed.left_out or step.is_python or not re.search(r"<\w| /data/|s3:|\.\.\.", typed.command)


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("dvc exp run -S a=1", "dvc exp run --temp -n n -S a=1 plot@binning"),
        ("dvc exp run -n small -S readout.layer=x", "dvc exp run --temp -n small -S readout.layer=x readout"),
        ("dvc exp run --temp -n my-cnn -S model=cnn", "dvc exp run --temp -n my-cnn -S model=cnn"),
        (
            "dvc exp run -S '+estimators.ksg={method: ksg}'",
            "dvc exp run --temp -n n -S '+estimators.ksg={method: ksg}' plot@ksg",
        ),
        ("dvc exp run --queue -S seed=1", "dvc exp run --queue -S seed=1"),
        ("git clone /data/origin.git theirs", "git clone /work/data/origin.git theirs"),
    ],
)
def test_what_is_typed_in_the_place_of_a_command(command: str, typed: str):
    assert plan.typed("docs/x.md", command, "n", "/work").command == typed


def test_a_shell_keeps_its_folder_and_environment(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    shell = Shell(tmp_path, dict(os.environ), tmp_path / "state")
    assert shell.type("cd inner; export WORD='two words'").status == 0
    typed = shell.type('echo "$WORD in ${PWD##*/}"; false')
    assert (typed.screen, typed.status) == ("two words in inner", 1)
    assert shell.type("sleep 60", limit=0.5).status is None
    shell.enter(tmp_path)
    assert shell.type('test -z "$WORD"').status == 0


def test_a_screen_shows_bars_as_they_stood_last():
    written = "a\r\n 10%|#    |\r100%|#####|\r\n\x1b[1mfirst\x1b[0m\r\nsecond\x1b[A\r\x1b[KX\n\n"
    assert screen(written) == "a\n100%|#####|\nX\nsecond"


def test_the_table_says_what_was_walked_and_what_was_not(tmp_path: Path):
    done = [
        Done("make table", "$ make table\na | b", 12.4, "done"),
        Done("make test", "", 0.0, "not walked: long"),
    ]
    recordings.write(tmp_path, {"README.md": done}, {"planes.png": "the planes"})
    text = (tmp_path / "README.md").read_text()
    assert "| README | `make table` | 12 | done |" in text
    assert "| README | `make test` |  | not walked: long |" in text
    assert "1 steps in 0 minutes" in text
    assert "![the planes](planes.png)" in text
    svg = (tmp_path / "terminal/make-table.svg").read_text()
    assert "@font-face" not in svg
    assert "http" not in svg.replace("http://www.w3.org", "")
