"""Pipeline strings: what they mean, and where they are wrong."""

import pytest

import tests.opt.plugin  # noqa: F401  (registers the passes)
from wengert.dialects.bindings import ir
from wengert.dialects.errors import WengertValueError
from wengert.passes.base import Upstream, near_matches
from wengert.passes.pipeline_text import UPSTREAM_PASSES, parse_options, parse_pipeline


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", []),
        ("builtin.module()", []),
        ("cse", ["cse"]),
        ("any(cse)", ["cse"]),
        ("builtin.module(test-rename{function=f})", ["test-rename{function=f}"]),
        ("test-rename{function=f}, cse", ["test-rename{function=f}", "cse"]),
        ("builtin.module(func.func(cse,canonicalize),test-options{fast},inline)",
         ["func.func(cse)", "func.func(canonicalize)", "test-options{fast=true}", "inline"]),
        ("gpu.module(gpu.func(cse))", ["gpu.module(gpu.func(cse))"]),
        ("canonicalize{max-iterations=3 region-simplify=disabled}",
         ["canonicalize{max-iterations=3 region-simplify=disabled}"]),
        ("test-options{numbers={1,2} word='a b'}\n,\n  cse", ['test-options{word="a b" numbers=1,2}', "cse"]),
        ("func.func()", []),
    ],
)
def test_parsing(text: str, passes: list[str]) -> None:
    assert [str(pass_) for pass_ in parse_pipeline(text)] == passes


def test_what_is_printed_parses_to_the_same() -> None:
    passes = parse_pipeline('cse,func.func(sccp),test-options{word="a b" fast numbers=1,2 max-depth=0}')
    assert parse_pipeline(",".join(map(str, passes))) == passes


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("builtin.module(cse", 1, 19, "bad pipeline: expected a ',' or ')', found the end"),
        ("cse)", 1, 4, "bad pipeline: expected a ',' or the end of the pipeline, found ')'"),
        ("cse,,cse", 1, 5, "bad pipeline: expected the name of a pass, found ','"),
        ("cse,", 1, 5, "bad pipeline: expected the name of a pass, found the end"),
        ("cse,\ncse{a=1", 2, 4, "bad pipeline: this '{' is never closed"),
        ("cse{a=1}", 1, 1, "bad pipeline 'cse{a=1}': no such option a"),
        ("cse, canonicalise", 1, 6, "unknown pass 'canonicalise'"),
        ("test-renam{function=f}", 1, 1, "unknown pass 'test-renam'"),
        ("cse,test-rename", 1, 5, "pass 'test-rename' needs option 'function'"),
        ("test-rename{function=f function=g}", 1, 1, "option 'function' is given twice"),
        ("test-rename{=f}", 1, 1, "cannot read the options '=f'"),
        ("func.func(test-options)", 1, 11, "pass 'test-options' cannot stand inside func.func( )"),
    ],
)
def test_errors_point_into_the_string(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(WengertValueError) as raised:
        parse_pipeline(text)
    assert raised.value.position is not None
    assert (raised.value.position.line, raised.value.position.column) == (line, column)
    assert raised.value.what == message
    assert "^" in str(raised.value)


def test_near_matches_are_proposed() -> None:
    with pytest.raises(WengertValueError) as raised:
        parse_pipeline("canonicalise")
    assert raised.value.help == "did you mean canonicalize?"
    with pytest.raises(WengertValueError) as raised:
        parse_pipeline("test-renam")
    assert "test-rename" in raised.value.help
    assert near_matches("qqq", ["cse"]) == ""


def test_options_text() -> None:
    assert parse_options(" a=1  b=x,y c={p,q} d='two words' e ") == {
        "a": "1", "b": "x,y", "c": "p,q", "d": "two words", "e": None,
    }


def test_upstream_has_the_passes_we_propose() -> None:
    with ir.Context():
        for name in UPSTREAM_PASSES:
            try:
                Upstream(name).manager()
            except WengertValueError:
                Upstream(f"func.func({name})").manager()  # restricted to functions
