"""Neural networks for metrics: their weights from files, on a device, fed with pictures. Nothing here downloads."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seig_search.checkpoints import Store
from seig_search.errors import SeigError, UsageError, nearest

from .pictures import Bytes

__all__ = [
    "DEVICES",
    "Encoder",
    "Weights",
    "bounded_threads",
    "checked_measure",
    "checked_running",
    "clip_encoder",
    "device_of",
    "lpips_network",
    "squares",
    "timm_encoder",
]

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, eq=False, slots=True)
class Encoder:
    """A network that turns pictures into features.

    Args:
        image: From (N, 3, side, side) float32, normalised, to (N, D).
        side: Pixels.
        mean: What the network takes as the middle of R, G, B in 0..1.
        std: What it takes as their spread.
        device: Where it runs.
        text: From captions to (N, D); None where it knows no text.
    """

    image: Callable[[Any], Any]
    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    device: str
    text: Callable[[Sequence[str]], Any] | None = None

    def features(self, pictures: Sequence[Bytes], batch: int) -> Any:
        """Encode pictures, squeezed to a square whatever their aspect.

        Args:
            pictures: Each (H, W, 3) uint8.
            batch: How many at once.

        Returns:
            Torch tensor (N, D), float32, each row of length 1, on the CPU.
        """
        import torch

        mean, std = (torch.tensor(v, device=self.device).view(1, 3, 1, 1) for v in (self.mean, self.std))
        rows = []
        for start in range(0, len(pictures), batch):
            stack = torch.from_numpy(squares(pictures[start : start + batch], self.side)).to(self.device)
            values = stack.permute(0, 3, 1, 2).float().div_(255)
            rows.append(self.image((values - mean) / std).float())
        return torch.nn.functional.normalize(torch.cat(rows), dim=-1).cpu()


class Weights:
    """Where an evaluator's weights are: files that the user named, else the store.

    Args:
        files: Path by name in the catalogue.
        known: The names that may be in ``files``.
        store: The rest.

    Raises:
        UsageError: A named file is not there, or is named for other weights.
    """

    def __init__(self, files: Mapping[str, str], known: Sequence[str], store: Store) -> None:
        for name, path in files.items():
            if name not in known:
                raise UsageError(f"files names {name!r}, which is not among these weights{nearest(name, known)}")
            if not Path(path).expanduser().is_file():
                raise UsageError(f"files names {path} for {name}, and there is no such file")
        self._files = {name: Path(path).expanduser() for name, path in files.items()}
        self._store = store

    def missing(self, name: str) -> str | None:
        """Say what helps where weights are not there; None if they are."""
        return None if name in self._files or self._store.has(name) else self._store.how_to_get(name)

    def find(self, name: str) -> Path:
        """Give the file; see ``Store.find``."""
        return self._files.get(name) or self._store.find(name)


def checked_measure(measure: Sequence[str] | str, known: Sequence[str]) -> tuple[str, ...]:
    """Check which metrics were asked for.

    Raises:
        UsageError: None, or one that is unknown.
    """
    names = (measure,) if isinstance(measure, str) else tuple(measure)
    if not names:
        raise UsageError(f"measure names no metric; known: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise UsageError(f"measure names {name!r}{nearest(name, known)}")
    return tuple(name for name in known if name in names)


def checked_running(device: str, batch: int, threads: int) -> None:
    """Check the settings of where and how networks run; torch is not imported for it.

    Raises:
        UsageError: One is out of its range.
    """
    if device not in DEVICES:
        raise UsageError(f"device is {device!r}{nearest(device, DEVICES)}")
    if batch < 1 or threads < 1:
        raise UsageError(f"batch is {batch} and threads is {threads}; both must be at least 1")


def device_of(name: str) -> str:
    """Give ``cpu`` or ``cuda`` for one of ``DEVICES``.

    Raises:
        UsageError: CUDA is asked for and cannot be used here.
    """
    import torch

    usable = torch.cuda.is_available()
    if name == "cuda" and not usable:
        raise UsageError("device is cuda, and torch finds no usable GPU here; set device to cpu or auto")
    return "cuda" if usable and name != "cpu" else "cpu"


@contextmanager
def bounded_threads(count: int) -> Iterator[None]:
    """Let torch use so many CPU threads inside, without gradients; the process-wide setting is put back after.

    Args:
        count: At least 1.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def squares(pictures: Sequence[Bytes], side: int) -> Bytes:
    """Resize to squares, bicubic with anti-aliasing: nothing is cut off, other aspects are squeezed.

    Returns:
        (N, side, side, 3) uint8.
    """
    size, bicubic = (side, side), Image.Resampling.BICUBIC
    return np.stack([np.asarray(Image.fromarray(picture).resize(size, bicubic)) for picture in pictures])


