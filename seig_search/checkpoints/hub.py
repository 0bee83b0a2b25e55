"""Files from model hubs, by plain HTTPS."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path

from seig_search.errors import SeigError

__all__ = ["download"]

QUIET_S = 30.0
"""Seconds without a byte after which a connection counts as dead."""


def download(url: str, destination: Path, progress: bool = False, limit: int = 8 << 30) -> None:
    """Download a file.

    Args:
        url: https, or file in tests.
        destination: The file to write.
        progress: Show a bar on stderr.
        limit: Greatest size in bytes.

    Raises:
        SeigError: The hub cannot be reached, answers with an error, breaks off, or sends more than ``limit``.
    """
    from tqdm import tqdm

    request = urllib.request.Request(url, headers={"User-Agent": "seig-search"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=QUIET_S) as answer, destination.open("wb") as file:  # noqa: S310
            size = int(answer.headers.get("Content-Length") or 0)
            bar = tqdm(total=size or None, unit="B", unit_scale=True, desc=destination.name, disable=not progress)
            with bar:
                got = 0
                while block := answer.read(1 << 20):
                    got += len(block)
                    if got > limit:
                        raise SeigError(f"{url} sends more than {limit} bytes; the download was given up")
                    file.write(block)
                    bar.update(len(block))
    except urllib.error.HTTPError as error:
        raise SeigError(f"{url} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        raise SeigError(f"{url} cannot be fetched: {getattr(error, 'reason', error)}") from error
    if size and got != size:
        raise SeigError(f"{url} broke off after {got} of {size} bytes; try again")
