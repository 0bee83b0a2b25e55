"""Files of weights are numbers: nothing in them is run, and they come out under the names that models have."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from safetensors.numpy import load_file

from seig_search.checkpoints.conversion import ALEXNET, convert, read_arrays
from seig_search.errors import SeigError


class Call:
    def __init__(self, function, *given):
        self.call = (function, given)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "given", "named"),
    [
        (os.system, ("true",), "system"),
        (eval, ("1",), "eval"),
        (np.load, ("x",), "load"),
    ],
)
def test_a_pickle_that_calls_something_is_refused_by_name(function, given, named):
    data = pickle.dumps({"kernel": Call(function, *given)}, protocol=3)
    with pytest.raises(SeigError, match=rf"holds [\w.]+\.{named}; a file of weights may hold numbers only"):
        read_arrays(data)


def test_arrays_in_dictionaries_are_read():
    tree = {"a": {"b": np.arange(6, dtype=np.float32).reshape(2, 3)}, "c": [np.float64([1.5])]}
    read = read_arrays(pickle.dumps(tree, protocol=3))
    assert np.array_equal(read["a"]["b"], tree["a"]["b"])
    assert np.array_equal(read["c"][0], tree["c"][0])


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps([1, 2, 3])[:-3]])
def test_a_damaged_pickle_is_told(data):
    with pytest.raises(SeigError, match="no readable pickle"):
        read_arrays(data)


def test_flax_kernels_become_torchs_and_convolve_alike(tmp_path):
    """A convolution by its definition, in height, width, in, out, against torch's on the converted kernel."""
    import torch

    rng = np.random.default_rng(0)
    layers = {
        f"Conv_{n}": {"kernel": rng.normal(size=(3, 2, 4, 5)).astype(np.float32), "bias": np.full(5, n, np.float32)}
        for n in range(5)
    }
    (tmp_path / "alexnet.ckpt").write_bytes(pickle.dumps({"AlexNet_0": layers}, protocol=3))
    convert(tmp_path / "alexnet.ckpt", "flax_alexnet", tmp_path / "out.safetensors")
    state = load_file(tmp_path / "out.safetensors")
    assert set(state) == {f"features.{place}.{kind}" for place in ALEXNET for kind in ("weight", "bias")}
    patch = rng.normal(size=(3, 2, 4)).astype(np.float32)
    wanted = np.einsum("hwi,hwio->o", patch, layers["Conv_1"]["kernel"]) + 1
    came = torch.nn.functional.conv2d(
        torch.tensor(patch.transpose(2, 0, 1))[None],
        torch.tensor(state["features.3.weight"]),
        torch.tensor(state["features.3.bias"]),
    )
    assert came.flatten().numpy() == pytest.approx(wanted, abs=1e-5)


def test_a_file_of_another_network_is_told(tmp_path):
    (tmp_path / "alexnet.ckpt").write_bytes(pickle.dumps({"ResNet_0": {}}, protocol=3))
    with pytest.raises(SeigError, match=r"no weights where the conversion flax_alexnet looks"):
        convert(tmp_path / "alexnet.ckpt", "flax_alexnet", tmp_path / "out.safetensors")


def test_a_page_of_text_is_no_safetensors_file(tmp_path):
    (tmp_path / "model.safetensors").write_text("<html>please log in</html>")
    with pytest.raises(SeigError, match="no safetensors file"):
        convert(tmp_path / "model.safetensors", "as_is", tmp_path / "out.safetensors")


def test_the_hubs_alexnet_keeps_its_convolutions_only(tmp_path):
    import torch

    torch.save({"features.0.weight": torch.ones(2, 2), "classifier.1.weight": torch.zeros(4, 4)}, tmp_path / "a.pth")
    convert(tmp_path / "a.pth", "torchvision_features", tmp_path / "out.safetensors")
    assert set(load_file(tmp_path / "out.safetensors")) == {"features.0.weight"}


def test_a_torch_file_that_calls_something_is_refused(tmp_path):
    import torch

    torch.save({"features.0.weight": Call(os.system, "true")}, tmp_path / "a.pth")
    with pytest.raises(SeigError, match="torch cannot read"):
        convert(tmp_path / "a.pth", "torchvision_features", tmp_path / "out.safetensors")
