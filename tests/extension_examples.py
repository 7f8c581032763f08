"""The examples of docs/extending.md, measures.md and networks.md, by the file of extensions/ into which each is put."""

import re

from conftest import ROOT

PAGE = "".join((ROOT / f"docs/{name}.md").read_text() for name in ("extending", "measures", "networks", "training"))
TOLD_BY = {
    "my_module": "class MyNet",
    "my_data": "def three_blobs",
    "my_estimator": 'MEASURES_XT = "H(sign T',
    "my_measures": "def silent",
    "my_tokens": "def sevens",
    "my_epochs": "def often_at_first",
}


def _example(name: str) -> str:
    assert f"`extensions/{name}.py`" in PAGE
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if TOLD_BY[name] in block]
    return found


EXAMPLES = {name: _example(name) for name in TOLD_BY}
