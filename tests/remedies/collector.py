"""Every remedy that the tool can print, found in its source: what stands behind `next=` and `fix=`, and what leads there.

A text is followed to where it is written: through names, constants of other modules, what a function returns, and from a
parameter to all who call. What differs from case to case is a hole: {release}.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.remedies.source import Column, Module, assignments, called, last_name, local, parameters, returned

ROOT = Path(__file__).parents[2]
FLOORS = ("orchestrator", "workflows", "state")
SINKS = {"next", "fix"}  # keyword arguments and class attributes that are printed as remedies
FINDING_FIX = 5  # workflows.model.finding.Finding: key, severity, title, measured, why, fix
RETURNED = {  # functions whose result is printed as remedies
    ("orchestrator.display.pages.runs", "next_commands"), ("orchestrator.cli.welcome", "_next"),
    ("workflows.host.remedies", "command"),
}  # fmt: skip
PRINTED = re.compile(r"^\s*(?:next\s|fix:|or:)\s*(?=\S)|^ {12}(?=orchestrate )")
PARTED = "    "  # command and explanation; a list of remedies may be aligned with more


@dataclass(frozen=True)
class Remedy:
    """One text, and the places (file:line) at which it is given to an error, a finding or a page."""

    text: str
    places: tuple[str, ...]

    @property
    def command(self) -> str:
        """What is before the four blanks."""
        return self.text.partition(PARTED)[0]


@dataclass(frozen=True)
class Parameter:
    """A parameter through which remedies come: whoever calls gives them."""

    module: str
    function: ast.FunctionDef
    name: str


def plain(text: str) -> str:
    """A remedy as printed, its alignment taken out."""
    return re.sub(r" {2,}", PARTED, PRINTED.sub("", text).strip())


def collect() -> list[Remedy]:
    """All remedies of the tool, by text."""
    return Collector().remedies()


class Collector:
    def __init__(self) -> None:
        paths = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if "migrations" not in path.parts)
        self.modules = {
            ".".join(path.relative_to(ROOT).with_suffix("").parts): Module("", path, ast.parse(path.read_text(encoding="utf-8")))
            for path in paths
        }
        for name, module in self.modules.items():
            module.name = name
        self.unresolved: set[str] = set()  # expressions that no text was found for
        self._parameters: list[Parameter] = []
        self._seen: set[tuple[ast.FunctionDef, str]] = set()

    def remedies(self) -> list[Remedy]:
        places: dict[str, set[str]] = {}
        for module, node in self._sinks():
            self._add(places, module, node)
        while self._parameters:
            parameter = self._parameters.pop()
            for module, node in self._given(parameter):
                self._add(places, module, node)
        return [Remedy(text, tuple(sorted(places[text]))) for text in sorted(places)]

    def _add(self, places: dict[str, set[str]], module: Module, node: ast.expr) -> None:
        where = f"{module.path.relative_to(ROOT)}:{node.lineno}"
        for text in _Reader(self, module, {}, set()).texts(node):
            if text.strip():
                places.setdefault(plain(text), set()).add(where)

    # --- where remedies are given ---------------------------------------------------------------------------------------

    def _sinks(self) -> Iterator[tuple[Module, ast.expr]]:
        for module in self.modules.values():
            for call in module.calls:
                yield from ((module, word.value) for word in call.keywords if word.arg in SINKS)
                if called(call) == "Finding" and len(call.args) > FINDING_FIX:
                    yield module, call.args[FINDING_FIX]
                if called(call) == "Rewrite":
                    yield from ((module, word.value) for word in call.keywords if word.arg == "command")
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    yield from ((module, value) for name, value in assignments(node.body) if name in SINKS)
                elif isinstance(node, ast.FunctionDef) and (module.name, node.name) in RETURNED:
                    yield from ((module, value) for value in returned(node))
            yield from self._printed(module)

    def _printed(self, module: Module) -> Iterator[tuple[Module, ast.expr]]:
        """Texts of a page that begin with the word `next` or `fix`."""
        for node in ast.walk(module.tree) if module.name.startswith("orchestrator.") else ():
            first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
            if isinstance(module.parents.get(node), ast.JoinedStr) or not isinstance(first, ast.Constant):
                continue
            if isinstance(first.value, str) and "\n" not in first.value and PRINTED.match(first.value):
                assert isinstance(node, ast.expr)
                yield module, node

    def _given(self, parameter: Parameter) -> Iterator[tuple[Module, ast.expr]]:
        """What callers give for it."""
        home = self.modules[parameter.module]
        owner = home.owner(parameter.function)
        arguments = parameter.function.args
        names = [one.arg for one in arguments.args][1 if owner is not None else 0 :]
        for default in self._default(parameter):
            yield home, default
        for module in self.modules.values():
            for call in module.calls:
                if not self._calls(module, call, home, parameter.function, owner):
                    continue
                yield from ((module, word.value) for word in call.keywords if word.arg == parameter.name)
                if parameter.name in names and len(call.args) > names.index(parameter.name):
                    yield module, call.args[names.index(parameter.name)]
                elif arguments.vararg is not None and arguments.vararg.arg == parameter.name:
                    yield from ((module, given) for given in call.args[len(names) :])

    @staticmethod
    def _default(parameter: Parameter) -> list[ast.expr]:
        arguments = parameter.function.args
        pairs = zip(reversed(arguments.args), reversed(arguments.defaults), strict=False)
        keyword = [(one, value) for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
        return [value for one, value in [*pairs, *keyword] if one.arg == parameter.name]

    @staticmethod
    def _calls(
        module: Module, call: ast.Call, home: Module, function: ast.FunctionDef, owner: ast.ClassDef | None
    ) -> bool:  # fmt: skip
        if owner is not None:
            wanted = owner.name if function.name == "__init__" else function.name
            return called(call) == wanted and (function.name == "__init__" or isinstance(call.func, ast.Attribute))
        if called(call) != function.name:
            return False
        if isinstance(call.func, ast.Attribute):  # module.function(...)
            holder = call.func.value
            return isinstance(holder, ast.Name) and ".".join(module.imports.get(holder.id, ("", ""))) == home.name
        return module is home or module.imports.get(function.name, ("",))[0] == home.name

    def parameter(self, module: Module, function: ast.FunctionDef, name: str) -> None:
        if (function, name) not in self._seen:
            self._seen.add((function, name))
            self._parameters.append(Parameter(module.name, function, name))


@dataclass
class _Reader:
    """Reads an expression of one module as the texts it may be. bound: names that a loop gives."""

    collector: Collector
    module: Module
    bound: Mapping[str, ast.expr]
    busy: set[ast.AST]

    def texts(self, node: ast.expr) -> list[str]:  # noqa: C901, PLR0911, PLR0912 one branch a kind of expression
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Constant():
                return []
            case ast.JoinedStr():
                return self._formatted(node)
            case Column():
                rows = [row for row in self._rows(node.value) if isinstance(row, ast.Tuple) and len(row.elts) > node.at]
                return [text for row in rows for text in self.texts(row.elts[node.at])]
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
                return [text for part in parts for text in self.texts(part)]
            case ast.Starred(value=value) | ast.Subscript(value=value):
                return self.texts(value)
            case ast.IfExp(body=one, orelse=other):
                return [*self.texts(one), *self.texts(other)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                if self._is_text(left) or self._is_text(right):
                    return ["".join(pair) for pair in product(self.texts(left) or ["{...}"], self.texts(right) or ["{...}"])]
                return [*self.texts(left), *self.texts(right)]
            case ast.ListComp(elt=elt, generators=loops) | ast.GeneratorExp(elt=elt, generators=loops):
                return [text for bound in self._loop(loops[0]) for text in self._with(bound).texts(elt)]
            case ast.Call():
                return self._call(node)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if name in self.module.constants:
                return self.texts(self.module.constants[name])
        self.collector.unresolved.add(f"{self.module.name}: {ast.unparse(node)}")
        return []

    def _is_text(self, node: ast.expr) -> bool:
        return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

    def _with(self, bound: Mapping[str, ast.expr]) -> _Reader:
        return _Reader(self.collector, self.module, {**self.bound, **bound}, self.busy)

    def _in(self, module: Module) -> _Reader:
        return _Reader(self.collector, module, {}, self.busy)

    # --- f-strings ------------------------------------------------------------------------------------------------------

    def _formatted(self, node: ast.JoinedStr) -> list[str]:
        parts: list[Sequence[str]] = []
        for at, part in enumerate(node.values):
            if isinstance(part, ast.FormattedValue):
                leads = at == 0 or (at == 1 and bool(PRINTED.match(str(getattr(node.values[0], "value", "")))))
                parts.append(self._hole(part.value, leads=leads))
            elif isinstance(part, ast.Constant):
                parts.append([str(part.value)])
        return ["".join(pieces) for pieces in product(*parts)]

    def _hole(self, value: ast.expr, *, leads: bool) -> list[str]:
        """What is put in: a constant of ours, for a whole command that comes first its text, else a hole."""
        if isinstance(value, ast.Name):
            found = self._constant(value.id)
            if found is not None:
                return [found]
            if leads or value.id in self.bound:
                known = set(self.collector.unresolved)
                texts = [] if self._is_parameter(value) else self._name(value, value.id)
                open_end, self.collector.unresolved = self.collector.unresolved - known, known  # a hole will do
                if texts:
                    return [*texts, "{" + value.id + "}"] if open_end and leads else texts
        return ["{" + last_name(value) + "}"]

    def _is_parameter(self, node: ast.Name) -> bool:
        function = self.module.scope(node)
        return function is not None and node.id in parameters(function)

    def _constant(self, name: str) -> str | None:
        module, value = self._defined(name)
        del module
        return str(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str | int) else None

    def _defined(self, name: str) -> tuple[Module, ast.expr | None]:
        """A constant's definition, here or where it is imported from."""
        if name in self.module.constants:
            return self.module, self.module.constants[name]
        source, original = self.module.imports.get(name, ("", ""))
        other = self.collector.modules.get(source) or self.collector.modules.get(f"{source}.__init__")
        return (other, other.constants.get(original)) if other else (self.module, None)

    # --- names and calls ------------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name, name: str) -> list[str]:
        if name in self.bound:
            return self.texts(self.bound[name])
        function = self.module.scope(node)
        while function is not None:
            values = list(local(function, name))
            if values:
                return [text for value in values for text in self._once(value)]
            if name in parameters(function):
                self.collector.parameter(self.module, function, name)
                return []
            function = self.module.scope(function)
        module, value = self._defined(name)
        if value is not None:
            return self._in(module).texts(value)
        self.collector.unresolved.add(f"{self.module.name}: {name}")
        return []

    def _once(self, value: ast.expr) -> list[str]:
        """Not round in circles."""
        if value in self.busy:
            return []
        self.busy.add(value)
        try:
            return self.texts(value)
        finally:
            self.busy.discard(value)

    def _call(self, node: ast.Call) -> list[str]:
        name = called(node)
        if name in {"tuple", "list", "sorted"} and node.args:
            return self.texts(node.args[0])
        if name == "join" and len(node.args) == 1 and isinstance(node.func, ast.Attribute):
            return self.texts(node.args[0])
        here = name in self.module.functions
        source, original = self.module.imports.get(name, ("", name))
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):  # module.function(...)
            source, here = ".".join(self.module.imports.get(node.func.value.id, ("",))), here and node.func.value.id == "self"
        other = self.module if here else self.collector.modules.get(source)
        functions = other.functions.get(name if other is self.module else original, []) if other else []
        if not functions or other is None:
            self.collector.unresolved.add(f"{self.module.name}: {ast.unparse(node)}")
            return []
        reader = self._in(other)
        return [text for function in functions for value in returned(function) for text in reader._once(value)]

    def _loop(self, loop: ast.comprehension) -> Iterator[Mapping[str, ast.expr]]:
        """What each round gives to the names of a loop, as far as its list is written down."""
        if isinstance(loop.target, ast.Name):
            yield {loop.target.id: loop.iter}
            return
        rounds = [row for row in self._rows(loop.iter) if isinstance(row, ast.Tuple)]
        names = [one.id for one in getattr(loop.target, "elts", []) if isinstance(one, ast.Name)]
        yield from (dict(zip(names, row.elts, strict=False)) for row in rounds if len(row.elts) == len(names))
        if not rounds:
            yield {}

    def _rows(self, node: ast.expr) -> Iterator[ast.expr]:
        """The rows of a table that is written down, be it a list or the values of a mapping."""
        match node:
            case ast.List(elts=rows) | ast.Tuple(elts=rows) | ast.Dict(values=rows):
                yield from rows
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *default]):
                yield from (*self._rows(table), *default)
            case ast.Name(id=name):
                function = self.module.scope(node)
                values = list(local(function, name)) if function else []
                value = self._defined(name)[1]
                for one in values or [value] if value is not None or values else []:
                    if one is not None:
                        yield from self._rows(one)
