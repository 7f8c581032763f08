"""Every mistake in params.yaml is one line that names the key, before anything else happens."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from infoplane import chosen_network, estimators, models, params
from infoplane.errors import UserError

GOOD = yaml.safe_load((ROOT / "params.yaml").read_text())
REMOVED = object()


def changed(key: str, value: Any) -> dict[str, Any]:
    """The repository's params.yaml with one key set to another value, or removed."""
    content = copy.deepcopy(GOOD)
    *path, last = key.split(".")
    section = content
    for name in path:
        section = section[name]
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    return content


def read(content: Any, folder: Path) -> params.Params:
    path = folder / "params.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    chosen = params.read(path)
    chosen_network.check(chosen)
    return chosen


MISTAKES: list[tuple[str, Any, str]] = [
    ("seed", -1, "seed = -1: input should be greater than or equal to 0"),
    ("seed", 2**40, "seed"),
    ("seed", 1.5, "seed = 1.5: input should be a valid integer"),
    ("seed", "0", "seed = '0'"),
    ("seed", None, "seed = None"),
    ("seed", True, "seed"),
    ("seed", REMOVED, "seed is missing"),
    ("device", "gpu", "device = 'gpu': input should be 'auto', 'cpu' or 'cuda'"),
    ("dataset", "imagenet", "dataset = 'imagenet': must be one of mnist5k, mnist, fashion_mnist, cifar10, szt"),
    ("dataset", ["mnist"], "dataset"),
    ("dataset", "../mnist", "dataset = '../mnist': must be one of"),
    ("model", "transformer9", "model = 'transformer9': must be one of cnn, fcn, lenet, mlp, recurrent"),
    ("model", None, "model = None"),
    ("models", {}, "there is no section models.mlp"),
    ("models.vgg", {}, "models = 'vgg': must be one of"),
    ("models.mlp", None, "models.mlp"),
    ("models.mlp.widths", [], "models.mlp.widths"),
    ("models.mlp.widths", [64, 0], "models.mlp.widths.1 = 0"),
    ("models.mlp.widths", [10**30], "models.mlp.widths.0"),
    ("models.mlp.widths", 64, "models.mlp.widths = 64: input should be a valid list"),
    ("models.mlp.widths", REMOVED, "models.mlp.widths is missing"),
    ("models.mlp.activation", "swish", "models.mlp.activation = 'swish': input should be 'relu', 'tanh', 'sigmoid'"),
    ("models.mlp.width", [3], "models.mlp.width = [3]: unknown key; known are widths, activation, dropout"),
    (
        "models.mlp.dropout",
        {"kind": "gaussian"},
        "models.mlp.dropout = {'kind': 'gaussian'}: kind gaussian needs the key std",
    ),
    (
        "models.mlp.dropout.kind",
        "bernoulli",
        "models.mlp.dropout.kind = 'bernoulli': input should be 'gaussian', 'additive'",
    ),
    ("models.mlp.dropout.kind", "standard", "kind standard needs the key rate"),
    (
        "models.mlp.dropout",
        {"kind": "information", "prior": "log_normal", "beta": -1.0},
        "models.mlp.dropout.beta = -1.0",
    ),
    ("models.mlp.dropout.std", 0, "models.mlp.dropout.std = 0: input should be greater than 0"),
    ("models.mlp.dropout.std", float("inf"), "models.mlp.dropout.std"),
    ("models.mlp.dropout.std", float("nan"), "models.mlp.dropout.std"),
    ("models.mlp.dropout.rate", 0.5, "rate is no key of kind gaussian, which has std"),
    ("models.mlp.dropout.probability", 0.5, "models.mlp.dropout.probability = 0.5: unknown key; known are kind, std,"),
    ("models.mlp.dropout.layers", ["hidden9"], "'hidden9' is not a hidden layer; there are hidden1, hidden2, hidden3"),
    ("models.mlp.dropout.layers", ["output"], "'output' is not a hidden layer"),
    ("models.mlp.dropout", None, "estimators.dropout: no recorded layer injects noise: set models.mlp.dropout"),
    ("models.cnn.kernel", -3, "models.cnn.kernel = -3"),
    ("train.epochs", 0, "train.epochs = 0: input should be greater than or equal to 1"),
    ("train.epochs", 10**30, "train.epochs"),
    ("train.epochs", "ten", "train.epochs = 'ten'"),
    ("train.batch_size", 0, "train.batch_size = 0"),
    ("train.optimizer", "rmsprop", "train.optimizer = 'rmsprop': input should be 'adam' or 'sgd'"),
    ("train.lr", -0.1, "train.lr = -0.1: input should be greater than 0"),
    ("train.lr", 0, "train.lr = 0"),
    ("train.lr", float("inf"), "train.lr"),
    ("train.lr", "fast", "train.lr = 'fast': input should be a valid number"),
    ("train.lr", None, "train.lr = None"),
    ("train.momentum", 1, "train.momentum = 1"),
    ("train.weight_decay", -1e-3, "train.weight_decay = -0.001"),
    ("train.schedule", "step", "train.schedule = 'step': input should be 'constant' or 'cosine'"),
    ("train.epoch", 3, "train.epoch = 3: unknown key; known are epochs, batch_size"),
    ("train", [1, 2], "train = [1, 2]"),
    ("train", REMOVED, "train is missing"),
    ("record.epochs", "every", "record.epochs = 'every': must be `all`, `every k`, `log n` or a list of epochs"),
    ("record.epochs", "log 1", "record.epochs = 'log 1': at least 2 log-spaced epochs are needed"),
    ("record.epochs", [0, 51], "record.epochs = [0, 51]: 51 is not from 0 to train.epochs = 50"),
    ("record.epochs", [0, 0], "record.epochs = [0, 0]: an entry is repeated"),
    ("record.epochs", [-1], "record.epochs = [-1]"),
    ("record.epochs", [], "record.epochs = []"),
    ("record.epochs", [True], "record.epochs = [True]"),
    ("record.splits", ["valid"], "record.splits.0 = 'valid': input should be 'train', 'test' or 'all'"),
    ("record.splits", [], "record.splits"),
    ("record.splits", ["test", "test"], "record.splits"),
    ("record.layers", ["hidden7"], "record.layers = 'hidden7': must be one of hidden1, hidden2, hidden3, output"),
    ("record.layers", "some", "record.layers = 'some': must be `all` or a list of names"),
    ("record.layers", ["hidden1"], "estimators.dropout: no recorded layer injects noise"),
    ("record.pre_activation", "yes please", "record.pre_activation = 'yes please'"),
    ("estimators.binning.bins", 1, "estimators.binning.bins = 1"),
    ("estimators.binning.bins", 3.5, "estimators.binning.bins = 3.5"),
    ("estimators.binning.edges", "row", "estimators.binning.edges = 'row': input should be 'global', 'layer'"),
    ("estimators.binning.bin", 30, "estimators.binning.bin = 30: unknown key; known are bins, edges, width"),
    ("estimators.binning.seed", 3, "estimators.binning.seed = 3: unknown key"),
    ("estimators.binning.width", 0, "estimators.binning.width = 0"),
    ("estimators.binning.method", "binnning", "estimators.binning.method = 'binnning': must be one of"),
    ("estimators.binning.method", "../binning", "estimators.binning.method = '../binning': must be one of"),
    ("estimators.binning.method", REMOVED, "estimators.binning = "),
    ("estimators.binning", None, "estimators.binning = None: needs a key `method`"),
    ("estimators", [], "estimators = []"),
    ("estimators", None, "estimators = None"),
    ("estimators.a/b", {"method": "binning"}, "the key 'a/b' names files"),
    ("estimators.höhe", {"method": "binning"}, "the key 'höhe' names files"),
    ("validation.tasks", "some", "validation.tasks = 'some': input should be 'quick' or 'full'"),
    ("validation.samples", 10, "validation.samples = 10: input should be greater than or equal to 100"),
    ("validation.seeds", 0, "validation.seeds = 0"),
    ("validation", REMOVED, "validation is missing"),
    ("plot.units", "bytes", "plot.units = 'bytes': input should be 'nats' or 'bits'"),
    ("plot.join", "all", "plot.join = 'all': input should be 'layers' or 'epochs'"),
    ("plot", None, "plot = None"),
    ("learning_rate", 0.1, "learning_rate = 0.1: unknown key; known are seed, device, dataset, model"),
]


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, key: str, value: Any, message: str):
    with pytest.raises(UserError) as error:
        read(changed(key, value), tmp_path)
    assert str(error.value).startswith("params.yaml: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "seed: [1, 2",
        "seed: 1\n\tdevice: cpu",
        "- 1\n- 2",
        "",
        "just words",
        "a: &x [*x]",
        "seed: !!python/object:os.system {}",
    ],
)
def test_text_that_is_not_a_mapping_is_one_line(tmp_path: Path, text: str):
    with pytest.raises(UserError) as error:
        read(text, tmp_path)
    assert "\n" not in str(error.value)


