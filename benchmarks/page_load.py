"""How long Chromium takes to show plots/planes.html of 10 layers, 200 epochs and 5 estimators.

    python -m benchmarks.page_load [layers epochs estimators]

Milliseconds from the start of the page to the frame with all planes, by the browser's own clock; the least of three.
Values are made up, with bars.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from infoplane.page.explorer import page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--remote-debugging-port=0")
TOLD = """<script>
const wait = setInterval(() => {
  const drawn = document.querySelectorAll("canvas.marks, svg.marks").length;
  if (drawn === PANELS) {
    clearInterval(wait);
    requestAnimationFrame(() => setTimeout(() => console.log(`SHOWN ${Math.round(performance.now())} END`)));
  }
}, 5);
</script>"""
TIMES = 3


def table(key: str, layers: int, epochs: int, seed: int) -> pd.DataFrame:
    """A plane as `estimate` writes it."""
    rng = np.random.default_rng(seed)
    layer, epoch = np.divmod(np.arange(layers * epochs), epochs)
    mi_xt = 8 - 5 * layer / layers * (1 - np.exp(-epoch / 40)) + rng.normal(0, 0.05, len(epoch))
    mi_ty = 2.3 - 1.5 * np.exp(-epoch / 20 - 0.2) + rng.normal(0, 0.02, len(epoch))
    columns = {"mi_xt": mi_xt, "mi_ty": mi_ty}
    bars = {f"{name}_{end}": value + sign * 0.1 for name, value in columns.items() for end, sign in ENDS}
    fixed = {"split": "train", "repetition": 0, "part": 0, "estimator": key, "ceiling_xt": 8.3, "ceiling_ty": 2.303}
    names = [f"layer{number:02}" for number in layer]
    flags = dict.fromkeys(("flag", "flag_xt", "flag_ty"), "")
    return pd.DataFrame({"epoch": epoch, "layer": names, **columns, **bars}).assign(**fixed, **flags)


ENDS = (("low", -1), ("high", 1))


def milliseconds(path: Path, profile: Path) -> int:
    """Until a page shows all its panels."""
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={profile}", path.as_uri()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if found := re.search(r"SHOWN (\d+) END", line):
                    return int(found[1])
        finally:
            process.terminate()
    sys.exit(f"error: {BROWSER} has shown nothing")


def main() -> None:
    if not BROWSER:
        sys.exit("error: this needs Chromium")
    layers, epochs, estimators = map(int, sys.argv[1:] or ("10", "200", "5"))
    tables = {f"estimator{i}": table(f"estimator{i}", layers, epochs, i) for i in range(estimators)}
    text = page(tables, title="as large as this", xt_labels={}, ty_labels={}, units="nats")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "planes.html"
        start, end = text.rsplit("</body>", 1)
        told = TOLD.replace("PANELS", str(estimators))
        path.write_text(f"{start}{told}</body>{end}", encoding="utf-8")
        least = min(milliseconds(path, Path(name) / "browser") for _ in range(TIMES))
    print(f"{layers} layers x {epochs} epochs x {estimators} estimators, {len(text) / 1e6:.1f} MB: {least} ms")


if __name__ == "__main__":
    main()
