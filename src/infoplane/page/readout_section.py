"""What classifiers read from a frozen layer, as a table below the planes of plots/planes.html."""

import html

import pandas as pd

from infoplane.readout.table import INFORMATION, MI_EE, SCORES, each_length

MEASURES = (*SCORES, *INFORMATION)
IN_NATS = {measure: f"{measure} [nats]" for measure in ("loss", *INFORMATION)}


def section(readout: pd.DataFrame) -> str:
    """HTML: a row for each split, repetition and length, a cell for each measure with its bar; empty without rows.

    Args:
        readout: as plots/readout.csv holds it, information in nats.
    """
    if readout.empty:
        return ""
    rows = each_length(readout)
    first = rows.iloc[0]
    several = rows["repetition"].nunique() > 1
    names = ["split", *(["repetition"] if several else []), "length"]
    places = rows[names].drop_duplicates()
    cells = {tuple(row[name] for name in (*names, "measure")): row for _, row in rows.iterrows()}
    lines = [
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in place)
        + "".join(_cell(cells.get((*place, measure))) for measure in MEASURES) + "</tr>"
        for place in places.itertuples(index=False, name=None)
    ]  # fmt: skip
    heads = [*names[:-1], "epochs of the classifier", *(IN_NATS.get(measure, measure) for measure in MEASURES)]
    layer, epoch = html.escape(str(first["layer"])), int(first["epoch"])
    return "\n".join([
        '<section id="readout">',
        f"<h2>What {layer} knows, frozen after epoch {epoch}</h2>",
        f"<p>E: its {int(first['d'])} units; P: predictions of linear classifiers on E, learned from the split train. "
        f"Below each value its bar. Grey: not to be believed, and why. {MI_EE}: how many inputs E tells apart.</p>",
        "<table>",
        "<tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in heads) + "</tr>",
        *lines,
        "</table>",
        "</section>",
    ])  # fmt: skip


def _cell(row: pd.Series | None) -> str:
    if row is None or pd.isna(row["value"]):
        return "<td></td>"
    bar = "" if pd.isna(row["low"]) or pd.isna(row["high"]) else f"<small>{row['low']:.3g} to {row['high']:.3g}</small>"
    flag = "" if pd.isna(row["flag"]) else str(row["flag"])
    doubted = f' class="doubted" title="{html.escape(flag)}"' if flag else ""
    return f"<td{doubted}>{row['value']:.3f}{bar}{f'<small>{html.escape(flag)}</small>' if flag else ''}</td>"
