"""What a Python file declares, read without importing it: constants, keyword arguments, functions that need no library.

The file of an estimator or a network imports torch, which takes seconds, and a mistake in params.yaml should be told at
once. So the keyword arguments of `estimate`, or of a network's class, are read from the file's syntax tree, and only
the names that their annotations and defaults use are looked up, through the file's own imports.
"""

import ast
import builtins
import inspect
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

REQUIRED = object()
"""In place of a default, where an argument has none."""


class Keyword(NamedTuple):
    """A keyword-only argument: its annotation (`Any` where it has none) and its default, or `REQUIRED`."""

    annotation: Any
    default: Any


class Source:
    """A Python file that has not been imported.

    Attributes:
        path: of the file.
        module: the name under which it can be imported.

    Raises:
        SyntaxError, ValueError: when something is first asked of it, and the file is not Python.
    """

    def __init__(self, path: Path, module: str):
        self.path, self.module = path, module

    @classmethod
    def of_module(cls, module: str) -> "Source":
        """The file of a module that Python can find.

        Raises:
            ModuleNotFoundError: it cannot, or there is no such file.
        """
        spec = find_spec(module)
        if spec is None or not spec.origin or not Path(spec.origin).is_file():
            raise ModuleNotFoundError(f"No module named {module!r}")
        return cls(Path(spec.origin), module)

    @cached_property
    def declared(self) -> dict[str, ast.stmt]:
        """The statement that gives each name of the file's top level its value, the last one counting."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"), self.path)
        return {name: statement for statement in tree.body for name in _bound(statement)}

    def load(self, name: str) -> Any:
        """What the name stands for, from the imported module.

        Raises:
            AttributeError: the module has no such name.
        """
        return getattr(import_module(self.module), name)

    def value(self, name: str, default: Any = None) -> Any:
        """What a name of the top level stands for; the default where the file does not declare it."""
        return self._resolved(name) if name in self.declared else default

    def function(self, name: str) -> Any:
        """A function of the file, whose body can use what the file imports and declares."""
        return self._resolved(name)

    def keywords(self, name: str) -> dict[str, Keyword]:
        """The keyword-only arguments of a function, or of a class's constructor.

        Where the file does not plainly declare them (a decorator, a constructor that is inherited), or where they use a
        class of the file itself, of which there must not be two, it is imported.

        Raises:
            AttributeError: the file has no such function or class.
        """
        statement = self.declared.get(name)
        if isinstance(statement, ast.ClassDef) and not statement.decorator_list:
            methods = [each for each in statement.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
            statement = methods[-1] if methods else None
        if not isinstance(statement, ast.FunctionDef) or statement.decorator_list:
            return self._imported_keywords(name)
        arguments = statement.args
        types = [argument.annotation for argument in arguments.kwonlyargs]
        if any(self._uses_own_class(part) for part in (*types, *arguments.kw_defaults) if part is not None):
            return self._imported_keywords(name)
        try:
            return {
                argument.arg: Keyword(
                    Any if argument.annotation is None else self._annotation(argument.annotation),
                    REQUIRED if default is None else self._evaluated(default),
                )
                for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            }
        except NameError:
            return self._imported_keywords(name)

    def decorated(self, decorator: str) -> dict[str, tuple[tuple[Any, ...], dict[str, Any]]]:
        """The functions that are marked by a call of this decorator, and its arguments, by place and by name."""
        found = {}
        for name, statement in self.declared.items():
            for mark in statement.decorator_list if isinstance(statement, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == decorator:
                    by_name = {each.arg: self._evaluated(each.value) for each in mark.keywords if each.arg}
                    found[name] = tuple(self._evaluated(argument) for argument in mark.args), by_name
        return found

    def _resolved(self, name: str) -> Any:
        statement = self.declared[name]
        if isinstance(statement, ast.ImportFrom):
            return self._imported_from(statement, name)
        if isinstance(statement, ast.Import):
            return next(import_module(a.name) for a in statement.names if name == (a.asname or a.name.split(".")[0]))
        namespace = self._names_in(statement)
        exec(compile(ast.Module([statement], []), self.path, "exec"), namespace)
        return namespace[name]

    def _imported_from(self, statement: ast.ImportFrom, name: str) -> Any:
        package = self.module.split(".")
        if self.path.name != "__init__.py":
            package = package[:-1]
        base = ".".join([*package[: len(package) + 1 - statement.level], *filter(None, [statement.module])])
        module = import_module(base if statement.level else statement.module or "")
        original = next(alias.name for alias in statement.names if name == (alias.asname or alias.name))
        return (
            getattr(module, original) if hasattr(module, original) else import_module(f"{module.__name__}.{original}")
        )

    def _uses_own_class(self, node: ast.AST) -> bool:
        """Whether a piece of the file uses a class of the file, directly or through another name."""
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & set(self.declared)
        statements = [self.declared[name] for name in used if self.declared[name] is not node]
        return any(
            isinstance(each, ast.ClassDef) or (isinstance(each, ast.Assign) and self._uses_own_class(each.value))
            for each in statements
        )

    def _imported_keywords(self, name: str) -> dict[str, Keyword]:
        """The same as `keywords`, from the imported module."""
        arguments = inspect.signature(self.load(name)).parameters.values()
        return {
            argument.name: Keyword(
                Any if argument.annotation is argument.empty else argument.annotation,
                REQUIRED if argument.default is argument.empty else argument.default,
            )
            for argument in arguments
            if argument.kind is argument.KEYWORD_ONLY
        }

    def _annotation(self, expression: ast.expr) -> Any:
        if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
            expression = ast.parse(expression.value, mode="eval").body
        return self._evaluated(expression)

    def _evaluated(self, expression: ast.expr) -> Any:
        return eval(compile(ast.Expression(expression), self.path, "eval"), self._names_in(expression))

    def _names_in(self, node: ast.AST) -> dict[str, Any]:
        """The values of the names of the top level that occur in a piece of the file, but for what it declares."""
        own = set(_bound(node)) if isinstance(node, ast.stmt) else set()
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & set(self.declared)
        return {"__builtins__": builtins, "__name__": self.module} | {name: self._resolved(name) for name in used - own}


def _bound(statement: ast.stmt) -> list[str]:
    """The names to which a statement gives a value."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
