"""Scripts as people and models write them, each through the pool: they run, and their pictures show something."""

from pathlib import Path

import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = [pytest.mark.blender, pytest.mark.slow]
SCRIPTS = sorted((Path(__file__).parent / "honest").glob("*.py"))
SMALL = Fidelity(64, 48, samples=2)


@pytest.fixture(scope="module")
def supervisor():
    made = Supervisor(PoolOptions(deadline_s=60), threads=1)
    yield made
    made.stop()


def test_there_are_scripts_enough():
    assert len(SCRIPTS) >= 20


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_honest_script_gives_a_picture(supervisor, path):
    answer = supervisor.render(RenderJob(path.read_text(), SMALL))
    result = answer.result
    assert result is not None, (answer.cause, answer.message, answer.output)
    assert result.status == "ok", (result.error, result.error.output)
    assert result.pixels[..., :3].std() > 2, "nothing is to be seen"


def test_a_file_in_tmp_is_gone_for_the_next_program(supervisor):
    writes = "import bpy\nopen('/tmp/left', 'w').write('here')\nassert open('/tmp/left').read() == 'here'\n"
    looks = "import bpy, os\nassert not os.path.exists('/tmp/left'), os.listdir('/tmp')\n"
    for source in (writes, looks):
        result = supervisor.render(RenderJob(source, SMALL)).result
        assert result is not None
        assert result.status == "ok", result.error
    assert not Path("/tmp/left").exists()
