"""What a pass is, how it is registered, and how a list of passes is run.

A pass is a frozen dataclass: its fields are its options, `run` rewrites one module in place.  This file assumes nothing
about what passes do; it leaves parsing of pipeline strings to `pipeline_text`, and the choice and order of passes to
`pipeline`.

Example::

    @register_pass("drop-dead-loops")
    @dataclass(frozen=True)
    class DropDeadLoops(Pass):
        \"\"\"Remove loops whose results nobody reads.\"\"\"

        function: str = ""
        depth: tuple[int, ...] = ()

        def run(self, module: ir.Module) -> None:
            ...

    run_pipeline(module, [Upstream("canonicalize,cse"), DropDeadLoops(function="f")])
"""

from __future__ import annotations

import difflib
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, TypeVar

from wengert.dialects.bindings import PassManager, ir, position_of
from wengert.dialects.errors import WengertError, WengertValueError

Observer = Callable[[str, Any], None]


@dataclass(frozen=True)
class Pass(ABC):
    """One rewriting of a module.

    Contract of `run(module)`:

    - `module` verifies when `run` starts, its context is entered, and it must verify again when `run` returns
      (`run_pipeline` checks this after every pass).
    - The module is changed in place.  A pass keeps no handle of an operation, a value or a block after it returns or
      across an upstream pass: upstream frees operations behind such handles.
    - New operations carry the location of the operation they come from.
    - A program the pass cannot handle is refused with a `WengertError` that has a position.  Any other exception is
      taken for a bug of the pass and comes out of `run_pipeline` with its own type.

    The dataclass fields are the options; their types are str, int, float, bool, tuple[int, ...], tuple[str, ...], or
    one of these or None.  In a pipeline string the option of field `max_depth` is spelled `max-depth`.
    """

    name: ClassVar[str] = ""

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Rewrite `module` in place."""

    @property
    def label(self) -> str:
        """What dumps, timings and error notes call this pass."""
        return self.name

    def __str__(self) -> str:
        """The spelling in a pipeline string; options at their default are left out."""
        texts = [f"{_option_name(f)}={_option_text(getattr(self, f.name))}"
                 for f in fields(self) if getattr(self, f.name) != f.default]
        return self.name + (f"{{{' '.join(texts)}}}" if texts else "")

    @classmethod
    def from_options(cls, options: Mapping[str, str | None]) -> Pass:
        """The pass with options given as text, as in `{function=f wrt=0,2 fast}`; a bare name (value None) is True.

        Raises:
            WengertValueError: an unknown option, a missing one, or text that is not of the option's type.
        """
        types_ = typing.get_type_hints(cls)
        known = {_option_name(f): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for option, text in options.items():
            if option not in known:
                listed = ", ".join(known) or "none"
                raise WengertValueError(f"pass '{cls.name}' has no option '{option}'", why=f"its options: {listed}")
            field = known[option]
            values[field.name] = _option_value(f"option '{option}' of pass '{cls.name}'", types_[field.name], text)
        missing = [option for option, f in known.items() if f.name not in values and _is_required(f)]
        if missing:
            example = " ".join(f"{option}=..." for option in missing)
            raise WengertValueError(f"pass '{cls.name}' needs option '{missing[0]}'", help=f"{cls.name}{{{example}}}")
        return cls(**values)


@dataclass(frozen=True)
class Upstream(Pass):
    """A fragment of an upstream pipeline, such as ``func.func(cse),canonicalize``, run on the module.

    Upstream frees and moves operations: handles into the module taken before are dangling afterwards.
    """

    text: str

    def run(self, module: ir.Module) -> None:
        self.manager().run(module.operation)

    def manager(self) -> Any:
        """A pass manager for a module in the entered context.

        Raises:
            WengertValueError: upstream does not know the pass, or not its options.
        """
        try:
            return PassManager.parse(f"builtin.module({self.text})")
        except ValueError as error:
            raise _unparsable(self.text, error) from error

    @property
    def label(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text


PassClass = TypeVar("PassClass", bound=type[Pass])
_registry: dict[str, type[Pass]] = {}


def register_pass(name: str) -> Callable[[PassClass], PassClass]:
    """Class decorator: makes a pass available in pipeline strings under `name` (words joined by hyphens).

    Raises:
        WengertValueError: another class has the name already.
    """

    def register(cls: PassClass) -> PassClass:
        present = _registry.get(name)
        # The same class again is a module being reloaded.
        if present is not None and (present.__module__, present.__qualname__) != (cls.__module__, cls.__qualname__):
            taken_by = f"{present.__module__}.{present.__qualname__}"
            raise WengertValueError(f"there is a pass '{name}' already", why=f"it is {taken_by}")
        cls.name = name
        _registry[name] = cls
        return cls

    return register


def registered_passes() -> dict[str, type[Pass]]:
    """The registered passes by name, sorted."""
    return dict(sorted(_registry.items()))


def pass_class(name: str) -> type[Pass] | None:
    """The registered pass called `name`, or None (it may be one of upstream's)."""
    return _registry.get(name)


def run_pipeline(module: ir.Module, passes: Iterable[Pass], observer: Observer | None = None) -> None:
    """Run `passes` on `module` in order, verifying the module after each.

    Args:
        module: rewritten in place; its context need not be entered.
        observer: called with (label of the pass, module) after each pass that succeeded.

    Raises:
        WengertError: a pass refused the program, an upstream pass failed, or a pass left IR that does not verify.
            MLIR's diagnostics become its text and position; the original `MLIRError` is its cause.
        Exception: whatever a pass raised, with a note that names the pass.
    """
    with module.context:
        for pass_ in passes:
            with _blamed_on(pass_):
                pass_.run(module)
                if not isinstance(pass_, Upstream):  # the pass manager has verified already
                    verify(module, f"pass '{pass_.label}' left invalid IR")
            if observer is not None:
                observer(pass_.label, module)


def verify(module: ir.Module, headline: str) -> None:
    """Raise a `WengertError` that begins with `headline` when `module` does not verify."""
    try:
        module.operation.verify()
    except ir.MLIRError as error:
        raise error_from_mlir(error, headline) from error


def error_from_mlir(error: Any, headline: str = "") -> WengertError:
    """The `WengertError` that says what an `MLIRError` says, at the position of its first diagnostic.

    Raise it `from` the MLIRError: `wengert-opt --verify-diagnostics` matches all diagnostics of the cause.
    """
    diagnostics = error.error_diagnostics
    if not diagnostics:
        return WengertError(": ".join(part for part in (headline, str(error)) if part))
    first, others = diagnostics[0], diagnostics[1:]
    details = [note.message for note in first.notes] + [other.message for other in others]
    what = ": ".join(part for part in (headline, first.message) if part)
    return WengertError(what, position_of(first.location), why="\n     ".join(details))


def near_matches(name: str, known: Iterable[str]) -> str:
    """Help text that proposes names like `name`, or an empty string."""
    found = difflib.get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(found)}?" if found else ""


