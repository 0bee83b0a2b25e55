"""Terms that users write: right values, clear refusals, and nothing that runs."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seig_search.errors import UsageError
from seig_search.evaluators.expression import Expression

KNOWN = {"ssim": 0.5, "psnr": 20.0, "lpips": 0.3, "psnr@cup": 12.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5 * ssim + 1", 1.25),
        ("-ssim ** 2", -0.25),
        ("min(ssim, lpips, 1)", 0.3),
        ("clip(psnr / 10, 0, 1)", 1.0),
        ("exp(-lpips / 0.3)", math.exp(-1)),
        ("sqrt(abs(ssim - 0.75))", 0.5),
        ("'psnr@cup' - log(1)", 12.0),
        ("(1 - ssim) / (1 + ssim)", 1 / 3),
        ("3", 3.0),
    ],
)
def test_values(text, expected):
    expression = Expression(text, KNOWN)
    assert expression.value(KNOWN) == pytest.approx(expected)
    assert all(name in text for name in expression.names)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an expression is a text"),
        (3, "an expression is a text"),
        ("0.5 *", "cannot be read"),
        ("smim + 1", r"no metric 'smim'.*ssim"),
        ("ssim.real", "not allowed"),
        ("__import__('os')", "no function '__import__'"),
        ("(lambda: 1)()", "not allowed"),
        ("[ssim][0]", "not allowed"),
        ("ssim if psnr else 1", "not allowed"),
        ("ssim < 1", "not allowed"),
        ("ssim @ psnr", "not allowed"),
        ("f'{ssim}'", "not allowed"),
        ("min(ssim)", "takes 2 to 16 values, not 1"),
        ("exp(ssim, psnr)", "takes 1 values, not 2"),
        ("min(*ssim)", "takes 2 to 16"),
        ("clip(ssim, low=0, high=1)", "not allowed"),
        ("2 ** psnr", "exponent must be a number"),
        ("psnr ** 99", "more than 16"),
        ("True", "not allowed"),
        ("1e300", "not allowed"),
        ("9" * 400 + "+ssim", "cannot be read|not allowed"),
        ("(" * 300 + ")" * 300, "600 characters"),
        ("+".join(["ssim"] * 90), "too long"),
        ("-" * 400 + "ssim", "too long"),
        ("ssim\0", "cannot be read"),
        ("(ssim := 1)", "not allowed"),
    ],
)
def test_what_is_not_of_the_grammar_is_refused_when_it_is_read(text, told):
    with pytest.raises(UsageError, match=told):
        Expression(text, KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "1 / (ssim - 0.5)",
        "log(ssim - 1)",
        "sqrt(-psnr)",
        "exp(psnr * 1000)",
        "(0 - psnr) ** 0.5",
        "exp(700) * exp(700)",
    ],
)
def test_what_has_no_value_says_for_which_values(text):
    with pytest.raises(UsageError, match=r"no (finite )?value for"):
        Expression(text, KNOWN).value(KNOWN)


PIECES = st.sampled_from(
    [
        "ssim",
        "psnr",
        "1",
        "0",
        "2.5",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "**",
        ",",
        "min",
        "exp",
        "log",
        ".",
        "'",
        "[",
        "]",
        "lambda",
        ":",
        "__class__",
        "import",
        "\n",
        "\\",
        "=",
        "{",
        "}",
        "é",
        "\ud800",
    ]
)


@settings(max_examples=400, deadline=1000)
@given(
    st.one_of(
        st.text(max_size=60), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)
    )
)
@example("ssim" + "**16" * 40)
@example("exp(" * 60 + "9" + ")" * 60)
def test_any_text_gives_a_finite_number_or_a_usage_error(text):
    try:
        value = Expression(text, KNOWN).value(KNOWN)
    except UsageError:
        return
    assert math.isfinite(value)