def lpips_network(net: str, path: Path, device: str) -> Any:
    """Make upstream's LPIPS (Zhang et al. 2018), with its own heads, on a backbone from a file.

    Args:
        net: ``alex`` or ``vgg``.
        path: The backbone's convolutions by torchvision's names: safetensors, or a torch file.
        device: ``cpu`` or ``cuda``.

    Returns:
        An ``lpips.LPIPS``.

    Raises:
        SeigError: The file holds other weights.
    """
    import lpips
    import torch

    with warnings.catch_warnings():
        # lpips calls torchvision by arguments that have newer names by now.
        warnings.simplefilter("ignore", UserWarning)
        model = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    state = _state(path)
    wanted = model.net.state_dict()
    # lpips slices torchvision's features and keeps their numbers: slice2.3.weight is features.3.weight.
    names = {name: "features." + name.partition(".")[2] for name in wanted}
    _check_names(path, {there: wanted[here].shape for here, there in names.items()}, state)
    model.net.load_state_dict({here: state[there] for here, there in names.items()})
    # Pictures come with their channels last, as convolutions on a CPU like them.
    return model.requires_grad_(False).to(device, memory_format=torch.channels_last)


def timm_encoder(model: str, path: Path, device: str, side: int | None = None) -> Encoder:
    """Make an image encoder of timm's without its classifier.

    Args:
        model: timm's name.
        path: Weights by timm's names.
        device: ``cpu`` or ``cuda``.
        side: Pixels, for vision transformers whose position embeddings are to be resampled; None for the model's own.

    Raises:
        SeigError: The file holds other weights.
        UsageError: timm has no such model.
    """
    import timm
    import torch

    if not timm.is_model(model):
        raise UsageError(f"timm has no model {model!r}{nearest(model, timm.list_models())}")
    more: dict[str, Any] = {} if side is None else {"img_size": side}
    try:
        # The overlay makes timm read this file where it would ask a hub.
        network: Any = timm.create_model(
            model, pretrained=True, pretrained_cfg_overlay={"file": str(path)}, num_classes=0, **more
        )
    except (RuntimeError, KeyError, OSError) as error:
        raise _other_weights(path, model, error) from error
    network = network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)
    told = network.pretrained_cfg
    return Encoder(network, side or told["input_size"][-1], tuple(told["mean"]), tuple(told["std"]), device)


def clip_encoder(model: str, path: Path, device: str) -> Encoder:
    """Make a CLIP of open_clip's, both towers.

    Args:
        model: open_clip's name of the architecture, as in ``ViT-B-32``.
        path: Weights as open_clip reads them.
        device: ``cpu`` or ``cuda``.

    Raises:
        SeigError: The file holds other weights.
        UsageError: open_clip has no such model, or the model asks a hub for its text tower.
    """
    import open_clip

    config = open_clip.get_model_config(model)
    if config is None:
        raise UsageError(f"open_clip has no model {model!r}{nearest(model, open_clip.list_models())}")
    if any(key in config["text_cfg"] for key in ("hf_model_name", "hf_tokenizer_name")):
        raise UsageError(f"the text tower of {model} comes from a hub while it is made; take one without, as ViT-B-32")
    try:
        network: Any = open_clip.create_model(model, str(path), device=device, pretrained_text=False)
    except (RuntimeError, KeyError, OSError, AssertionError) as error:
        # open_clip tells of some sizes that differ by an assertion.
        raise _other_weights(path, model, error) from error
    network = network.eval().requires_grad_(False)
    tokenizer = open_clip.get_tokenizer(model)
    size = network.visual.image_size
    return Encoder(
        image=network.encode_image,
        side=size if isinstance(size, int) else size[0],
        mean=tuple(network.visual.image_mean),
        std=tuple(network.visual.image_std),
        device=device,
        text=lambda captions: network.encode_text(tokenizer(list(captions)).to(device)).float().cpu(),
    )


def _state(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return dict(load_file(path))
        except SafetensorError as error:
            raise SeigError(f"{path} is no readable safetensors file: {error}") from error
    import torch

    state: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _check_names(path: Path, wanted: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    for name, shape in wanted.items():
        if name not in state or state[name].shape != shape:
            came = f"is {tuple(state[name].shape)}" if name in state else "is not there"
            raise SeigError(f"{path} holds other weights: {name} should be {tuple(shape)} and {came}")


def _other_weights(path: Path, model: str, error: Exception) -> SeigError:
    told = " ".join(str(error).split())[:300]
    return SeigError(f"{path} does not hold the weights of {model}: {told}")
