"""LPIPS is upstream's, whatever the batch; what is missing is told, never replaced."""

from __future__ import annotations

import subprocess
import sys
import types
import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from seig_search.errors import SeigError, UsageError
from seig_search.evaluators.perceptual import PerceptualEvaluator
from seig_search.scoring import Measurer, require_all
from seig_search.target import Target
from seig_search.testing import EvaluatorSuite


def opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def noise(seed, height=64, width=64):
    """Smooth and rough at once, so that every layer has something to see."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(0, 256, (height // 16, width // 16, 3)), np.ones((16, 16, 1)))
    return np.clip(coarse + rng.normal(0, 30, coarse.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def upstream(weights, tmp_path_factory):
    """The unmodified package, which finds its backbone where the torch hub would have put it."""
    import lpips

    home = tmp_path_factory.mktemp("torch")
    state = dict(load_file(weights / "lpips-alex.safetensors"))
    # The classifier is made and never used: one number, seen as many.
    for layer, out, into in ((1, 4096, 9216), (4, 4096, 4096), (6, 1000, 4096)):
        state[f"classifier.{layer}.weight"] = torch.zeros(1).expand(out, into)
        state[f"classifier.{layer}.bias"] = torch.zeros(out)
    (home / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(state, home / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("TORCH_HOME", str(home))
        return lpips.LPIPS(net="alex", verbose=False)


def by_upstream(model, one, other):
    first, second = (torch.tensor(p).permute(2, 0, 1)[None].float() / 127.5 - 1 for p in (one, other))
    with torch.inference_mode():
        return float(model(first, second))


def test_twenty_pairs_are_as_upstream_measures_them(weights, upstream):
    evaluator = PerceptualEvaluator(weights=str(weights), batch=8)
    target = noise(0)
    renders = [noise(seed) for seed in range(1, 20)] + [np.clip(target.astype(int) + 9, 0, 255).astype(np.uint8)]
    ours = [answer["lpips"] for answer in evaluator.evaluate([opaque(r) for r in renders], Target.from_array(target))]
    theirs = [by_upstream(upstream, render, target) for render in renders]
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert ours[-1] < 0.2 < min(ours[:-1])


def test_equal_pictures_are_at_no_distance_at_any_size(weights):
    evaluator = PerceptualEvaluator(weights=str(weights))
    for picture in (noise(1), noise(2, 320, 400), noise(3, 48, 160)):
        assert evaluator.evaluate([opaque(picture)], Target.from_array(picture))[0]["lpips"] == pytest.approx(
            0, abs=1e-6
        )


def test_batches_and_mixed_sizes_change_nothing(weights):
    target = Target.from_array(noise(0, 96, 128))
    renders = [opaque(noise(n, *size)) for n, size in enumerate([(96, 128), (48, 64), (96, 128), (192, 256), (48, 64)])]
    together = PerceptualEvaluator(weights=str(weights), batch=2).evaluate(renders, target)
    alone = [PerceptualEvaluator(weights=str(weights)).evaluate([render], target)[0] for render in renders]
    assert [a["lpips"] for a in together] == pytest.approx([a["lpips"] for a in alone], abs=1e-6)


def test_the_target_goes_through_the_network_once(weights):
    evaluator = PerceptualEvaluator(weights=str(weights), batch=4)
    target = Target.from_array(noise(0))
    evaluator.evaluate([opaque(noise(1))], target)
    seen = []
    evaluator._network("lpips").net.register_forward_hook(lambda module, given, out: seen.append(len(given[0])))
    for _ in range(3):
        evaluator.evaluate([opaque(noise(n)) for n in range(6)], target)
    assert sum(seen) == 18


def test_large_renders_are_shrunk_unless_their_own_size_is_wanted(weights):
    target, render = Target.from_array(noise(0, 512, 512)), opaque(noise(1, 512, 512))
    small = PerceptualEvaluator(weights=str(weights)).evaluate([render], target)[0]["lpips"]
    own = PerceptualEvaluator(weights=str(weights), side=None).evaluate([render], target)[0]["lpips"]
    assert own != pytest.approx(small, abs=0.01)


def test_a_render_too_small_for_the_network_is_left_out(weights):
    target = Target.from_array(noise(0, 64, 64))
    answers = PerceptualEvaluator(weights=str(weights)).evaluate([opaque(noise(1, 16, 64)), opaque(noise(1))], target)
    assert answers[0] == {}
    assert set(answers[1]) == {"lpips"}


def test_the_threads_of_torch_are_put_back(weights):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        PerceptualEvaluator(weights=str(weights), threads=1).evaluate([opaque(noise(1))], Target.from_array(noise(0)))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_missing_weights_are_told_with_the_command_and_stop_a_run(tmp_path):
    evaluator = PerceptualEvaluator(weights=str(tmp_path), measure=["lpips", "lpips_vgg"])
    assert [metric.name for metric in evaluator.metrics] == ["lpips", "lpips_vgg"]
    assert f"seig weights fetch lpips-vgg --to {tmp_path}" in evaluator.missing["lpips_vgg"]
    assert evaluator.evaluate([opaque(noise(1))], Target.from_array(noise(0))) == [{}]
    with pytest.raises(UsageError, match="seig weights fetch lpips-alex"):
        require_all(Measurer([evaluator]))


def test_a_file_of_other_weights_is_refused_by_name(weights):
    files = {"lpips-alex": str(weights / "efficientnet-lite0.safetensors")}
    evaluator = PerceptualEvaluator(files=files)
    with pytest.raises(SeigError, match=r"efficientnet-lite0.*holds other weights: features\.0\.weight"):
        evaluator.evaluate([opaque(noise(1))], Target.from_array(noise(0)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"measure": ["lpip"]}, "did you mean 'lpips'"),
        ({"measure": []}, "names no metric"),
        ({"side": 8}, "at least 32"),
        ({"batch": 0}, "at least 1"),
        ({"device": "gpu"}, "device is 'gpu'"),
        ({"files": {"lpips-alex": "/no/such.file"}}, "no such file"),
        ({"files": {"alex": "/no/such.file"}}, "alex"),
    ],
)
def test_wrong_settings_are_refused_when_it_is_made(wrong, told):
    with pytest.raises(UsageError, match=told):
        PerceptualEvaluator(**wrong)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, so asking for one is right")
def test_a_gpu_that_is_not_there_is_an_error(weights):
    with pytest.raises(UsageError, match="no usable GPU"):
        PerceptualEvaluator(weights=str(weights), device="cuda").evaluate(
            [opaque(noise(1))], Target.from_array(noise(0))
        )


def test_dreamsim_is_asked_by_its_own_call_and_only_with_its_files_there(tmp_path, monkeypatch):
    asked = []

    def distance(one, other):
        return (one - other).abs().mean()

    def dreamsim(**settings):
        asked.append(settings)
        return distance, None

    package = types.ModuleType("dreamsim")
    package.dreamsim = dreamsim
    package.__spec__ = types.SimpleNamespace(name="dreamsim")
    evaluator = PerceptualEvaluator(measure="dreamsim", weights=str(tmp_path))
    assert "pip install dreamsim" in evaluator.missing["dreamsim"]
    monkeypatch.setitem(sys.modules, "dreamsim", package)
    assert "cache_dir=" in evaluator.missing["dreamsim"]
    for part in ("dino_vitb16_pretrain.pth", "dino_vitb16_single_lora"):
        (tmp_path / "dreamsim").mkdir(exist_ok=True)
        (tmp_path / "dreamsim" / part).touch()
    assert evaluator.missing == {}
    black, white = np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)
    answers = evaluator.evaluate([opaque(white), opaque(black)], Target.from_array(white))
    assert [answer["dreamsim"] for answer in answers] == pytest.approx([0, 1])
    assert asked == [
        {
            "pretrained": True,
            "device": "cpu" if not torch.cuda.is_available() else "cuda",
            "cache_dir": str(tmp_path / "dreamsim"),
            "dreamsim_type": "dino_vitb16",
        }
    ]


def test_making_one_and_listing_its_metrics_imports_no_torch():
    code = (
        "import sys; from seig_search.evaluators.perceptual import PerceptualEvaluator as P;"
        "from seig_search.evaluators.semantic import SemanticEvaluator as S;"
        "[(e.metrics, e.missing) for e in (P(), S())]; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class TestPerceptual(EvaluatorSuite):
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def store(cls, weights):
        cls.weights = str(weights)

    def make(self):
        return PerceptualEvaluator(weights=self.weights)


def test_the_squared_distance_of_features_is_about_the_metric(weights):
    evaluator = PerceptualEvaluator(weights=str(weights))
    target = noise(0)
    see, renders = evaluator.features, [noise(1), np.roll(target, 2, axis=1), (target * 0.7).astype(np.uint8)]
    measured = [one["lpips"] for one in evaluator.evaluate([opaque(r) for r in renders], Target.from_array(target))]
    found = [float(np.sum((see(opaque(render)) - see(opaque(target))) ** 2)) for render in renders]
    # What averages out within a cell is lost.
    assert all(0.5 * metric < distance <= 1.001 * metric for distance, metric in zip(found, measured, strict=True))
    assert np.array_equal(see(opaque(target)), see(opaque(target)))


def test_features_are_offered_where_lpips_is_measured_and_empty_for_what_is_too_small(weights, tmp_path):
    assert PerceptualEvaluator(weights=str(tmp_path)).features is None
    assert PerceptualEvaluator(weights=str(weights), measure=["lpips_vgg"]).features is None
    assert PerceptualEvaluator(weights=str(weights)).features(opaque(noise(1, 16, 64))).size == 0
