"""What no linter asks: lines hold one thought, a condition no other one, and a suppression its reason
(CONTRIBUTING.md, Rules)."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_TOKENS_PER_LINE = 8
"""On average over all lines of code."""
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
BARE = re.compile(
    r"# (noqa(: [A-Z]+\d+(, [A-Z]+\d+)*)?|type: ignore(\[[\w, -]+\])?)$", re.MULTILINE
)
"""A suppression that nothing follows on its line."""
pytestmark = pytest.mark.once


def sources() -> Iterator[Path]:
    for package in sorted(ROOT.glob("*/__init__.py")):
        for path in sorted(package.parent.rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def tokens_and_lines(path: Path) -> tuple[int, int]:
    """How many tokens of code the file has, on how many lines; docstrings are no code."""
    text = path.read_text("utf-8")
    count, lines, previous = 0, set(), tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begins = previous in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
        is_docstring = token.type == tokenize.STRING and begins
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            previous = token.type
        if token.type in NO_CODE or is_docstring:
            continue
        count += 1
        lines.update(range(token.start[0], token.end[0] + 1))
    return count, len(lines)


@pytest.mark.slow
def test_lines_hold_eight_tokens_on_average_at_most():
    found = [tokens_and_lines(path) for path in sources()]
    tokens = sum(count for count, _lines in found)
    lines = sum(number for _count, number in found)
    assert lines > 0
    assert tokens / lines <= MAX_TOKENS_PER_LINE


@pytest.mark.slow
def test_no_conditional_expression_holds_another():
    nested = {
        f"{path.relative_to(ROOT)}:{outer.lineno}"
        for path in sources()
        for outer in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(outer, ast.IfExp)
        for inner in ast.walk(outer)
        if inner is not outer and isinstance(inner, ast.IfExp)
    }
    assert nested == set()


def test_suppressions_carry_their_reason():
    """So does ``Any`` in a signature, which ruff takes for an error (ANN401)."""
    bare = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in sources()
        for found in BARE.finditer(path.read_text("utf-8"))
    }
    assert bare == set()
