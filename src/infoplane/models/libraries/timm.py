"""timm's networks: `model: timm:resnet50`, or `timm:resnet50.a1_in1k` with a tag, as timm builds them.

Wightman (2019), PyTorch Image Models, doi:10.5281/zenodo.4414861. The layers are the children that the network calls.
"""

from typing import Any

import timm

from infoplane.errors import UserError, in_one_line
from infoplane.models.parts.layers import Network
from infoplane.models.parts.options import is_weights_file
from infoplane.models.parts.plan import image_shape
from infoplane.models.parts.stages import with_stages
from infoplane.models.parts.weights import load_weights, read_from_inputs
from infoplane.named import PARAMS, choice

KEY = "models.timm.weights"
PRETRAINED = "pretrained"


def network(
    name: str,
    input_shape: tuple[int, ...],
    classes: int,
    inputs: str,
    *,
    weights: str | None = None,
    options: dict[str, Any] | None = None,
) -> Network:
    """A network of timm's for these images, of any number of channels, and classes.

    Args:
        name: as timm has it, with or without a tag.
        input_shape: (channels, height, width) of one x.
        classes: where the weights have another number, the last layer is drawn at random.
        inputs: the folder of the user's files.
        weights: None for random ones; `pretrained` for those that timm publishes under this name, which are downloaded
            once; or a file below `inputs`.
        options: further arguments of timm's `create_model`, such as `drop_rate`.

    Raises:
        UserError: there is no such network, or the weights do not fit or cannot be had.
        ValueError: the data or the options do not go with this network.
    """
    channels, height, width = image_shape(input_shape)
    if not timm.is_model(name):
        raise UserError(f"{PARAMS}: model = 'timm:{name}': {choice(name, timm.list_models())}")
    if weights not in (None, PRETRAINED) and not is_weights_file(weights):
        raise UserError(f"{PARAMS}: {KEY} = {weights!r}: must be null, {PRETRAINED}, or a file below inputs/")
    published = timm.get_pretrained_cfg(name)
    size = {"img_size": (height, width)} if published is not None and published.fixed_input_size else {}
    arguments: dict[str, Any] = {"num_classes": classes, "in_chans": channels} | size | (options or {})
    try:
        built: Any = timm.create_model(name, pretrained=weights == PRETRAINED, **arguments)
    except TypeError as error:
        raise ValueError(f"options = {options}: {in_one_line(error)}") from error
    except OSError as error:  # no connection; no such file
        raise UserError(
            f"{PARAMS}: {KEY} = {weights!r}: the weights of {name} cannot be had ({in_one_line(error)}): put a file of "
            "weights below inputs/ and name it here"
        ) from error
    head = built.pretrained_cfg["classifier"]
    heads: list[str] = [head] if isinstance(head, str) else list(head)
    replaced: list[str] = []
    if is_weights_file(weights):
        tensors = read_from_inputs(weights, inputs, KEY)
        replaced = load_weights(built, tensors, f"{PARAMS}: {KEY} = {weights!r}", replaceable=heads)
    elif weights == PRETRAINED and published is not None and published.num_classes != classes:
        replaced = heads
    remarks = [f"{part} is drawn at random, for {classes} classes, since the weights have others" for part in replaced]
    return with_stages(built, input_shape, remarks)
