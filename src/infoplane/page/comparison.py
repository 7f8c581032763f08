"""Two runs, or groups of runs, in one HTML page that needs nothing beside it: planes, differences, parameters, scalars.

The planes and the curves are drawn by the templates of `dvc plots`, so that both look alike.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from infoplane.flags import AXIS_FLAGS
from infoplane.information import VALUES
from infoplane.page import over_epochs_template, plane_template, vega
from infoplane.page.html_files import beside, filled, inlined
from infoplane.planes.captions import MEASURED, measured_of, with_measured
from infoplane.planes.differences import OF_A_SIDE, QUANTITIES
from infoplane.planes.over_epochs import over_epochs
from infoplane.planes.reading import averaged, drawable, in_order
from infoplane.storage.csv_files import FLOAT_FORMAT

TITLES = {"mi_xt": "{} at the end", "mi_ty": "{} at the end", "compression": "Fall of {} from its peak"}
PLANE_COLUMNS = ("split", "epoch", "layer", "estimator", *VALUES, "flag", *AXIS_FLAGS, *MEASURED)


class Side(NamedTuple):
    """One of the two.

    Attributes:
        name: as it was asked for.
        runs: the names of its runs.
        planes: for each key of an estimator its plane, in nats; the repetitions of all runs are repetitions.
    """

    name: str
    runs: Sequence[str]
    planes: Mapping[str, pd.DataFrame]


def page(a: Side, b: Side, params: pd.DataFrame, scalars: pd.DataFrame, layers: pd.DataFrame) -> str:
    """The page as HTML; the same values give the same bytes.

    Args:
        params, scalars, layers: as `infoplane.library.comparing.Comparison` has them.
    """
    names = _names(a, b)
    charts: dict[str, dict[str, Any]] = {}
    sections = []
    for number, key in enumerate(dict.fromkeys([*a.planes, *b.planes])):
        charts[f"plane-{number}"] = _plane(key, names, (a, b))
        told = _differences(layers[layers["estimator"] == key], names, (a, b), key)
        sections.append(
            f"<section><h2>{html.escape(key)}</h2>{_notes(key, (a, b), params)}"
            f'<div class="chart"><div id="plane-{number}"></div></div>{told}</section>'
        )
    if charts:
        charts["over-epochs"] = _over_epochs(names, (a, b))
    title = f"{names[0]} and {names[1]}"
    return filled(
        "comparison.html",
        {
            "title": html.escape(title),
            "runs": _runs(names, (a, b)),
            "params": _table(["", *names], ([name, row["a"], row["b"]] for name, row in params.iterrows()))
            if len(params) else "<p>No parameter differs.</p>",
            "scalars": _table(["", *names, "difference"], _scalar_rows(scalars)),
            "planes": "\n".join(sections),
            "data": inlined(charts),
            "vega": vega.script(),
            "script": beside("comparison.js"),
        },
    )  # fmt: skip


def _names(a: Side, b: Side) -> list[str]:
    """How the two are told apart, also where one run is compared with itself."""
    return [a.name, b.name] if a.name != b.name else [f"{a.name} (A)", f"{b.name} (B)"]


def _runs(names: Sequence[str], sides: Sequence[Side]) -> str:
    """Which runs a group has, and what is made of them; empty where each is one run."""
    groups = [
        f"{html.escape(name)}: {html.escape(', '.join(side.runs))}."
        for name, side in zip(names, sides, strict=True)
        if len(side.runs) > 1
    ]
    if not groups:
        return ""
    return (
        f"<p>{' '.join(groups)} Values of several runs are means, flagged where one is; bars and ± are their standard "
        "deviation.</p>"
    )


def _plane(key: str, names: Sequence[str], sides: Sequence[Side]) -> dict[str, Any]:
    """Both planes side by side, with the same axes."""
    found = []
    for name, side in zip(names, sides, strict=True):
        if key in side.planes:
            data = averaged(drawable(side.planes[key]), "repetition")
            data = with_measured(data, measured_of(side.planes[key])).assign(estimator=key, rev=name)
            found.append(data[["rev", *PLANE_COLUMNS]])
    anchors = {"TITLE": "", "X_LABEL": "mi_xt", "Y_LABEL": "mi_ty", "X": "mi_xt", "Y": "mi_ty"}
    return _chart(plane_template.template(), pd.concat(found, ignore_index=True), anchors)


def _over_epochs(names: Sequence[str], sides: Sequence[Side]) -> dict[str, Any]:
    tables = [over_epochs(side.planes).assign(rev=name) for name, side in zip(names, sides, strict=True)]
    return _chart(
        over_epochs_template.template(), pd.concat(tables, ignore_index=True), {"TITLE": "", "X_LABEL": "epoch"}
    )


def _chart(template: Mapping[str, Any], rows: pd.DataFrame, anchors: Mapping[str, str]) -> dict[str, Any]:
    """A template of `dvc plots` with its anchors filled, and its rows as columns of text, as DVC hands them over."""
    text = json.dumps(template)
    for anchor, value in anchors.items():
        text = text.replace(f"<DVC_METRIC_{anchor}>", value)
    specification = json.loads(text)
    del specification["data"]["values"]  # which comparison.js makes of the columns
    columns = {name: [_text(value) for value in rows[name]] for name in rows.columns if rows[name].notna().any()}
    return {"specification": specification, "columns": columns}


def _text(value: Any) -> str:
    return "" if pd.isna(value) else FLOAT_FORMAT % value if isinstance(value, float) else str(value)


def _notes(key: str, sides: Sequence[Side], params: pd.DataFrame) -> str:
    """Why the two planes may not be comparable."""
    if lacking := [side.name for side in sides if key not in side.planes]:
        return f"<p>Not in {html.escape(lacking[0])}.</p>"
    notes = []
    section = [name for name in map(str, params.index) if name.startswith(f"estimators.{key}.")]
    if section:
        notes.append(f"Estimated with other settings: {', '.join(section)}.")
    measured = [measured_of(side.planes[key]) for side in sides]
    if measured[0] != measured[1]:
        notes.append(f"What is measured differs: {'; '.join(measured[0])}, and {'; '.join(measured[1])}.")
    return "".join(f"<p>{html.escape(note)}</p>" for note in notes)


def _differences(rows: pd.DataFrame, names: Sequence[str], sides: Sequence[Side], key: str) -> str:
    """A table for each quantity, with a row per layer."""
    told = next(measured_of(side.planes[key]) for side in sides if key in side.planes)
    labels = {"mi_xt": told[0], "mi_ty": told[1], "compression": told[0]}
    found = []
    for quantity in QUANTITIES:
        of = rows[rows["quantity"] == quantity]
        if not len(of):
            continue
        several = len(in_order(of["split"])) > 1
        body = [
            [
                f"{row['layer']}, {row['split']}" if several else row["layer"],
                *(_valued(*row[[f"{name}_{side}" for name in OF_A_SIDE]]) for side in "ab"),
                _valued(*row[["difference", "low", "high", "flag"]], signed=True),
            ]
            for _, row in of.iterrows()
        ]
        caption = TITLES[quantity].format(labels[quantity].partition("; ")[0])
        found.append(_table(["", *names, "difference"], body, f"{caption} [nats]"))
    return f'<div class="tables">{"".join(found)}</div>'


class _Cell(NamedTuple):
    """A cell that is more than its text."""

    text: str
    below: str = ""
    doubted: bool = False


def _valued(value: float, low: float, high: float, flag: str, *, signed: bool = False) -> _Cell:
    if pd.isna(value):
        return _Cell("", flag, bool(flag))
    form = "{:+.3f}" if signed else "{:.3f}"
    bar = "" if pd.isna(low) or pd.isna(high) else f"{form.format(low)} to {form.format(high)}"
    return _Cell(form.format(value), "; ".join(filter(None, [bar, flag])), bool(flag))


def _scalar_rows(scalars: pd.DataFrame) -> Iterable[list[Any]]:
    for name, row in scalars.iterrows():
        cells = []
        for side in "ab":
            flagged = int(row[f"flagged_{side}"])
            below = f"{flagged} flagged" if flagged > 1 else "flagged" if flagged else ""
            std = row[f"std_{side}"]
            value = "" if pd.isna(row[side]) else f"{row[side]:.4g}" + ("" if pd.isna(std) else f" ± {_short(std):.2g}")
            cells.append(_Cell(value, below, bool(flagged)))
        yield [name, *cells, "" if pd.isna(row["difference"]) else f"{_short(row['difference']):+.4g}"]


def _short(value: float) -> float:
    """Without what rounding leaves of a 0."""
    return round(value, 6) + 0.0


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "") -> str:
    lines = [f"<caption>{html.escape(caption)}</caption>"] if caption else []
    lines.append("<tr>" + "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads) + "</tr>")
    for first, *others in rows:
        cells = (each if isinstance(each, _Cell) else _Cell(str(each)) for each in others)
        lines.append(f'<tr><th scope="row">{html.escape(str(first))}</th>{"".join(map(_written, cells))}</tr>')
    return f"<table>{''.join(lines)}</table>"


def _written(cell: _Cell) -> str:
    below = f"<small>{html.escape(cell.below)}</small>" if cell.below else ""
    doubted = ' class="doubted"' if cell.doubted else ""
    return f"<td{doubted}>{html.escape(cell.text)}{below}</td>"
