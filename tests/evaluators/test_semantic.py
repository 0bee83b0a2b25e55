"""Encoders: the real one of the package index, and the paths of those that only hubs have, with random weights."""

from __future__ import annotations

import json
import socket

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from seig_search.errors import SeigError, UsageError
from seig_search.evaluators.semantic import SemanticEvaluator
from seig_search.scoring import Measurer, require_all
from seig_search.target import Target
from seig_search.testing import EvaluatorSuite

TINY = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


def opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def picture(seed, height=64, width=64):
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 256, (height // 8, width // 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)


def photograph(name):
    from skimage import data

    return np.ascontiguousarray(getattr(data, name)()[..., :3])


@pytest.fixture(autouse=True)
def no_network(weights, monkeypatch):
    """Whatever an evaluator does, it opens no connection; the weights were fetched before."""

    def refuse(*given, **more):
        raise AssertionError(f"a connection was tried: {given}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory):
    """A small CLIP of random weights: its name, and their file."""
    import open_clip

    folder = tmp_path_factory.mktemp("clip")
    (folder / "tiny-test.json").write_text(json.dumps(TINY))
    (folder / "tiny-hub-text.json").write_text(
        json.dumps({**TINY, "text_cfg": {"hf_model_name": "roberta-base", "hf_tokenizer_name": "roberta-base"}})
    )
    wider = {**TINY, "embed_dim": 64, "text_cfg": {**TINY["text_cfg"], "width": 128}}
    (folder / "tiny-wider.json").write_text(json.dumps(wider))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-test", load_weights=False)
    save_file({name: values.contiguous() for name, values in model.state_dict().items()}, folder / "tiny.safetensors")
    return "tiny-test", str(folder / "tiny.safetensors")


@pytest.fixture(scope="module")
def random_dino(tmp_path_factory):
    """DINOv2's architecture at the 518 px of its own weights, with random ones."""
    import timm

    torch.manual_seed(0)
    model = timm.create_model("vit_small_patch14_dinov2.lvd142m", pretrained=False)
    path = tmp_path_factory.mktemp("dino") / "dino.safetensors"
    # Untrained, its blocks add next to nothing to the class token: weigh them as a trained one does.
    save_file(
        {name: torch.ones_like(v) if name.endswith("gamma") else v for name, v in model.state_dict().items()}, path
    )
    return str(path)


def test_the_encoder_knows_a_cat_from_a_cup(weights):
    cat, cup = photograph("chelsea"), photograph("coffee")
    evaluator = SemanticEvaluator(measure="encoder", weights=str(weights))
    renders = [opaque(np.ascontiguousarray(p)) for p in (cat, cat[:, ::-1], cup)]
    same, mirrored, other = (a["encoder"] for a in evaluator.evaluate(renders, Target.from_array(cat)))
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.95 < mirrored < 1
    assert other < 0.3


def test_the_encoder_still_classifies_what_it_was_trained_on(weights):
    # The classifier is not kept, so ask for neighbours instead: two crops of one animal are nearer to each other
    # than to any other photograph. Wrong names of layers, or a wrong normalisation, would blur this.
    cat = photograph("chelsea")
    others = [photograph(name) for name in ("coffee", "rocket", "astronaut")]
    evaluator = SemanticEvaluator(measure="encoder", weights=str(weights))
    crop = np.ascontiguousarray(cat[20:280, 60:400])
    values = evaluator.evaluate([opaque(p) for p in (cat, *others)], Target.from_array(crop))
    first, *rest = (answer["encoder"] for answer in values)
    assert first > 0.7
    assert max(rest) < 0.4


def test_batches_sizes_and_repetition_change_nothing(weights):
    target = Target.from_array(picture(0, 96, 96))
    renders = [opaque(picture(n, *size)) for n, size in enumerate([(96, 96), (48, 48), (96, 96), (64, 128), (48, 48)])]
    evaluator = SemanticEvaluator(measure="encoder", weights=str(weights), batch=2)
    together = evaluator.evaluate(renders, target)
    alone = [SemanticEvaluator(measure="encoder", weights=str(weights)).evaluate([r], target)[0] for r in renders]
    assert [a["encoder"] for a in together] == pytest.approx([a["encoder"] for a in alone], abs=1e-5)
    assert evaluator.evaluate(renders, target) == together
    assert evaluator.evaluate([], target) == []


def test_the_target_is_encoded_once_per_size(tiny_clip):
    name, path = tiny_clip
    evaluator = SemanticEvaluator(measure="clip", clip_model=name, files={"clip": path})
    target = Target.from_array(picture(0))
    evaluator.evaluate([opaque(picture(1))], target)
    seen = []
    network = evaluator._encoder("clip").image.__self__
    network.visual.register_forward_hook(lambda module, given, out: seen.append(len(given[0])))
    for _ in range(3):
        evaluator.evaluate([opaque(picture(n)) for n in range(4)], target)
    assert sum(seen) == 12


def test_clip_compares_pictures_and_captions_as_open_clip_does(tiny_clip):
    import open_clip
    from PIL import Image

    name, path = tiny_clip
    evaluator = SemanticEvaluator(
        measure=["clip_text", "clip"], caption="a red mug", clip_model=name, files={"clip": path}, batch=3
    )
    target, renders = picture(0, 32, 32), [picture(n, 32, 32) for n in range(5)]
    answers = evaluator.evaluate([opaque(render) for render in renders], Target.from_array(target))

    model, _, transform = open_clip.create_model_and_transforms(name, pretrained=path)
    model.eval()
    with torch.no_grad():
        theirs = model.encode_image(torch.stack([transform(Image.fromarray(p)) for p in (target, *renders)]))
        said = model.encode_text(open_clip.get_tokenizer(name)(["a red mug"]))
    wanted = torch.nn.functional.cosine_similarity(theirs[1:], theirs[:1])
    spoken = torch.nn.functional.cosine_similarity(theirs[1:], said)
    assert [answer["clip"] for answer in answers] == pytest.approx(wanted.tolist(), abs=1e-4)
    assert [answer["clip_text"] for answer in answers] == pytest.approx(spoken.tolist(), abs=1e-4)
    assert answers[0]["clip"] == pytest.approx(1, abs=1e-5)
    assert len({round(answer["clip_text"], 6) for answer in answers}) == 5


def test_dino_reads_weights_of_another_size_from_a_file(random_dino):
    evaluator = SemanticEvaluator(measure="dino", files={"dino": random_dino})
    values = evaluator.evaluate([opaque(picture(0)), opaque(picture(1))], Target.from_array(picture(0)))
    assert values[0]["dino"] == pytest.approx(1, abs=1e-5)
    assert -1 <= values[1]["dino"] < 0.9999


def test_what_is_missing_is_told_and_the_rest_is_measured(weights):
    evaluator = SemanticEvaluator(weights=str(weights))
    assert {metric.name for metric in evaluator.metrics} == {"encoder", "dino", "clip"}
    assert set(evaluator.missing) == {"dino", "clip"}
    assert "seig weights fetch dino" in evaluator.missing["dino"]
    answer = evaluator.evaluate([opaque(picture(1))], Target.from_array(picture(0)))[0]
    assert set(answer) == {"encoder"}
    with pytest.raises(UsageError, match=r"clip: .*seig weights fetch clip.*dino: .*seig weights fetch dino"):
        require_all(Measurer([evaluator]))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"measure": "clip_text"}, "set caption"),
        ({"measure": ["dinno"]}, "did you mean 'dino'"),
        ({"threads": 0}, "at least 1"),
        ({"files": {"dinno": "x"}}, "did you mean 'dino'"),
    ],
)
def test_wrong_settings_are_refused_when_it_is_made(wrong, told):
    with pytest.raises(UsageError, match=told):
        SemanticEvaluator(**wrong)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"measure": "clip", "clip_model": "ViT-B-3"}, "open_clip has no model 'ViT-B-3'; did you mean"),
        ({"measure": "clip", "clip_model": "tiny-hub-text"}, "comes from a hub"),
        ({"measure": "clip", "clip_model": "tiny-wider"}, "does not hold the weights of tiny-wider"),
        ({"measure": "dino", "dino_model": "vit_smal"}, "timm has no model"),
        ({"measure": "dino"}, "does not hold the weights of vit_small_patch14_dinov2"),
    ],
)
def test_models_and_files_that_do_not_fit_are_told(tiny_clip, settings, told):
    evaluator = SemanticEvaluator(**settings, files={settings["measure"]: tiny_clip[1]})
    with pytest.raises(SeigError, match=told):
        evaluator.evaluate([opaque(picture(1))], Target.from_array(picture(0)))


class TestSemantic(EvaluatorSuite):
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def store(cls, weights):
        cls.weights = str(weights)

    def make(self):
        return SemanticEvaluator(weights=self.weights)
