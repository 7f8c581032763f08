"""What each stage runs and reads beside its script: the data set, network and estimators that params.yaml names."""

from pathlib import Path

from infoplane import datasets, inputs, models
from infoplane.models.parts.options import is_weights_file
from infoplane.running.code_files import Code
from infoplane.settings.params import Params

STAGES = Path("stages")


def code_by_stage(params: Params) -> dict[str, Code]:
    """For each stage, as DVC names it, the code from which its results come."""
    methods = {key: run.named.source.path for key, run in params.estimators.items()}
    # A formula of the user's own may come from another file; ours are literals.
    own = tuple(methods[key] for key, run in params.estimators.items() if run.named.is_own)
    stages = {
        "prepare": Code((_script("prepare"), datasets.named(params.dataset).source.path)),
        "train": Code((_script("train"), models.named(params.model).source.path), _files_of_the_network(params)),
        "resolution": Code((_script("resolution"),)),
        # the axes say what is measured, which is read from the estimators' files
        "overview": Code((_script("overview"), *own), tuple(methods.values())),
    }
    for key, method in methods.items():
        stages |= {f"{stage}@{key}": Code((_script(stage), method)) for stage in ("estimate", "validate")}
        stages[f"plot@{key}"] = Code((_script("plot"), *({method} & set(own))), (method,))
    return stages


def _files_of_the_network(params: Params) -> tuple[Path, ...]:
    """The user's files from which a network of a library is built: weights, or a folder below `inputs`.

    Raises:
        UserError: params.yaml names a file that does not exist.
    """
    if not (found := models.in_library(params.model)):
        return ()
    library, name = found
    weights = getattr(params.models[library], "weights", None)
    named = [inputs.located(params.inputs, weights, f"models.{library}.weights")] if is_weights_file(weights) else []
    if models.named(library).value("NAME_IS_A_FOLDER", False) and (Path(params.inputs) / name).is_dir():
        named.append(inputs.located(params.inputs, name, "model"))
    return tuple(file for path in named for file in inputs.files(path))


def _script(stage: str) -> Path:
    return STAGES / f"{stage}.py"
