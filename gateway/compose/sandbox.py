"""What a template may do: show plain data, decide, loop over lists. What it may not: call, grow without bound, include.

Not rendered in a child process: everything that grows is capped here instead (T138, T139), at a few microseconds.
"""

from itertools import islice
from typing import Any

import jinja2
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from gateway.errors import ConfigError

OUTPUT_CAP = 256 << 10  # characters of one rendered text
SOURCE_CAP = 64 << 10
_NUMBER_CAP = 10**15
_EACH_CAP = 10_000  # rounds of one loop
_LOOPS = 3  # more loops inside one do not end today

_SOUND = (3, 1, 6)

_FILTERS = """
    abs capitalize count d default dictsort e escape filesizeformat first float groupby int items join last length list
    lower map max min reject rejectattr replace reverse round select selectattr sort string striptags title trim
    truncate unique upper urlencode wordcount
""".split()
_METHODS: dict[type, frozenset[str]] = {
    dict: frozenset({"get", "items", "keys", "values"}),
    str: frozenset({"endswith", "lower", "split", "splitlines", "startswith", "strip", "upper"}),
    LoopContext: frozenset({"changed", "cycle"}),
}
# Each of these lets a few lines double a text over and over, or reaches for other files.
_REFUSED = (
    nodes.AssignBlock,
    nodes.Block,
    nodes.CallBlock,
    nodes.Extends,
    nodes.FilterBlock,
    nodes.FromImport,
    nodes.Import,
    nodes.Include,
    nodes.Macro,
)


def check_jinja() -> None:
    """ConfigError where templates could get out of the sandbox that is installed (CVE-2024-56326, CVE-2025-27516)."""
    version = jinja2.__version__
    if tuple(int(part) for part in version.split(".")[:3] if part.isdigit()) < _SOUND:
        raise ConfigError([f"Jinja2 {version} is installed, but its sandbox has holes; install 3.1.6 or a later one"])


class _Generator(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.sized(")
        super().visit_Concat(node, frame)
        self.write(")")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without globals, with a short list of filters and methods, and a size check on what makes text longer."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    code_generator_class = _Generator

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=autoescape,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_finalize,
            auto_reload=False,
        )
        stock = dict(self.filters)
        self.globals.clear()
        self.filters.clear()
        self.filters.update({name: stock[name] for name in _FILTERS}, br=_br, each=_each, join=_join, replace=_replace)

    def template(self, source: str) -> tuple[Template, dict[str, int]]:
        """Compiled, and the names it takes from its context with the line of each.

        TemplateSyntaxError with a line where it cannot be or may not be.
        """
        if len(source) > SOURCE_CAP:
            raise TemplateSyntaxError(f"longer than {SOURCE_CAP >> 10} KB", 1)
        tree = self.parse(source)
        names = _names(tree)
        for refused in tree.find_all(_REFUSED):
            raise TemplateSyntaxError("templates have no macros, blocks and includes", refused.lineno)
        for loop in tree.find_all(nodes.For):
            if loop.recursive or sum(1 for _ in loop.find_all(nodes.For)) >= _LOOPS:
                raise TemplateSyntaxError(f"loops may not be recursive, nor hold {_LOOPS} others", loop.lineno)
            loop.iter = nodes.Filter(loop.iter, "each", [], [], None, None, lineno=loop.iter.lineno)
            loop.iter.set_environment(self)
        return self.from_string(tree), names

    def is_safe_callable(self, obj: Any) -> bool:
        """Only the few methods above, and only of plain data."""
        names = _METHODS.get(type(getattr(obj, "__self__", None)), frozenset())
        return getattr(obj, "__name__", "") in names

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Sums are capped; products and remainders are for numbers, powers for nobody."""
        if operator == "+":
            return self.sized(left + right)
        if operator != "**" and _is_number(left) and _is_number(right):
            return left * right if operator == "*" else left % right
        raise SecurityError(f"{operator} works on small numbers only")

    def sized(self, value: Any) -> Any:
        """The value itself, unless it has grown too long."""
        if isinstance(value, str | list | tuple) and len(value) > OUTPUT_CAP:
            raise SecurityError("too long a text")
        return value


def require_plain(value: object) -> None:
    """TypeError unless it is made of dicts with str keys, lists, texts, numbers, booleans and None."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(key) is not str:
                raise TypeError("templates take plain data only: a key is no text")
            if type(inner) is not str:
                require_plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            require_plain(inner)
    elif value is not None and not isinstance(value, str | int | float):
        raise TypeError(f"templates take plain data only, not {type(value).__name__}")


def _names(tree: nodes.Template) -> dict[str, int]:
    """Every name that is read in it and set nowhere, and the line where it is read first."""
    found: dict[str, int] = {}
    own = set()
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load":
            found.setdefault(name.name, name.lineno)
        else:
            own.add(name.name)
    return {name: line for name, line in found.items() if name not in own and name != "loop"}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < _NUMBER_CAP


def _finalize(value: Any) -> Any:
    return "" if value is None else value  # unknown is empty, never the word None


def _br(value: object) -> Markup:
    """A text with its line breaks kept in HTML."""
    return Markup("<br>\n").join(escape(value).splitlines())


def _each(values: Any) -> list[Any]:
    """What a loop goes over: a list, not the characters of a text."""
    if isinstance(values, str):
        raise SecurityError("a loop goes over a list, not over a text")
    found = list(islice(values, _EACH_CAP + 1))
    if len(found) > _EACH_CAP:
        raise SecurityError(f"a loop of more than {_EACH_CAP} rounds")
    return found


def _join(values: Any, separator: str = ", ") -> str:
    texts = [str(value) for value in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > OUTPUT_CAP:
        raise SecurityError("too long a text")
    return separator.join(texts)


def _replace(text: Any, old: str, new: str) -> str:
    whole = str(text)
    if len(whole) + whole.count(old) * len(new) > OUTPUT_CAP:
        raise SecurityError("too long a text")
    return whole.replace(old, new)