@contextmanager
def _blamed_on(pass_: Pass) -> Iterator[None]:
    """Attach the pass to whatever is raised inside; MLIR's errors become ours."""
    try:
        yield
    except ir.MLIRError as error:
        converted = error_from_mlir(error)
        converted.add_note(f"in pass '{pass_.label}'")
        raise converted from error
    except Exception as error:
        error.add_note(f"in pass '{pass_.label}'")
        raise


def _unparsable(text: str, error: ValueError) -> WengertValueError:
    """Upstream's complaint about a pipeline, without the wrapping of its parser."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    complaint = lines[0].rpartition("error: ")[2] if lines else str(error)
    complaint = complaint.removeprefix("<Pass-Options-Parser>: ")
    return WengertValueError(f"bad pipeline '{text}': {complaint}")


def _option_name(field: Field[Any]) -> str:
    return field.name.replace("_", "-")


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _option_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_option_text, value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"' if " " in text else text


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _option_value(subject: str, type_: Any, text: str | None) -> Any:
    """`text` as a value of the annotated type of an option."""
    if isinstance(type_, types.UnionType) or typing.get_origin(type_) is typing.Union:
        (type_,) = (member for member in typing.get_args(type_) if member is not type(None))
    if text is None:
        if type_ is bool:
            return True
        raise WengertValueError(f"{subject} needs a value")
    if typing.get_origin(type_) is tuple:
        item_type = typing.get_args(type_)[0]
        return tuple(_option_value(subject, item_type, item.strip()) for item in text.split(",") if item.strip())
    if type_ is bool:
        if text.lower() not in _BOOLEANS:
            raise WengertValueError(f"{subject} is true or false, not '{text}'")
        return _BOOLEANS[text.lower()]
    if type_ is str:
        return text
    if type_ in (int, float):
        try:
            return type_(text)
        except ValueError:
            raise WengertValueError(f"{subject} is of type {type_.__name__}, not '{text}'") from None
    raise TypeError(f"{subject} has the unsupported type {type_}")
