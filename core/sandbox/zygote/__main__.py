"""Entry of the fork server: names its own folder as a package, then serves until its client goes.

The package that the engine imports this code from stays out of `sys.path` and
`sys.modules`, so code under test cannot import the engine's files from here.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys

PACKAGE = "gemel_zygote"


def _name_package(folder: str) -> None:
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} cannot be loaded as a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _folder]
    _name_package(_folder)
    importlib.import_module(f"{PACKAGE}.server").serve(*sys.argv[1:])
