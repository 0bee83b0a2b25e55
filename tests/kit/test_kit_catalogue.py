"""The kit as text: what every function promises, and what of it is pasted."""

import ast
import builtins
import symtable
from pathlib import Path

import pytest

from seig_search import kit
from seig_search.errors import UsageError
from seig_search.kit import HELPERS, Helper, catalogue, needed, source_of

FOLDER = Path(kit.__file__).parent / "helpers"


@pytest.mark.parametrize("helper", HELPERS.values(), ids=lambda helper: helper.name)
class TestEveryFunction:
    def test_it_is_named_told_and_short(self, helper: Helper) -> None:
        tree = ast.parse(helper.source)
        assert [type(node) for node in tree.body] == [ast.FunctionDef]
        assert helper.name.startswith("kit_")
        assert helper.signature.startswith(f"{helper.name}(")
        told = ast.get_docstring(tree.body[0])
        assert told
        assert len(told.splitlines()) <= 5, "four lines, and the empty one after the first"
        assert helper.summary == told.splitlines()[0]
        assert helper.summary.endswith((".", ";"))
        assert len(helper.source.splitlines()) <= 50
        assert max(map(len, helper.source.splitlines())) <= 120

    def test_its_needs_are_in_the_kit(self, helper: Helper) -> None:
        assert set(helper.needs) <= set(HELPERS)
        assert helper.name not in helper.needs

    def test_it_reads_nothing_but_builtins_and_the_kit(self, helper: Helper) -> None:
        assert global_names(helper.source) <= {*dir(builtins), *helper.needs, helper.name}

    def test_chance_comes_from_a_seed(self, helper: Helper) -> None:
        if "random" in helper.source:
            assert "random.Random(seed)" in helper.source or "chance" in helper.signature
        assert "bpy.ops" not in helper.source


def global_names(source: str) -> set[str]:
    """Names that code reads from outside of itself."""
    found, todo = set(), symtable.symtable(source, "kit", "exec").get_children()
    while todo:
        table = todo.pop()
        todo += table.get_children()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return found


def test_every_file_is_in_the_catalogue() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == set(catalogue.KINDS)
    assert kit.VERSION == 1
    assert set(HELPERS) > kit.PARTS


def test_kinds_go_by_what_is_made() -> None:
    kinds = {name: helper.kind for name, helper in HELPERS.items()}
    assert kinds["kit_box"] == "model"
    assert kinds["kit_wood"] == "material"
    assert kinds["kit_unproject"] == "camera"


def test_needed_is_the_closure_in_the_order_of_the_catalogue() -> None:
    assert needed(["kit_handle"]) == ("kit_tube", "kit_handle", "kit_curve", "kit_mesh")
    assert needed(["kit_box", "kit_box"]) == ("kit_box",)
    assert needed([]) == ()
    assert needed(HELPERS) == tuple(HELPERS)
    assert needed(reversed([*HELPERS])) == tuple(HELPERS)


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="kit_cylinder"):
        needed(["kit_cylindre"])


@pytest.mark.parametrize("names", [["kit_handle"], ["kit_wood", "kit_scatter"], [*HELPERS]])
def test_the_text_is_complete_python_with_two_blank_lines_between(names: list[str]) -> None:
    text = source_of(iter(names))
    defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert tuple(defined) == needed(names)
    assert text.endswith("\n")
    assert text.count("\n\n\ndef ") == len(defined) - 1
    assert global_names(text) <= {*dir(builtins), *defined}


def test_no_names_are_no_text() -> None:
    assert source_of([]) == ""


def test_the_guide_tells_every_function_as_it_is() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "kit.md").read_text(encoding="utf-8")
    for helper in HELPERS.values():
        assert f"| `{helper.signature}` | {helper.summary} |" in guide
