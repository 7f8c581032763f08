"""What each stage runs and reads beside its script: the data set, network and estimators that params.yaml names."""

from pathlib import Path

from infoplane import datasets, inputs, models
from infoplane.models.parts.options import is_weights_file
from infoplane.running.code_files import Code
from infoplane.settings.imported import imported_path
from infoplane.settings.measures import chosen
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import own_function
from infoplane.settings.weights_series import checkpoints

STAGES = Path("stages")


def code_by_stage(params: Params) -> dict[str, Code]:
    """For each stage, as DVC names it, the code from which its results come."""
    methods = {key: run.named.source.path for key, run in params.estimators.items()}
    # A formula of the user's own may come from another file; ours are literals.
    own = tuple(methods[key] for key, run in params.estimators.items() if run.named.is_own)
    data = datasets.named(params.dataset).source.path
    # The shape of one x and the number of classes come from the headers of the user's files.
    described = (data,) if datasets.is_of_files(params.dataset) else ()
    measures = tuple(each.named.source.path for each in chosen(params.measures))
    stages = {
        "prepare": Code((_script("prepare"), data), tuple(datasets.user_files(params.dataset, params.reading))),
        "train": Code((*_makers(params), *described, *_own_epochs(params)), _given(params)),
        "resolution": Code((_script("resolution"),)),
        "readout": Code((_script("readout"),)),
        "measures": Code((_script("measures"), *measures)),
        # the axes say what is measured, which is read from the estimators' files
        "overview": Code((_script("overview"), *own), (*methods.values(), *measures)),
    }
    for key, method in methods.items():
        reduction = params.estimators[key].reduction
        run = (method, *(reduction.files if reduction else ()))
        stages |= {f"{stage}@{key}": Code((_script(stage), *run)) for stage in ("estimate", "validate")}
        stages[f"plot@{key}"] = Code((_script("plot"), *({method} & set(own))), (method,))
    return stages


def _makers(params: Params) -> tuple[Path, ...]:
    script = _script(params.source)
    return (script,) if params.source == "import" else (script, models.named(params.model).source.path)


def _own_epochs(params: Params) -> tuple[Path, ...]:
    """The file of the user's that chooses the epochs to record."""
    named = own_function(params.record.epochs)
    return (named.source.path,) if named else ()


def _given(params: Params) -> tuple[Path, ...]:
    """Files of the user's that activations are made from."""
    if params.source == "import":
        return tuple(inputs.files(imported_path(params)))
    series = checkpoints(params) if params.source == "record" else []
    return (*_files_of_the_network(params), *(checkpoint.path for checkpoint in series if checkpoint.path))


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
