"""`dvc plots diff` between two commits: planes side by side, offline, in vl-convert and in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import vl_convert
from browser import CHROMIUM, dom_of, with_script

from conftest import ROOT
from example_tables import LAYERS, mi_table
from infoplane import figures
from infoplane.planes.captions import with_measured

pytestmark = pytest.mark.slow

TEMPLATES = ROOT / ".dvc" / "plots"
VERSIONS = [vl_convert.get_vegalite_versions()[i] for i in (0, -1)]
"""The oldest and the newest Vega-Lite that vl-convert knows; DVC's own page loads 5.2.0."""
BOTH = ("train", "test")
MAIN = {
    "binning": mi_table(),
    "mine": mi_table("mine", splits=BOTH, bounds=True),
    "classifier": mi_table("classifier", xt=False),
    "dropout": mi_table("dropout", silent=LAYERS),
    "empty": mi_table("empty").head(0),
    "dropped": mi_table("dropped"),
}
BRANCH = {
    "binning": with_measured(mi_table(saturated=True, seed=3), ("H(bin T); X: split [nats]", None)),
    "mine": mi_table("mine", splits=BOTH, layers=["conv1", "hidden1", "output"], seed=5),
    "classifier": mi_table("classifier", xt=False, seed=9),
    "dropout": mi_table("dropout", silent=LAYERS[:1]),
    "empty": mi_table("empty"),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A git and DVC repository whose `main` and `branch` hold the tables above as plots; returns (path, run)."""
    root = tmp_path_factory.mktemp("repository")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "DVC_NO_ANALYTICS": "1",
    }

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(tables: dict) -> None:
        shutil.rmtree(root / "plots", ignore_errors=True)
        (root / "plots" / "mi").mkdir(parents=True)
        for key, table in tables.items():
            table.to_csv(root / f"plots/mi/{key}.csv", index=False)
        figures.save(figures.overview(tables), root / "plots/figures/overview")
        declared = [stage(key, f"plots/mi/{key}.csv", PLANE) for key in tables]
        declared.append(stage("overview", "plots/figures/overview.png", "{cache: false}"))
        (root / "dvc.yaml").write_text("stages:\n" + "".join(declared))
        run("git", "add", "-A")
        run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", "tables")

    run("git", "init", "-qb", "main")
    run("dvc", "init", "-q")
    shutil.copytree(TEMPLATES, root / ".dvc" / "plots")
    commit(MAIN)
    run("git", "checkout", "-qb", "branch")
    commit(BRANCH)
    return root, run


PLANE = "{cache: false, template: information_plane, x: mi_xt, y: mi_ty}"


def stage(name: str, path: str, properties: str) -> str:
    return f"  {name}:\n    cmd: echo {name}\n    plots:\n    - {path}: {properties}\n"


@pytest.fixture(scope="module")
def specifications(repository):
    """The filled Vega-Lite specification of each plot between the two commits."""
    _, run = repository
    data = json.loads(run("dvc", "plots", "diff", "main", "branch", "--json"))["data"]
    filled = {Path(name).stem: plots[0]["content"] for name, plots in data.items() if name.endswith(".csv")}
    return {key: json.loads(text) if isinstance(text, str) else text for key, text in filled.items()}


@pytest.fixture(scope="module", params=VERSIONS)
def drawn(request, specifications):
    """For each plot its SVG."""
    return {key: vl_convert.vegalite_to_svg(spec, vl_version=request.param) for key, spec in specifications.items()}


def written(svg: str) -> list[str]:
    """All that is written in an SVG."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_both_revisions_side_by_side(drawn):
    texts = written(drawn["mine"])
    assert texts.index("main") < texts.index("branch")
    for text in ("I(X;T) [nats]", "I(T;Y) [nats]", "H(Y) = I(X;Y) = 2.30", "ceiling 9.21"):
        assert texts.count(text) == 2, text
    assert {"train", "test", "conv1", "hidden3", "1000"} <= set(texts)


def test_every_point_is_drawn_and_flagged_ones_are_hollow(drawn):
    tables = (MAIN["binning"], BRANCH["binning"])
    points = re.findall(r'<path aria-label="([^"]*)"[^>]*fill="([^"]*)"', drawn["binning"])
    hollow = [label for label, fill in points if fill == "white"]
    colours = {fill for _, fill in points} - {"white"}
    assert len(points) == sum(map(len, tables))
    assert len(colours) > 2  # those of the epochs
    assert not {"transparent", "none", "black"} & colours
    assert len(hollow) == sum((table["flag"] != "").sum() for table in tables)
    assert all("saturated" in label for label in hollow)


def test_without_an_axis_the_other_is_drawn_over_epochs(drawn):
    texts = written(drawn["classifier"])
    assert texts.count("this estimator gives no I(X;T)") == 2
    assert texts.count("epoch (log scale)") == 2
    assert "I(X;T) [nats]" not in texts


def test_a_revision_without_values_says_why(drawn):
    assert written(drawn["dropout"]).count("no estimate: no noise") == 1


@pytest.mark.parametrize(("key", "there", "lacking"), [("empty", "branch", "main"), ("dropped", "main", "branch")])
def test_a_revision_without_rows_or_file_is_left_out(drawn, key, there, lacking):
    texts = written(drawn[key])
    assert there in texts
    assert lacking not in texts


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "lacking", [("main", "mine"), ("main", "classifier"), ("branch", "mine"), ("branch", "binning")]
)
def test_each_point_stands_in_the_row_and_column_that_its_tooltip_names(specifications, version, lacking):
    # Vega-Lite puts cells in the wrong place if a facet is unsorted or sorted by another field and a cell is empty.
    rows = [row for key in ("mine", "binning", "classifier") for row in specifications[key]["data"]["values"]]
    rows = [row for row in rows if (row["rev"], row["estimator"]) != lacking]
    together = specifications["mine"] | {"data": {"name": "estimates", "values": rows}}
    headers, points = placed(vl_convert.vegalite_to_svg(together, vl_version=version))
    columns = {text: x for text, (x, _) in headers.items() if text in ("main", "branch")}
    heights = {text: y for text, (_, y) in headers.items() if text not in columns}
    assert len(points) > 100
    for (x, y), label in points:
        column = max((text for text in columns if columns[text] <= x + 5), key=columns.__getitem__)
        row = min(heights, key=lambda text: abs(heights[text] - y))
        assert f"revision: {column}; estimator: {row};" in label


