"""What the trusted side makes of answers, of output and of devices; no Blender here."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.blender_pool.complaints import Complaints
from seig_search.blender_pool.devices import choose_device
from seig_search.blender_pool.layers import layer_sizes, read_layers, read_names
from seig_search.errors import SeigError
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

JOB = RenderJob("", Fidelity(4, 3), passes=("object_index", "depth", "lights", "facts"))
NAMES = {"object_index": ["", "Mug"], "lights": ["Key", "world", "emission"]}


def blobs(depth=1.0, index=1, light=0.5):
    return [
        np.full((3, 4), depth, "<f4").tobytes(),
        np.full((3, 4), index, "<i4").tobytes(),
        np.full((3, 3, 4, 3), light, "<f4").tobytes(),
    ]


def test_sizes_follow_from_the_job_and_the_number_of_lights():
    assert layer_sizes(JOB, {"names": NAMES}) == [48, 48, 432]
    layers = read_layers(JOB, blobs(depth=np.inf), read_names(JOB, {"names": NAMES}))
    assert {name: values.shape for name, values in layers.items()} == {
        "depth": (3, 4),
        "object_index": (3, 4),
        "lights": (3, 3, 4, 3),
    }
    with pytest.raises(ValueError, match="read-only"):
        layers["depth"][0, 0] = 1


@pytest.mark.parametrize(
    "wrong",
    [
        blobs(depth=np.nan),
        blobs(depth=-1),
        blobs(index=2),
        blobs(index=-1),
        blobs(light=np.inf),
        blobs(light=np.nan),
        [b"", *blobs()[1:]],
        [blobs()[0] + b"1234", *blobs()[1:]],
        blobs()[:2],
    ],
)
def test_values_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError):
        read_layers(JOB, wrong, read_names(JOB, {"names": NAMES}))


@pytest.mark.parametrize(
    "names",
    [
        {**NAMES, "lights": ["L"] * 1000},
        {**NAMES, "object_index": [1]},
        {**NAMES, "object_index": "Mug"},
        {**NAMES, "object_index": ["x" * 1000]},
    ],
)
def test_tables_of_names_that_cannot_be_are_refused(names):
    with pytest.raises(ValueError):
        layer_sizes(JOB, {"names": names})


def test_no_more_is_read_than_a_worker_may_send():
    large = RenderJob("", Fidelity(2048, 2048), passes=("lights",))
    assert layer_sizes(large, {"names": {"lights": ["L"] * 10}}) == [10 * 2048 * 2048 * 12]
    with pytest.raises(ValueError, match="528 MiB"):
        layer_sizes(large, {"names": {"lights": ["L"] * 11}})


TROUBLE = [
    "Warning: Cycles might crash",
    "WARN (bke.mesh): some mesh is odd",
    "Error: Python: Traceback",
    "System is out of GPU memory",
    "IMB_load_image_from_memory: cannot read 'x.png'",
    "Unable to open a file",
    "Image file does not exist: wood.png",
    "Boolean: non-manifold input",
    "Fra:1 Mem:8.31M (Peak 8.41M) | Time:00:00.00 | Mem:0.00M, Peak:0.00M | Scene, ViewLayer | Error: out of memory",
    "Failed to create denoiser",
]
HARMLESS = [
    "Fra:1 Mem:8.31M (Peak 8.41M) | Time:00:00.00 | Mem:0.00M, Peak:0.00M | Scene, ViewLayer | Updating Lights",
    "Saved: '/tmp/render.png'",
    "Time: 00:00.33 (Saving: 00:00.01)",
    "the error of the fit is 0.2",
    "forewarning",
    "",
]


@pytest.mark.parametrize("line", TROUBLE)
def test_lines_of_trouble_are_picked(line):
    complaints = Complaints()
    complaints.add(f"before\n{line}\nafter\n".encode())
    assert len(complaints.lines) == 1
    assert complaints.lines[0] in line


def test_harmless_lines_are_not():
    complaints = Complaints()
    complaints.add("\n".join(HARMLESS).encode())
    assert complaints.lines == ()


@given(cuts=st.lists(st.integers(0, 60), max_size=6))
def test_lines_are_found_however_the_bytes_come(cuts):
    text = b"one\nWarning: first\nError: second\nWarning: first\nError: last"
    at = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    complaints = Complaints()
    for begin, end in pairwise(at):
        complaints.add(text[begin:end])
    assert complaints.lines == ("Warning: first", "Error: second", "Error: last")


def test_a_flood_of_trouble_is_bounded_and_forgotten():
    complaints = Complaints()
    for index in range(1000):
        complaints.add(b"Warning: %d \x1b[31m\x00 %s\n" % (index, b"x" * 10000))
    complaints.add(b"Error: " + b"y" * 1_000_000)
    lines = complaints.lines
    assert len(lines) == 21
    assert lines[-1] == "and 981 more lines like these"
    assert all(len(line) <= 300 and line.isprintable() for line in lines)
    complaints.clear()
    assert complaints.lines == ()


@pytest.mark.parametrize(
    ("wish", "found", "kind"),
    [
        ("CPU", ["CPU: EPYC"], "CPU"),
        ("CPU", [], "CPU"),
        ("auto", ["CPU: EPYC"], "CPU"),
        ("auto", ["CPU: EPYC", "CUDA: A", "OPTIX: A"], "OPTIX"),
        ("auto", ["CPU: EPYC", "HIP: B"], "HIP"),
        ("CUDA", ["CPU: EPYC", "CUDA: A", "OPTIX: A"], "CUDA"),
    ],
)
def test_devices_are_chosen_from_what_is_there(wish, found, kind):
    assert choose_device(wish, found) == kind


def test_a_device_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(SeigError, match=r"device=CUDA.*CPU: EPYC"):
        choose_device("CUDA", ["CPU: EPYC"])