def test_a_missing_or_binary_file_is_one_line(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read"):
        params.read(tmp_path / "none.yaml")
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        params.read(tmp_path / "params.yaml")


def test_a_convolutional_network_needs_images(tmp_path: Path):
    content = changed("model", "cnn") | {"dataset": "szt"}
    with pytest.raises(UserError, match=r"models.cnn: on dataset szt: needs images .* one x has shape \(12,\)"):
        read(content, tmp_path)


def test_images_too_small_for_the_network(tmp_path: Path):
    content = changed("models.cnn.channels", [4, 4, 4, 4]) | {"model": "cnn"}
    with pytest.raises(UserError, match="nothing of an image"):
        read(content, tmp_path)


def test_the_sections_of_networks_that_are_not_chosen_are_checked_too(tmp_path: Path):
    with pytest.raises(UserError, match=r"models\.cnn\.hidden"):
        read(changed("models.cnn.hidden", "many"), tmp_path)


def test_the_repositorys_own_file_is_valid(tmp_path: Path):
    chosen = read(GOOD, tmp_path)
    assert chosen.train.epochs == GOOD["train"]["epochs"]
    assert set(chosen.estimators) == set(GOOD["estimators"])


@pytest.mark.parametrize("number", ["1e-3", "1.0e-3", "0.001", "1E-3"])
def test_every_way_to_write_a_number_is_a_number(tmp_path: Path, number: str):
    text = yaml.safe_dump(GOOD).replace(f"lr: {GOOD['train']['lr']}", f"lr: {number}")
    assert read(text, tmp_path).train.lr == 0.001


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_of_any_key_is_anything_but_valid_or_one_line(tmp_path: Path, data: st.DataObject):
    keys = [
        "seed", "device", "dataset", "model", "models.mlp.widths", "models.mlp.dropout", "models.cnn.kernel", "train",
        "train.epochs", "train.lr", "record.epochs", "record.splits", "record.layers", "estimators.binning",
        "estimators.binning.bins", "plot.units",
    ]  # fmt: skip
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
    content = changed(data.draw(st.sampled_from(keys)), data.draw(values))
    try:
        read(content, tmp_path)
    except UserError as error:
        assert "\n" not in str(error)


def test_names_are_the_files():
    assert "mlp" in models.names()
    assert "binning" in estimators.names()
    assert not any(name.startswith("_") for name in [*models.names(), *estimators.names()])
