"""plots/planes.html: what its address keeps, its tables, its downloads, how it fits a phone; in Chromium."""

import io
from pathlib import Path

import pandas as pd
import pytest
from browser import CHROMIUM, found_in
from test_explorer import REPEATED, TABLES, made

from example_tables import LAYERS, mi_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to open the page in"),
]

PROBE = """<script>
const found = {}, find = id => document.getElementById(id);
const nap = () => new Promise(done => setTimeout(done, 300));
function controls() {
  const checked = [...document.querySelectorAll("input:checked")].map(input => input.id);
  return {checked, epoch: find("epoch-shown").textContent, hash: location.hash};
}
async function look() {
  while (!document.body.dataset.drawn) await nap();
  found.first = controls();
  const blobs = [];
  window.Blob = class { constructor(parts) { this.text = parts.join(""); } };  // a real one takes real time
  URL.createObjectURL = blob => { blobs.push(blob); return "blob:none"; };
  HTMLAnchorElement.prototype.click = function () { blobs.at(-1).file = this.download; };
  for (const details of document.querySelectorAll(".panel details")) details.open = true;
  await nap();
  found.tables = [...document.querySelectorAll(".panel table")].map(table => table.textContent);
  for (const button of document.querySelectorAll(".panel .downloads button")) { button.click(); await nap(); }
  found.files = {};
  for (const blob of blobs) found.files[blob.file] = blob.text;
  find("layer-2")?.click();
  find("bounds").click();
  found.clicked = controls();
  location.hash = "#epoch=4&join=epochs&repetitions=each&bounds=perhaps&without=nothing";
  await nap();
  found.followed = controls();
  find("epoch").value = find("epoch").max;
  find("epoch").dispatchEvent(new Event("input"));
  for (const id of ["join-layers", "repetitions-mean"]) find(id).click();
  found.back = controls();
  found.canvases = document.querySelectorAll("canvas").length;
  found.beyond = document.documentElement.scrollWidth - document.documentElement.clientWidth;
}
look().catch(error => found.error = String(error)).finally(() => {
  document.body.textContent = "FOUND" + encodeURIComponent(JSON.stringify(found)) + "END";
});
</script>
</body>"""


def looked_at(tables: dict[str, pd.DataFrame], path: Path, hash_: str = "", size: str = "1280,900") -> dict:
    """What the probe finds in a page of these tables, opened by a link."""
    flags = ("--virtual-time-budget=60000", f"--window-size={size}")
    return found_in(made(tables), PROBE, path, *flags, link=hash_)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> dict:
    hash_ = "#without=hidden2&without-split=test&epoch=16&units=bits"
    return looked_at(TABLES, tmp_path_factory.mktemp("linked") / "planes.html", hash_)


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return looked_at(REPEATED, tmp_path_factory.mktemp("repeated") / "planes.html")


def test_a_link_shows_what_it_keeps(linked: dict):
    first = linked["first"]
    assert first["epoch"] == "epoch 16"
    assert "units-bits" in first["checked"]
    assert {"layer-1", "split-1"}.isdisjoint(first["checked"])
    assert {"layer-0", "layer-2", "split-0", "join-layers", "bounds"} <= set(first["checked"])


def test_the_address_follows_what_is_clicked(linked: dict):
    assert linked["clicked"]["hash"] == (
        "#without=hidden2&without=hidden3&without-split=test&epoch=16&units=bits&bounds=false"
    )


def test_another_link_into_the_page_is_followed_and_what_it_does_not_know_is_left(repeated: dict):
    followed = repeated["followed"]
    assert followed["epoch"] == "epoch 4"
    assert {"join-epochs", "repetitions-each", "bounds", *(f"layer-{i}" for i in range(4))} <= set(followed["checked"])


def test_an_address_as_the_page_opens_keeps_nothing(repeated: dict):
    assert repeated["first"]["hash"] == repeated["back"]["hash"] == ""


def test_tables_have_the_values_of_the_epoch_shown(linked: dict):
    row = TABLES["mine"].query("split == 'train' and layer == 'hidden1' and epoch == 16").iloc[0]
    assert f"trainhidden1{row.mi_xt / 0.6931471805599453:.4f} bits, " in linked["tables"][0]
    assert "hidden2" not in linked["tables"][0]


def test_values_are_downloaded_as_they_are_shown_in_nats(linked: dict):
    found = pd.read_csv(io.StringIO(linked["files"]["mine.csv"]), dtype={"flag_ty": object})
    rows = TABLES["mine"].query("split == 'train' and layer != 'hidden2' and epoch <= 16").reset_index(drop=True)
    assert list(found["layer"]) == list(rows["layer"])
    for column in ("mi_xt", "mi_xt_low", "mi_ty", "ceiling_ty"):
        assert list(found[column]) == pytest.approx(list(rows[column]))
    assert list(found["flag_ty"].fillna("")) == list(rows["flag"])
    assert set(found["estimator"]) == {"mine"}


def test_a_panel_is_downloaded_as_svg(linked: dict):
    text = linked["files"]["mine.svg"]
    assert text.startswith("<svg ")
    assert "I(X;T+N), N of std 0.1 [bits]" in text


def test_of_repetitions_the_mean_is_downloaded(repeated: dict):
    found = pd.read_csv(io.StringIO(repeated["files"]["binning.csv"]))
    assert len(found) == len(mi_table())
    assert found["repetition"].isna().all()


def test_many_points_are_drawn_on_a_canvas_and_fit_a_phone(tmp_path: Path):
    many = {"binning": mi_table(epochs=range(600), layers=LAYERS)}
    found = looked_at(many, tmp_path / "planes.html", size="500,844")  # Chromium makes no window narrower
    assert found["canvases"] == 1
    assert found["beyond"] <= 0
    assert found["files"]["binning.svg"].startswith("<svg ")
