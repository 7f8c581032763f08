"""torchvision's classification networks: `model: torchvision:resnet50`, as torchvision builds them.

The layers are the children that the network calls, as torchvision names them; the auxiliary classifiers of Inception
and GoogLeNet, which help nothing but a training with a loss of its own, are left out.
"""

from typing import Any

import torch
import torchvision.models
from torch import Tensor, nn
from torchvision.models.vision_transformer import interpolate_embeddings

from infoplane.errors import UserError, in_one_line
from infoplane.models.parts.layers import Network
from infoplane.models.parts.options import is_weights_file
from infoplane.models.parts.plan import image_shape
from infoplane.models.parts.stages import with_stages
from infoplane.models.parts.weights import load_weights, read_from_inputs
from infoplane.named import PARAMS, choice

KEY = "models.torchvision.weights"
WITH_AUXILIARY = ("googlenet", "inception_v3")
AUXILIARY = {"AuxLogits", "aux1", "aux2"}
"""Submodules of these two."""
POSITIONS = "encoder.pos_embedding"


def network(
    name: str,
    input_shape: tuple[int, ...],
    classes: int,
    inputs: str,
    *,
    weights: str | None = None,
    options: dict[str, Any] | None = None,
) -> Network:
    """A network of torchvision's for these images and classes.

    Args:
        name: as torchvision has it, such as `resnet50`.
        input_shape: (channels, height, width) of one x; three channels, or one, which is shown to each of the three.
        classes: where the weights have another number, the last layer is drawn at random.
        inputs: the folder of the user's files.
        weights: None for random ones; the name of some that torchvision publishes, such as `DEFAULT`, which are
            downloaded once; or a file below `inputs`.
        options: further arguments of torchvision's constructor, such as `dropout`.

    Raises:
        UserError: there is no such network or weights, or the weights do not fit or cannot be had.
        ValueError: the data or the options do not go with this network.
    """
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise UserError(f"{PARAMS}: model = 'torchvision:{name}': {choice(name, known)}")
    channels, height, width = image_shape(input_shape)
    arguments: dict[str, Any] = {}
    if name.startswith("vit_"):
        if height != width:
            raise ValueError(f"{name} needs square images, but one x has shape {input_shape}")
        arguments["image_size"] = height
    elif name.startswith("maxvit_"):
        arguments["input_size"] = (height, width)
    elif name in WITH_AUXILIARY:
        # Published weights expect images that are scaled otherwise than everyone else's.
        published = weights is not None and not is_weights_file(weights)
        arguments |= {"aux_logits": False, "init_weights": weights is None, "transform_input": published}
    try:
        built = torchvision.models.get_model(name, num_classes=classes, **arguments | (options or {}))
    except TypeError as error:
        raise ValueError(f"options = {options}: {in_one_line(error)}") from error
    remarks = []
    if channels == 1:
        built.register_forward_pre_hook(_in_colour)
        remarks.append("an image of one channel is shown to each of the network's three")
    if weights is not None:
        tensors = read_from_inputs(weights, inputs, KEY) if is_weights_file(weights) else _published(name, weights)
        tensors = {key: tensor for key, tensor in tensors.items() if not AUXILIARY & set(key.split("."))}
        if POSITIONS in tensors and tensors[POSITIONS].shape != built.state_dict()[POSITIONS].shape:
            remarks.append(f"the weights' embeddings of positions are interpolated to {height} x {width} pixels")
            tensors = dict(interpolate_embeddings(height, built.patch_size, tensors))  # pyright: ignore
        head = [part for part, module in built.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)][-1]
        for part in load_weights(built, tensors, f"{PARAMS}: {KEY} = {weights!r}", replaceable=[head]):
            remarks.append(f"{part} is drawn at random, for {classes} classes, since the weights have others")
    return with_stages(built, input_shape, remarks)


def _in_colour(network: nn.Module, x: tuple[Tensor]) -> tuple[Tensor]:
    """A hook before the network: all its networks are for images of three channels."""
    return (x[0].expand(-1, 3, -1, -1),)


def _published(name: str, weights: str) -> dict[str, Tensor]:
    """The tensors of weights that torchvision publishes, from its cache or the web; torchvision checks their hash.

    Raises:
        UserError: there are none of this name, or they cannot be had.
    """
    known = torchvision.models.get_model_weights(name)
    if weights not in known.__members__:
        named = choice(weights, ["DEFAULT", *known.__members__])
        raise UserError(f"{PARAMS}: {KEY} = {weights!r}: {named}, or a file below inputs/")
    chosen = known[weights]
    try:
        # By its own function, which renames what old files name otherwise.
        with torch.device("cpu"):
            return torchvision.models.get_model(name, weights=chosen).state_dict()
    except (OSError, RuntimeError) as error:  # no connection; a hash that differs
        file = chosen.url.rpartition("/")[2]
        raise UserError(
            f"{PARAMS}: {KEY} = {weights!r}: {chosen.url} cannot be had ({in_one_line(error)}): put the file into "
            f"{torch.hub.get_dir()}/checkpoints/, or name a file below inputs/, such as {file}"
        ) from error
