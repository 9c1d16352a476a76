"""Tables of honest programs, one module a theme: what each is called, and how to spoil it."""

import importlib
import pkgutil

from support.honest import Honest

_MODULES = [importlib.import_module(f"programs.{module.name}") for module in pkgutil.iter_modules(__path__)]
TABLES: dict[str, dict[str, Honest]] = {module.__name__.rpartition(".")[2]: module.PROGRAMS for module in _MODULES}
"""The programs of each module of this folder, by its name."""
