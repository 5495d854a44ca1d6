"""The script that Orthanc loads ("PythonScript"): reads the settings, wires everything, registers.

Orthanc adds this file's folder to the module path and loads the file as a top-level module; the package is made
importable here and the folder taken off again, so that no module of the package can stand in for one of Python's.
"""

from __future__ import annotations

import site
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _FOLDER]
# The virtual environment that this package was installed into, if Orthanc does not know it already.
site.addsitedir(str(_FOLDER.parent))

from orthanc_plugin.composition import start_or_stop  # noqa: E402

start_or_stop()
