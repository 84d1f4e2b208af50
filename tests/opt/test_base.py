"""Options of passes, the registry, and running a list of passes."""

from dataclasses import dataclass

import pytest

from tests.opt.plugin import BreakIR, Bug, Options, Refuse, Rename
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.errors import Position, UnsupportedError, WengertError, WengertValueError
from wengert.passes.base import Pass, Upstream, register_pass, run_pipeline

TEXT = """\
func.func @f(%x: f64) -> f64 {
  %0 = arith.addf %x, %x : f64
  %1 = arith.addf %x, %x : f64
  return %0 : f64
}
"""


def run(*passes: Pass, text: str = TEXT) -> tuple[str, list[str]]:
    """The module after the passes, and what the observer saw."""
    seen: list[str] = []
    with make_context():
        module = ir.Module.parse(text)
        run_pipeline(module, passes, lambda label, module: seen.append(label))
        return str(module), seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({}, Options()),
        ({"word": "f"}, Options(word="f")),
        ({"number": "-3", "ratio": "1e-3"}, Options(number=-3, ratio=1e-3)),
        ({"fast": None}, Options(fast=True)),
        ({"fast": "true"}, Options(fast=True)),
        ({"fast": "0"}, Options(fast=False)),
        ({"numbers": "2,0"}, Options(numbers=(2, 0))),
        ({"numbers": ""}, Options(numbers=())),
        ({"words": "a, b"}, Options(words=("a", "b"))),
        ({"max-depth": "4"}, Options(max_depth=4)),
    ],
)
def test_options_are_typed(text: dict[str, str | None], expected: Options) -> None:
    assert Options.from_options(text) == expected


@pytest.mark.parametrize(
    ("cls", "text", "message"),
    [
        (Options, {"nubmer": "1"}, "pass 'test-options' has no option 'nubmer'"),
        (Options, {"number": "x"}, "option 'number' of pass 'test-options' is of type int, not 'x'"),
        (Options, {"numbers": "1,x"}, "option 'numbers' of pass 'test-options' is of type int, not 'x'"),
        (Options, {"fast": "maybe"}, "option 'fast' of pass 'test-options' is true or false, not 'maybe'"),
        (Options, {"number": None}, "option 'number' of pass 'test-options' needs a value"),
        (Rename, {}, "pass 'test-rename' needs option 'function'"),
    ],
)
def test_bad_options_are_named(cls: type[Pass], text: dict[str, str | None], message: str) -> None:
    with pytest.raises(WengertValueError) as raised:
        cls.from_options(text)
    assert raised.value.what == message


def test_a_pass_prints_as_it_is_written() -> None:
    assert str(Options()) == "test-options"
    assert str(Options(fast=True, numbers=(2, 1), max_depth=3)) == "test-options{fast=true numbers=2,1 max-depth=3}"
    assert str(Options(word="two words")) == 'test-options{word="two words"}'
    assert str(Upstream("func.func(cse)")) == "func.func(cse)"


def test_a_name_is_registered_once() -> None:
    with pytest.raises(WengertValueError, match="there is a pass 'test-rename' already"):

        @register_pass("test-rename")
        @dataclass(frozen=True)
        class Other(Pass):
            def run(self, module: ir.Module) -> None:
                pass


def test_passes_run_in_order_and_are_observed() -> None:
    text, seen = run(Upstream("func.func(canonicalize,cse)"), Rename("f", to="g"), Rename("g", to="h"))
    assert "@h" in text
    assert text.count("addf") == 1
    assert seen == ["func.func(canonicalize,cse)", "test-rename", "test-rename"]


def test_a_refusal_keeps_its_type_and_position() -> None:
    with pytest.raises(UnsupportedError) as raised:
        run(Refuse())
    assert raised.value.position == Position("-", 2, 8)
    assert raised.value.__notes__ == ["in pass 'test-refuse'"]


def test_a_bug_keeps_its_type_and_names_the_pass() -> None:
    with pytest.raises(KeyError) as raised:
        run(Bug())
    assert raised.value.__notes__ == ["in pass 'test-bug'"]


def test_ir_that_does_not_verify_is_blamed_on_the_pass() -> None:
    with pytest.raises(WengertError) as raised:
        run(BreakIR())
    assert raised.value.what.startswith("pass 'test-break-ir' left invalid IR: ")
    assert raised.value.position == Position("-", 3, 8)  # the operation that is now the last of its block


def test_a_failing_upstream_pass_gives_its_diagnostic() -> None:
    text = """func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = "nd.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  return %0 : tensor<3xf64>
}"""
    with pytest.raises(WengertError) as raised:
        run(Upstream("one-shot-bufferize"), text=text)
    assert raised.value.what == "op was not bufferized"
    assert raised.value.position == Position("-", 2, 8)
    assert raised.value.__notes__ == ["in pass 'one-shot-bufferize'"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope", "bad pipeline 'nope': 'nope' does not refer to a registered pass or pass pipeline"),
        ("cse{a=1}", "bad pipeline 'cse{a=1}': no such option a"),
        ("cse,(", "bad pipeline 'cse,(': encountered unbalanced parentheses while parsing pipeline"),
    ],
)
def test_a_bad_upstream_fragment_is_an_error(text: str, message: str) -> None:
    with pytest.raises(WengertValueError) as raised:
        run(Upstream(text))
    assert raised.value.what == message
