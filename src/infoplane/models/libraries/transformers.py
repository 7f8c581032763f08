"""Hugging Face's transformers over tokens: `model: transformers:bert`, or a folder below inputs/, or a name on the Hub.

The body is the library's `AutoModel`, without the head of whatever task it was trained on: a linear head on its pooled
tokens takes that place (`infoplane.models.parts.token_classifier`). Wolf et al. (2020), Transformers: State-of-the-art
natural language processing, doi:10.18653/v1/2020.emnlp-demos.6.
"""

from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.utils import logging as hub_logging
from pydantic import NonNegativeInt
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from infoplane.errors import UserError, in_one_line
from infoplane.inputs import located
from infoplane.models.parts.layers import Network
from infoplane.models.parts.options import TokenPooling, is_weights_file
from infoplane.models.parts.token_classifier import TokenClassifier
from infoplane.models.parts.weights import load_weights, read_from_inputs
from infoplane.named import PARAMS, choice

KEY = "models.transformers"
PRETRAINED = "pretrained"
NAME_IS_A_FOLDER = True
"""Below inputs/, where there is one of this name: the results depend on its files."""


def network(
    name: str,
    input_shape: tuple[int, ...],
    classes: int,
    inputs: str,
    *,
    weights: str | None = None,
    config: dict[str, Any] | None = None,
    pooling: TokenPooling = "mean",
    pad: NonNegativeInt | None = None,
) -> Network:
    """A transformer for tokens and classes.

    Args:
        name: a folder below `inputs` with a config.json; or a type of the library's, such as `bert`; or a name on the
            Hugging Face Hub, which is downloaded once.
        input_shape: (length,) of one x.
        classes: of the head, which is drawn at random unless a file of weights has it.
        inputs: the folder of the user's files.
        weights: None for random ones; `pretrained` for those of the folder or of the Hub; or a file below `inputs` with
            the whole network, as data/weights.safetensors, or with the body.
        config: changes of the configuration, such as `num_hidden_layers`.
        pooling: of the tokens of a sample, before the head and wherever a layer of all tokens is recorded.
        pad: the token that is padding, to which nothing attends; None where none is.

    Raises:
        UserError: there is no such network, key of its configuration or file, or the weights do not fit.
        ValueError: the data do not go with this network.
    """
    if len(input_shape) != 1:
        raise ValueError(f"needs tokens, x of shape (length,) and int64, but one x has shape {input_shape}")
    is_file = is_weights_file(weights)
    if not is_file and weights not in (None, PRETRAINED):
        raise UserError(f"{PARAMS}: {KEY}.weights = {weights!r}: must be null, {PRETRAINED}, or a file below inputs/")
    for quiet in (transformers.logging, hub_logging):
        quiet.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    source = located(inputs, name, "model").as_posix() if (Path(inputs) / name).is_dir() else name
    configuration = _configuration(name, source, config or {})
    body = _pretrained(name, source, configuration) if weights == PRETRAINED else AutoModel.from_config(configuration)
    if body.main_input_name != "input_ids":
        raise ValueError(f"{name} takes {body.main_input_name}, and not tokens alone: images are for torchvision, timm")
    # The library reads weights to the CPU, and not to the device of the block in which it is called.
    built = TokenClassifier(
        body,
        length=input_shape[0],
        width=configuration.hidden_size,
        vocabulary=body.get_input_embeddings().num_embeddings,
        classes=classes,
        blocks=_blocks(body, configuration),
        pooling=pooling,
        pad=pad,
    ).to(torch.get_default_device())
    remarks = []
    if weights is not None:
        head_is_given = is_file and _load(built, read_from_inputs(weights, inputs, f"{KEY}.weights"), weights)
        remarks = [] if head_is_given else [f"head is drawn at random, for {classes} classes: the weights have none"]
    built.remarks = tuple(remarks)  # pyright: ignore
    return built


def _configuration(name: str, source: str, changes: dict[str, Any]) -> Any:
    """The library's configuration of a folder, a type or a name on the Hub, with changes."""
    if source != name or name not in CONFIG_MAPPING:

        def read(**changes: Any) -> Any:
            return _local_first(name, lambda **local: AutoConfig.from_pretrained(source, **changes, **local))

    else:

        def read(**changes: Any) -> Any:
            return AutoConfig.for_model(name, **changes)

    plain = read()
    for key in changes:
        # The library takes any key, and does nothing with those that it does not know.
        if not hasattr(plain, key):
            known = sorted({*plain.to_dict(), *plain.attribute_map})
            raise UserError(f"{PARAMS}: {KEY}.config.{key}: {choice(key, known)}")
    try:
        configuration = read(**changes)
        configuration.use_cache = False
    except UserError:
        raise
    except Exception as error:  # of the library's own types, where a value has another type or range
        raise UserError(f"{PARAMS}: {KEY}.config = {changes}: {in_one_line(error)}") from error
    return configuration


def _pretrained(name: str, source: str, configuration: Any) -> Any:
    """The body with the weights of a folder or of the Hub, all of which must be there."""
    if source == name and name in CONFIG_MAPPING:
        raise UserError(
            f"{PARAMS}: {KEY}.weights = {PRETRAINED!r}: {name} is a type of networks: "
            "name a folder below inputs/ or a network of the Hub"
        )
    try:
        with torch.device("cpu"):
            body, found = _local_first(
                name,
                lambda **local: AutoModel.from_pretrained(
                    source, config=configuration, dtype=torch.float32, output_loading_info=True, **local
                ),
            )
    except RuntimeError as error:
        raise UserError(f"{PARAMS}: {KEY}.config: the weights do not fit the network: {in_one_line(error)}") from error
    # The pooler, on the first token, belongs to a task; nothing here uses it.
    missing = sorted(key for key in found["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise UserError(
            f"{PARAMS}: model = 'transformers:{name}': the weights do not fit the network: {len(missing)} missing "
            f"({', '.join(missing[:3])}{', ...' * (len(missing) > 3)})"
        )
    return body


def _local_first(name: str, read: Any) -> Any:
    """What the library reads: from the disk, where it is there, without asking the Hub, which takes half a minute."""
    try:
        try:
            return read(local_files_only=True)
        except OSError:
            return read()
    except (OSError, ValueError) as error:
        raise UserError(
            f"{PARAMS}: model = 'transformers:{name}': cannot be had ({in_one_line(error)[:200]}): put its files, "
            f"config.json and for its weights model.safetensors, into inputs/{name}/"
        ) from error


def _blocks(body: nn.Module, configuration: Any) -> list[str]:
    """The names of the blocks of a transformer: the first list of as many modules as the configuration says."""
    lists = {name: module for name, module in body.named_modules() if isinstance(module, nn.ModuleList)}
    of_length = [name for name, module in lists.items() if len(module) == configuration.num_hidden_layers]
    # Networks that share one block between all depths have a shorter list.
    chosen = [*of_length, *lists][:1]
    return [f"{name}.{index}" for name in chosen for index in range(len(lists[name]))]


def _load(built: TokenClassifier, tensors: dict[str, Tensor], weights: str) -> bool:
    """Load the whole network, or its body; says whether the head was among them."""
    place = f"{PARAMS}: {KEY}.weights = {weights!r}"
    if any("head.weight" in (name, name.removeprefix("module.")) for name in tensors):
        return "head" not in load_weights(built, tensors, place, replaceable=["head"])
    load_weights(built.body, tensors, place)
    return False