def placed(svg: str) -> tuple[dict, list]:
    """Where an SVG has its facet headers, text -> (x, y), and its points, ((x, y), tooltip)."""
    headers, points = {}, []

    def visit(node, x: float, y: float, in_header: bool) -> None:
        if move := re.match(r"translate\(([-\d.e]+),([-\d.e]+)\)", node.get("transform", "")):
            x, y = x + float(move[1]), y + float(move[2])
        in_header = in_header or "-header" in node.get("class", "")
        if in_header and node.tag.endswith("text"):
            headers[node.text] = (x, y)
        if "revision:" in node.get("aria-label", ""):
            points.append(((x, y), node.get("aria-label")))
        for child in node:
            visit(child, x, y, in_header)

    visit(ET.fromstring(svg), 0.0, 0.0, False)
    return headers, points


def test_values_of_layers_over_epochs_keep_to_their_revision(repository):
    _, run = repository
    command = ["dvc", "plots", "diff", "main", "branch", "--targets", "plots/mi/classifier.csv", "--json"]
    plots = json.loads(run(*command, "-t", "by_layer", "-x", "epoch", "-y", "mi_ty"))["data"]["plots/mi/classifier.csv"]
    headers, points = placed(vl_convert.vegalite_to_svg(plots[0]["content"]))
    assert {"main", "branch", "mi_ty"} <= set(headers)
    middle = headers["branch"][0] - 5
    assert len(points) >= len(MAIN["classifier"]) + len(BRANCH["classifier"])
    assert all(("revision: branch;" in label) == (x > middle) for (x, _), label in points)


def test_axes_are_named_after_what_a_revision_says_that_it_measures(drawn):
    texts = written(drawn["binning"])
    assert [texts.count(text) for text in ("I(X;T) [nats]", "H(bin T); X: split [nats]", "I(T;Y) [nats]")] == [1, 1, 2]


def test_labels_given_to_dvc_replace_the_plain_ones(repository):
    _, run = repository
    command = ["dvc", "plots", "diff", "main", "--targets", "plots/mi/binning.csv", "--json"]
    plots = json.loads(run(*command, "--x-label", "H(bin T) [nats]"))["data"]["plots/mi/binning.csv"]
    texts = written(vl_convert.vegalite_to_svg(plots[0]["content"]))
    assert "H(bin T) [nats]" in texts
    assert "I(X;T) [nats]" not in texts


@pytest.fixture(scope="module")
def page(repository):
    """The page of `dvc plots diff` with Vega inside."""
    root, run = repository
    run(sys.executable, "-m", "infoplane.page.dvc_plots")
    assert run("git", "status", "--porcelain", "--", ".dvc") == ""
    run("dvc", "plots", "diff", "main", "branch")
    return root / "dvc_plots" / "index.html"


def test_the_page_asks_the_network_for_nothing(page):
    text = page.read_text()
    assert "<script src" not in text
    assert text.count("vegaEmbed('#") == len(MAIN)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the page in")
def test_the_page_draws_every_plane_in_a_browser(page, tmp_path):
    dom = dom_of(page.as_uri(), tmp_path)
    assert dom.count('aria-roledescription="visualization"') == len(MAIN)
    texts = written(dom)
    assert texts.count("no estimate: no noise") == 1
    assert texts.count("branch") == len(BRANCH)
    assert dom.count('_plots_figures_overview.png">') == 2


TOOLTIP = """<script>
addEventListener("load", () => setTimeout(() => {
for (const plot of document.querySelectorAll(".section")) plot.open = true;
const point = document.querySelector("path[aria-label*='revision']"), {left, top} = point.getBoundingClientRect();
for (const type of ["pointermove", "mousemove"])
  point.dispatchEvent(new PointerEvent(type, {bubbles: true, clientX: left + 3, clientY: top + 3}));
setTimeout(() => {
  const tip = document.getElementById("vg-tooltip-element"), {display, visibility} = getComputedStyle(tip);
  document.body.textContent = `FOUND ${display} ${visibility} ${tip.textContent}`;
}, 500);
}, 1000));
</script>
</body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the page in")
def test_a_point_of_the_page_says_what_it_is(page, tmp_path):
    dom = dom_of(with_script(page.read_text(), TOOLTIP, tmp_path / "page.html"), tmp_path / "user")
    assert "FOUND block visible" in dom
    assert "revision" in dom.partition("FOUND")[2]
