"""The page that compares two runs: what it holds, and that a browser draws it."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from browser import CHROMIUM, dom_of
from test_explorer import elements

from example_tables import LAYERS, mi_table
from infoplane.page.comparison import Side, page
from infoplane.planes.captions import with_measured
from infoplane.planes.differences import differences, of_layers

AWKWARD = "</script><img src=x> @@data@@"
A = {
    "binning": with_measured(mi_table(repetitions=3), ("H(bin T); X: split", "I(bin T;Y)")),
    "classifier": mi_table("classifier", xt=False),
}
B = {
    "binning": with_measured(mi_table(seed=3), ("H(bin T); X: split", "I(bin T;Y)")),
    "classifier": mi_table("classifier", xt=False, silent=LAYERS),
    "mine": mi_table("mine", splits=("train", "test"), bounds=True),
}
SCALARS = {"a": 0.937, "std_a": 0.003, "flagged_a": 2, "b": float("nan"), "std_b": float("nan"), "flagged_b": 1}


def made(name: str = "seed*") -> str:
    found = []
    for key in B:
        sides = [of_layers([side[key]] if key in side else []) for side in (A, B)]
        found.append(differences(*sides).assign(estimator=key))
    params = pd.DataFrame({"a": ["mlp"], "b": [AWKWARD]}, index=pd.Index(["model"]))
    scalars = pd.DataFrame([SCALARS | {"difference": float("nan")}], index=pd.Index(["binning mi_xt"]))
    return page(Side(name, ["one", "two"], A), Side("main", ["main"], B), params, scalars, pd.concat(found))


def charts(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_asks_the_network_for_nothing():
    found = elements(made())
    assert not {tag for tag, _ in found} & {"link", "img", "iframe", "base", "object"}
    assert not {name for _, attributes in found for name in attributes} & {"src", "href", "action"}


def test_awkward_names_stay_data():
    assert elements(made(AWKWARD)) == elements(made())
    assert set(charts(made(AWKWARD))["plane-0"]["columns"]["rev"]) == {AWKWARD, "main"}


def test_planes_of_both_are_means_over_repetitions():
    columns = charts(made())["plane-0"]["columns"]
    assert columns["rev"].count("seed*") == columns["rev"].count("main") == len(mi_table())
    assert columns["mi_xt_low"][0]
    assert columns["mi_xt_low"][-1] == ""
    assert "<DVC_METRIC" not in json.dumps(charts(made())["plane-0"])


def test_tables_have_a_row_for_each_layer_and_say_what_is_measured():
    text = made()
    for caption in (
        "H(bin T) at the end [nats]",
        "I(bin T;Y) at the end [nats]",
        "Fall of H(bin T) from its peak [nats]",
    ):
        assert f"<caption>{caption}</caption>" in text
    assert '<th scope="row">output, test</th>' in text
    assert "<p>Not in seed*.</p>" in text
    assert '<td class="doubted">0.937 ± 0.003<small>2 flagged</small></td>' in text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the page in")
def test_a_browser_draws_it(tmp_path: Path):
    (tmp_path / "page.html").write_text(made())
    dom = dom_of((tmp_path / "page.html").as_uri(), tmp_path / "user")
    assert dom.count('aria-roledescription="visualization"') == 4
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", dom)
    assert texts.count("H(bin T); X: split [nats]") == 2
    assert texts.count("no estimate: no noise") == 1
    assert {"seed*", "main", "hidden1", "binning", "mine, train", "mine, test"} <= set(texts)
