"""Presets: papers/<name>.yaml, a published setting as changes of params.yaml.

A file holds, beside words (`source`, `figure`, `finding`, `runtime`): `accuracy`, the percent that its networks must
reach on the test part, one number or one a run; `overrides`, nested like params.yaml; optionally `runs`, further
overrides by the name of a run, where a finding compares several; and `quick`, a smaller variant, with `cut`, what it
leaves out, and `accuracy`, `overrides` and `runs` of its own. Later overrides win key by key, but the section
`estimators` of params.yaml is replaced: a paper has its own. With `alone: true`, a quick variant has other networks:
its `overrides` and `runs` stand in place of the full ones.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).parent
Overrides = dict[str, Any]


class Preset(NamedTuple):
    """One paper.

    Attributes:
        words: `source`, `figure`, `finding`, `runtime`, `accuracy`, and, of a quick variant, `cut`.
        runs: overrides of params.yaml by run.
    """

    name: str
    words: dict[str, Any]
    runs: dict[str, Overrides]

    @property
    def reads_out(self) -> bool:
        """Whether it is about what embeddings of several networks know, and not about planes."""
        return all(overrides.get("readout", {}).get("layer") for overrides in self.runs.values())

    def experiment(self, run: str) -> str:
        """The name of a run's DVC experiment."""
        return self.name if len(self.runs) == 1 else f"{self.name}-{run}"


def names() -> list[str]:
    """The papers: the YAML files of this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read(name: str, *, quick: bool = False) -> Preset:
    """A preset, or its quick variant; where there is none, that is the full one."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    words = {key: content[key] for key in ("source", "figure", "finding", "runtime", "accuracy")}
    smaller = content.get("quick", {}) if quick else {}
    if smaller:
        words |= {"cut": smaller["cut"], "accuracy": smaller.get("accuracy", content["accuracy"])}
    changes = smaller
    if smaller.get("alone"):
        content, changes = content | smaller, {}
    runs = {
        run: merged(content["overrides"], own, changes.get("overrides", {}), changes.get("runs", {}).get(run, {}))
        for run, own in content.get("runs", {name: {}}).items()
    }
    return Preset(f"{name}-quick" if smaller else name, words, runs)


def merged(first: Overrides, *others: Overrides) -> Overrides:
    """Nested dictionaries as one; later values win, key by key."""
    result = dict(first)
    for other in others:
        for key, value in other.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def applied(params: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    """The whole of params.yaml as a run sees it."""
    return merged(params | {"estimators": {}}, overrides)


def arguments(params: dict[str, Any], overrides: Overrides) -> list[str]:
    """The same as arguments of `dvc exp run`: -S for each key, in Hydra's grammar."""
    changes = [f"~estimators.{key}" for key in params["estimators"]]
    changes += [f"++{key}={_value(value)}" for key, value in _leaves(overrides, "")]
    return [argument for change in changes for argument in ("-S", change)]


def _leaves(overrides: Overrides, prefix: str):
    for key, value in overrides.items():
        if isinstance(value, dict) and value and prefix != "estimators.":
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(value: Any) -> str:
    """A value in Hydra's grammar of overrides."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return f"'{value}'"
    return json.dumps(value)
