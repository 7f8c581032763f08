"""The network that params.yaml chooses, checked against the data set and other sections before anything is built."""

from typing import Any

from pydantic import BaseModel

from infoplane import datasets, models
from infoplane.errors import UserError
from infoplane.models.parts.plan import Plan
from infoplane.named import PARAMS
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.settings.schema import one_of
from infoplane.settings.weights_series import checkpoints

TOKENS = "int64"
"""The type of x that is no numbers, but indices into a vocabulary: what no network with a plan takes."""


def check(params: Params) -> list[str]:
    """What no section of params.yaml can tell alone.

    A network without a plan, such as any of the user's own, is built and tried by `training.chosen_network.check`.

    Returns: the names of the layers that will be recorded, in order, with those before an activation function where
        they are asked for; none, if the network has no plan, so that not all is known.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    _check_epochs(params)
    if params.source == "train":
        _check_training(params)
    plan = planned(params)
    if plan is None:
        return []
    names, injecting = plan
    recorded = names if params.record.layers == "all" else params.record.layers
    for layer in recorded:
        one_of("record.layers", layer, list(names))
    if not set(injecting) & set(recorded):
        refuse_without_noise(params)
    inputs = [f"{name}_pre" for name in recorded if name != names[-1]] if params.record.pre_activation else []
    return [name for name in names if name in recorded] + inputs


def planned(params: Params) -> tuple[tuple[str, ...], list[str]] | None:
    """The layers of the chosen network and those that inject noise; None for a network without a plan.

    Raises:
        UserError: the network cannot be built for these data, or `dropout` asks for noise where there can be none.
    """
    network, section = models.named(params.model), models.section(params.model)
    if network.is_own or "plan" not in network.source.declared:
        return None
    settings = params.models[section]
    data = datasets.described(params.dataset, params.reading)
    if data.dtype == TOKENS:
        raise UserError(
            f"{place(params)}: takes numbers, and one x is {data.shape[0]} tokens (int64): choose a network of tokens, "
            "or save x as float32 if these are numbers"
        )
    try:
        plan: Plan = network.source.function("plan")(data.shape, **dict(settings))
        return plan.layers, plan.with_noise(getattr(settings, "dropout", None))
    except ValueError as error:
        raise UserError(f"{place(params)}: {error}") from error


def place(params: Params) -> str:
    """Where in params.yaml the chosen network stands, for errors."""
    return f"{PARAMS}: models.{models.section(params.model)}: on dataset {params.dataset}"


def refuse_without_noise(params: Params) -> None:
    """Raise a UserError where an estimator needs noise, and no recorded layer injects any."""
    for key, run in params.estimators.items():
        if run.named.value("NEEDS_NOISE", False):
            section = models.section(params.model)
            # a network of the user's own, or of a library, has no such key unless its constructor asks for it
            has_key = "dropout" in type(params.models[section]).model_fields
            way = f"set models.{section}.dropout" if has_key else f"{section} has no key `dropout` (docs/extending.md)"
            raise UserError(
                f"{PARAMS}: estimators.{key}: no recorded layer injects noise: {way}, or drop this estimator with "
                f"-S '~estimators.{key}'"
            )


def identity(params: Params) -> dict[str, Any]:
    """What the untrained network depends on, but for its code and the seed; of activations made elsewhere nothing."""
    if params.source == "import":
        return {}
    section = params.models[models.section(params.model)]
    shape, classes = datasets.shape_and_classes(params.dataset, params.reading)
    return {"model": params.model, "section": _as_json(section), "input_shape": list(shape), "classes": classes}


def _as_json(section: BaseModel) -> dict[str, Any]:
    return section.model_dump(mode="json", fallback=repr)


def _check_training(params: Params) -> None:
    late = [phase.epoch for phase in params.train.lr_after or [] if phase.epoch >= params.train.epochs]
    if late:
        raise UserError(
            f"{PARAMS}: train.lr_after: {late[0]} is not below train.epochs = {params.train.epochs}: no epoch would "
            "have that learning rate"
        )
    shape = datasets.described(params.dataset, params.reading).shape
    if params.train.augment and len(shape) != 3:
        raise UserError(f"{PARAMS}: train.augment: x of dataset {params.dataset} has shape {shape}, and is no image")


def _check_epochs(params: Params) -> None:
    if params.source == "record":
        checkpoints(params)
        return
    if isinstance(params.record.epochs, list):
        wrong = [epoch for epoch in params.record.epochs if not 0 <= epoch <= params.train.epochs]
        if wrong:
            raise UserError(
                f"{PARAMS}: record.epochs = {params.record.epochs}: {wrong[0]} is not from 0 to train.epochs = "
                f"{params.train.epochs}"
            )
    try:
        recorded_epochs(params.record.epochs, params.train.epochs)
    except ValueError as error:
        raise UserError(f"{PARAMS}: record.epochs = {params.record.epochs!r}: {error}") from error
