import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_crew import Crew, opened, picture

from seig_search.blender_pool.program_text import normal_text
from seig_search.blender_pool.supervisor import Answer
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

PIECES = [
    "x = 1",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    '"""',
    "'''",
    "'",
    "# c",
    "\\",
    "f(",
    ")",
    "if x:",
    "\n    y",
    "f",
    ";",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_normal_text_means_the_same_and_moves_no_line(text):
    def meaning(source):
        try:
            return ast.dump(ast.parse(source), include_attributes=True)
        except SyntaxError:
            return None

    normal = normal_text(text)
    assert meaning(normal) == meaning(text)
    assert normal_text(normal) == normal
    assert normal.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("a = 1  \r\nb = 2\t\n", "a = 1\nb = 2\n"),
        ("a = '''x  \n  y  '''  \n", "a = '''x  \n  y  '''\n"),
        ("a = f'''x  \n{1}  \n'''  \n", "a = f'''x  \n{1}  \n'''\n"),
        ("def f():\n    \n    return 1\n", "def f():\n\n    return 1\n"),
        ("a = (  \n1)  ", "a = (\n1)"),
        ("a = (  ", "a = (  "),
        ("  a", "  a"),
    ],
)
def test_only_line_endings_and_loose_ends_go(text, normal):
    assert normal_text(text) == normal


def test_texts_that_differ_by_loose_ends_alone_are_one_render():
    crew = Crew(lambda name, asked: Answer(picture("same")))
    dispatcher = opened(crew, workers=1)
    texts = ["a = 1\nb = 2\n", "a = 1  \r\nb = 2\n", "a = 1\nb = 2 \n"]
    results = [dispatcher.submit(RenderJob(text, Fidelity(2, 2))).result(30) for text in texts]
    other = dispatcher.submit(RenderJob(" a = 1\nb = 2\n", Fidelity(2, 2))).result(30)
    dispatcher.close()
    assert [result.cached for result in (*results, other)] == [False, True, True, False]
    assert {text for _, text in crew.seen} == {texts[0], " " + texts[0]}
