"""What each stage runs and reads beside its script: the data set, network and estimators that params.yaml names."""

from pathlib import Path

from infoplane import datasets, models
from infoplane.running.code_files import Code
from infoplane.settings.measures import chosen
from infoplane.settings.params import Params

STAGES = Path("stages")


def code_by_stage(params: Params) -> dict[str, Code]:
    """For each stage, as DVC names it, the code from which its results come."""
    methods = {key: run.named.source.path for key, run in params.estimators.items()}
    # A formula of the user's own may come from another file; ours are literals.
    own = tuple(methods[key] for key, run in params.estimators.items() if run.named.is_own)
    measures = tuple(each.named.source.path for each in chosen(params.measures))
    stages = {
        "prepare": Code((_script("prepare"), datasets.named(params.dataset).source.path)),
        "train": Code((_script("train"), models.named(params.model).source.path)),
        "resolution": Code((_script("resolution"),)),
        "measures": Code((_script("measures"), *measures)),
        # the axes say what is measured, which is read from the estimators' files
        "overview": Code((_script("overview"), *own), (*methods.values(), *measures)),
    }
    for key, method in methods.items():
        stages |= {f"{stage}@{key}": Code((_script(stage), method)) for stage in ("estimate", "validate")}
        stages[f"plot@{key}"] = Code((_script("plot"), *({method} & set(own))), (method,))
    return stages


def _script(stage: str) -> Path:
    return STAGES / f"{stage}.py"
