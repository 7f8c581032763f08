"""A run on one page, to be read, printed and archived: setting, planes, flags, validation, versions, hashes."""

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from infoplane import models
from infoplane.known.judgements import OWN, is_off, rates
from infoplane.planes.fills import believed
from infoplane.planes.reading import drawable, given
from infoplane.planes.wording import AXIS_NAMES, MEANINGS
from infoplane.storage.yaml_files import in_yaml

AXES = {"xt": AXIS_NAMES["mi_xt"], "ty": AXIS_NAMES["mi_ty"]}
STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
body { color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; break-after: avoid; }
table { border-collapse: collapse; font-size: .85rem; display: block; overflow-x: auto; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e4e4e4; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; break-inside: avoid; } figure img { max-width: 100%; }
figcaption, .note { color: #555; font-size: .85rem; }
pre { background: #f5f5f5; padding: .6rem .8rem; overflow-x: auto; font-size: .85rem; }
.setting { columns: 24rem; white-space: pre-wrap; }
@page { size: A4; margin: 16mm; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } pre { white-space: pre-wrap; } }
@media print { .setting { columns: 2; font-size: 7.5pt; } }
"""


class Drawing(NamedTuple):
    """A figure of the run.

    Attributes:
        name: its file below plots/figures/, without ending.
        svg: the file's text.
        caption: what there is to say of it in words; may be empty.
    """

    name: str
    svg: str
    caption: str


class Run(NamedTuple):
    """What the page tells.

    Attributes:
        title: network and data.
        identity: rows of a name and a value that say which run it is: commit, date, uncommitted files.
        found: sentences.
        params: params.yaml.
        drawings: in the order in which to show them.
        planes, validation: for each estimator its table below plots/mi and plots/validation, in nats.
        versions: rows of package, version in requirements.txt, and version here.
        hashes: rows of stage, file and MD5.
        commands: what makes the run again, a line each.
    """

    title: str
    identity: Sequence[tuple[str, str]]
    found: Sequence[str]
    params: Mapping[str, Any]
    drawings: Sequence[Drawing]
    planes: Mapping[str, pd.DataFrame]
    validation: Mapping[str, pd.DataFrame]
    versions: Sequence[tuple[str, str, str]]
    hashes: Sequence[tuple[str, str, str]]
    commands: Sequence[str]


def page(run: Run) -> str:
    """The page as HTML, which needs no other file; the same run gives the same bytes."""
    title = html.escape(run.title)
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>',
            f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>',
            f"<h1>{title}</h1>",
            _table(None, run.identity),
            *_section("Found", "".join(f"<p>{html.escape(line)}</p>" for line in run.found)),
            *_section("Setting", _lines("setting", [f"{key}: {value}" for key, value in settings(run.params)])),
            *_section("Planes", "".join(map(_drawn, run.drawings))),
            *_section("Flags", _flags(run.planes)),
            *_section("Where the truth is known", _validation(run.validation)),
            *_section("Versions", _table(("package", "requirements.txt", "where this page was made"), run.versions)),
            *_section("Hashes", _table(("stage", "file", "MD5"), run.hashes)),
            *_section("Once more", _lines("commands", run.commands)),
            "</body>\n</html>\n",
        ]
    )


def settings(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys and values of params.yaml; of the networks' sections that of the chosen one alone."""
    chosen = models.section(params["model"])
    return list(_flat({**params, "models": {name: kept for name, kept in params["models"].items() if name == chosen}}))


def _flat(section: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", in_yaml(value)


def _section(heading: str, content: str) -> tuple[str, str]:
    return f"<h2>{html.escape(heading)}</h2>", content


def _lines(kind: str, lines: Sequence[str]) -> str:
    return f'<pre class="{kind}">' + html.escape("\n".join(lines)) + "</pre>"


def _table(head: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> str:
    lines = ["<table>"]
    if head:
        lines.append("<tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in head) + "</tr>")
    for row in rows:
        cells = "".join(f"<td{_aligned(cell)}>{html.escape(cell)}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _aligned(cell: str) -> str:
    return ' class="number"' if re.fullmatch(r"[+-]?[0-9.]+", cell) else ""


def _drawn(drawing: Drawing) -> str:
    # As an image, so that the identifiers within two SVGs don't meet.
    image = base64.b64encode(drawing.svg.encode()).decode()
    name = html.escape(drawing.name)
    words = f"{name}. {html.escape(drawing.caption)}" if drawing.caption else name
    return (
        f'<figure><img alt="{name}" src="data:image/svg+xml;base64,{image}"><figcaption>{words}</figcaption></figure>'
    )


def _flags(planes: Mapping[str, pd.DataFrame]) -> str:
    rows: list[tuple[str, ...]] = []
    found: dict[str, None] = {}
    for key, table in planes.items():
        data = drawable(table)
        for column in given(data):
            points = data[data[column].notna()]
            counts = (
                points[column.replace("mi", "flag")].str.split("; ").explode().value_counts().drop("", errors="ignore")
            )
            found |= dict.fromkeys(map(str, counts.index))
            told = ", ".join(f"{word} {count}" for word, count in counts.items())
            trusted = f"{int(believed(points, column).sum())} of {len(points)}"
            rows.append((key, AXIS_NAMES[column], trusted, told))
    meanings = "".join(f"<br>{html.escape(word)}: {MEANINGS[word]}" for word in found if word in MEANINGS)
    note = f'<p class="note">A flag says why a value is not to be believed.{meanings}</p>'
    return _table(("estimator", "axis", "values to be believed", "flags"), rows) + note


def _validation(tables: Mapping[str, pd.DataFrame]) -> str:
    """How often unflagged values are off, and each of the run's own layers."""
    rows: list[tuple[str, ...]] = []
    own: list[tuple[str, ...]] = []
    for key, table in tables.items():
        of_layers = table["task"].str.startswith(OWN)
        for origin, part in (("known distributions", table[~of_layers]), ("layers of this run", table[of_layers])):
            for axis, name in AXES.items():
                if (count := rates(part[part["axis"] == axis])).values:
                    flagged, off = count.values - count.unflagged, f"{count.off} of {count.unflagged}"
                    rows.append((key, origin, name, str(count.values), str(flagged), off))
        own += [(key, *_layer(row)) for row in table[of_layers].assign(off=is_off).to_dict("records")]
    head = ("estimator", "of", "axis", "values", "flagged", "unflagged and off")
    each = ("estimator", "layer of this run", "axis", "n", "truth", "estimate", "bar", "flag")
    note = '<p class="note">Off: by more than .1 nats and 10 % of the truth. All numbers are in nats.</p>'
    return _table(head, rows) + note + (_table(each, own) if own else "")


def _layer(row: Mapping[Any, Any]) -> tuple[str, ...]:
    bar = "" if pd.isna(row["low"]) or pd.isna(row["high"]) else f"{row['low']:.2f} to {row['high']:.2f}"
    flag = row["flag"] or ("none, and off" if row["off"] else "")
    values = (f"{row['truth']:.3f}", f"{row['estimate']:.3f}", bar, flag)
    return (row["task"].removeprefix(OWN), AXES[row["axis"]], str(row["n"]), *values)
