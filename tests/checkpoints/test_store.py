"""What is fetched is checked, noted, found again, carried elsewhere, and never half there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from seig_search.checkpoints import CATALOGUE, Checkpoint, HubFile, MissingCheckpoint, PackageMember, Store
from seig_search.checkpoints.store import default_folder, offline
from seig_search.errors import SeigError, UsageError

DATA = save({"w": np.arange(4, dtype=np.float32)})


@pytest.fixture(autouse=True)
def online(monkeypatch):
    for name in ("SEIG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


class Hub:
    """A folder that plays the hub, and a catalogue with one entry whose sources are in it."""

    def __init__(self, folder, prefix=""):
        self.folder, self.prefix = folder, prefix
        folder.mkdir()

    def put(self, data=DATA, name="upstream.safetensors"):
        (self.folder / name).write_bytes(data)

    def catalogue(self, *names):
        sources = tuple(
            HubFile((self.folder / name).as_uri(), name, self.prefix) for name in names or ("upstream.safetensors",)
        )
        return {"net": Checkpoint("net", "net.safetensors", "A net", ("metric",), "MIT", 0.1, sources)}


@pytest.fixture
def hub(tmp_path):
    return Hub(tmp_path / "hub")


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_fetched_file_is_found_and_verified(hub, tmp_path):
    hub.put()
    store = Store(tmp_path / "store", hub.catalogue())
    with pytest.raises(MissingCheckpoint, match=r"seig weights fetch net --to .*store"):
        store.find("net")
    record = store.fetch("net")
    assert record.trust == "first use"
    assert record.source_sha256 == hashlib.sha256(DATA).hexdigest()
    assert load_file(store.find("net"))["w"].tolist() == [0, 1, 2, 3]
    assert store.verify() == {"net": "ok"}
    assert everything(store.folder) == ["net.safetensors", "net.safetensors.json"]


def test_what_is_there_is_not_fetched_again(hub, tmp_path):
    hub.put()
    store = Store(tmp_path / "store", hub.catalogue())
    first = store.fetch("net")
    (hub.folder / "upstream.safetensors").unlink()
    assert store.fetch("net") == first


def test_the_next_source_is_tried_and_all_are_named_when_none_works(hub, tmp_path):
    hub.put(name="second.safetensors")
    store = Store(tmp_path / "store", hub.catalogue("first.safetensors", "second.safetensors"))
    assert store.fetch("net").source.endswith("second.safetensors")
    other = Store(tmp_path / "other", hub.catalogue("a.safetensors", "b.safetensors"))
    with pytest.raises(SeigError, match=r"net could not be fetched: .*a\.safetensors.*; .*b\.safetensors"):
        other.fetch("net")
    assert everything(other.folder) == []


def test_a_file_whose_hash_begins_otherwise_is_refused_and_leaves_nothing(tmp_path):
    right = hashlib.sha256(DATA).hexdigest()[:8]
    hub = Hub(tmp_path / "hub", prefix=right)
    hub.put(DATA + b"\0")
    store = Store(tmp_path / "store", hub.catalogue())
    with pytest.raises(SeigError, match=f"expected {right}: it is damaged"):
        store.fetch("net")
    assert everything(store.folder) == []
    hub.put()
    assert store.fetch("net").trust == "prefix"


def test_a_first_file_is_trusted_and_later_ones_are_held_to_it(hub, tmp_path):
    hub.put()
    store = Store(tmp_path / "store", hub.catalogue())
    store.fetch("net")
    store.find("net").unlink()
    hub.put(save({"w": np.ones(4, np.float32)}))
    with pytest.raises(SeigError, match=r"has changed: .*delete .*net\.safetensors\.json"):
        store.fetch("net")
    assert not store.has("net")
    hub.put()
    assert store.fetch("net").trust == "first use"


def test_tampering_and_missing_records_are_found(hub, tmp_path):
    hub.put()
    store = Store(tmp_path / "store", hub.catalogue())
    store.fetch("net")
    store.path("net").write_bytes(DATA + b"\0")
    assert "not the file that was fetched" in store.verify()["net"]
    (store.folder / "net.safetensors.json").unlink()
    assert "no record" in store.verify()["net"]


def test_a_staged_folder_serves_a_machine_without_a_network(hub, tmp_path, monkeypatch):
    hub.put()
    Store(tmp_path / "stick", hub.catalogue()).fetch("net")
    monkeypatch.setenv("SEIG_OFFLINE", "1")
    there = Store(tmp_path / "there", hub.catalogue())
    with pytest.raises(SeigError, match=r"SEIG_OFFLINE is set.*--from"):
        there.fetch("net")
    assert there.fetch("net", origin=tmp_path / "stick") == Store(tmp_path / "stick", hub.catalogue()).record("net")
    assert there.verify() == {"net": "ok"}


def test_a_staged_file_that_was_damaged_on_the_way_is_refused(hub, tmp_path):
    hub.put()
    stick = Store(tmp_path / "stick", hub.catalogue())
    stick.fetch("net")
    stick.path("net").write_bytes(DATA + b"\0")
    there = Store(tmp_path / "there", hub.catalogue())
    with pytest.raises(SeigError, match="does not match its record"):
        there.fetch("net", origin=stick.folder)
    assert not there.has("net")


def test_a_folder_of_files_as_their_sources_have_them_serves_too(hub, tmp_path):
    hub.put()
    store = Store(tmp_path / "store", hub.catalogue())
    store.fetch("net", origin=hub.folder)
    assert store.verify() == {"net": "ok"}
    assert (hub.folder / "upstream.safetensors").is_file()
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeigError, match=r"has no net\.safetensors or upstream\.safetensors"):
        Store(tmp_path / "other", hub.catalogue()).fetch("net", origin=tmp_path / "empty")
    with pytest.raises(UsageError, match="expects a folder"):
        Store(tmp_path / "other", hub.catalogue()).fetch("net", origin=tmp_path / "nowhere")


def test_a_page_in_place_of_a_file_is_refused(hub, tmp_path):
    hub.put(b"<html>moved</html>")
    with pytest.raises(SeigError, match="no safetensors file"):
        Store(tmp_path / "store", hub.catalogue()).fetch("net")


@pytest.mark.parametrize("name", ["SEIG_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_is_asked_of_either_variable(name):
    assert offline({name: "1"}) == name
    assert offline({name: "0"}) is None


def test_the_folder_is_the_users_choice_or_the_platforms():
    assert default_folder({"SEIG_WEIGHTS": "/data/w"}) == Path("/data/w")
    assert default_folder({"XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/seig-search/weights")
    assert default_folder({}, "linux") == Path.home() / ".cache/seig-search/weights"
    assert default_folder({}, "darwin") == Path.home() / "Library/Caches/seig-search/weights"
    assert default_folder({"LOCALAPPDATA": "/l"}, "win32") == Path("/l/seig-search/weights")


def test_a_download_that_breaks_off_is_told(tmp_path):
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    from seig_search.checkpoints.hub import download

    class Half(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/gone":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x" * 40)

        def log_message(self, *given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Half)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(SeigError, match=r"40 of 100 bytes|cannot be fetched"):
            download(f"{base}/file", tmp_path / "file")
        with pytest.raises(SeigError, match="answered 404"):
            download(f"{base}/gone", tmp_path / "file")
        with pytest.raises(SeigError, match="more than 10 bytes"):
            download(f"{base}/file", tmp_path / "file", limit=10)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_catalogue_pins_what_can_be_known():
    assert {name for one in CATALOGUE.values() for name in one.metrics} == {
        "lpips", "lpips_vgg", "encoder", "dino", "clip", "clip_text", "dreamsim",
    }  # fmt: skip
    for one in CATALOGUE.values():
        for source in one.sources:
            if isinstance(source, PackageMember):
                assert len(source.sha256) == 64
            else:
                assert source.url.startswith("https://")
                # Where a hub's file name ends in a hash, the file is held to it.
                assert source.sha256_prefix in source.url
        assert dataclasses.replace(one) == one


def test_the_command_lists_stages_and_verifies(hub, tmp_path, monkeypatch, capsys):
    from seig_search.cli.main import main

    monkeypatch.setenv("SEIG_WEIGHTS", str(tmp_path / "store"))
    assert main(["weights", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["folder"] == str(tmp_path / "store")
    assert {one["name"]: one["present"] for one in listed["weights"]} == dict.fromkeys(CATALOGUE, False)
    assert main(["weights", "fetch", "lpips-alx"]) == 2
    assert "did you mean 'lpips-alex'" in capsys.readouterr().err
    assert main(["weights", "fetch", "dreamsim"]) == 2
    assert "pip install dreamsim" in capsys.readouterr().err
    hub.put(name="vit_small_patch14_dinov2.lvd142m.safetensors")
    assert main(["weights", "fetch", "dino", "clip", "--from", str(hub.folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [record["name"] for record in told["fetched"]] == ["dino"]
    assert set(told["failed"]) == {"clip"}
    assert main(["weights", "fetch", "dino", "--to", str(tmp_path / "stick")]) == 0
    assert "nothing was known of this file beforehand" in capsys.readouterr().out
    assert (tmp_path / "stick" / "vit_small_patch14_dinov2.lvd142m.safetensors.json").is_file()
    assert main(["weights", "verify"]) == 0
    assert "dino  ok" in capsys.readouterr().out
    Store(tmp_path / "store").path("dino").write_bytes(b"")
    assert main(["weights", "verify", "--json"]) == 1
    assert "not the file" in json.loads(capsys.readouterr().out)["findings"]["dino"]
