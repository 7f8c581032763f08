"""Mistakes in params.yaml: a key, what it is set to, and what the one line says of it."""

import copy
from typing import Any

import yaml

from conftest import ROOT

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
