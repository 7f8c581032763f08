"""The examples of docs/extending.md and networks.md, by the file of extensions/ into which the page puts each."""

import re

from conftest import ROOT

PAGE = "".join((ROOT / f"docs/{name}.md").read_text() for name in ("extending", "networks"))
TOLD_BY = {
    "my_module": "class MyNet",
    "my_data": "def three_blobs",
    "my_estimator": 'MEASURES_XT = "H(sign T',
    "my_tokens": "def sevens",
}


def _example(name: str) -> str:
    assert f"`extensions/{name}.py`" in PAGE
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if TOLD_BY[name] in block]
    return found


EXAMPLES = {name: _example(name) for name in TOLD_BY}
