"""Run folders are never overwritten, and only ours are opened."""

import pytest

from seig_search.errors import SeigError, UsageError
from seig_search.runs import Journal, RunFolder, write_bytes
from seig_search.runs.folder import FORMAT


def made(root):
    folder = RunFolder.create(root)
    folder.config.write_text("{}")
    Journal(folder.journal).write("run", format=FORMAT)
    return folder


def test_an_existing_run_is_not_overwritten(tmp_path):
    made(tmp_path / "run")
    with pytest.raises(UsageError, match="seig resume"):
        RunFolder.create(tmp_path / "run")


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="not empty"):
        RunFolder.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_made_folder_opens(tmp_path):
    assert RunFolder.open(made(tmp_path / "run").root).is_run()


@pytest.mark.parametrize("first", ["", "not json\n", '{"kind":"run","format":99}\n', '{"kind":"other"}\n', "[]\n"])
def test_a_folder_that_is_not_ours_is_refused(tmp_path, first):
    (tmp_path / "config.yaml").write_text("{}")
    (tmp_path / "journal.jsonl").write_text(first)
    with pytest.raises(UsageError, match="not a run folder"):
        RunFolder.open(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UsageError, match="no run folder"):
        RunFolder.open(tmp_path / "nowhere")


def test_two_drivers_cannot_share_a_folder(tmp_path):
    folder = made(tmp_path / "run")
    with folder.lock(), pytest.raises(SeigError, match="another process"), folder.lock():
        pass
    with folder.lock():
        pass


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "summary.json"
    write_bytes(path, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["summary.json"]
