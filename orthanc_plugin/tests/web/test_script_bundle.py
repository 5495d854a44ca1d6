"""Modules as one script."""

from __future__ import annotations

import pytest

from orthanc_plugin.web.script_bundle import bundle
from orthanc_plugin.web.theme import theme_folder


def test_each_module_comes_once_before_whoever_needs_it() -> None:
    modules = {
        "main.js": "import { A, b } from './one.js';\nimport { C } from './two.js';\nuse(A, b, C);\n",
        "one.js": "export class A {}\nexport const b = 1;\nconst local = 2;\n",
        "two.js": "import { b } from './one.js';\nexport async function C() { return b; }\nconst local = 3;\n",
        "unused.js": "export const d = 4;\n",
    }
    script = bundle(modules, "main.js")
    assert script.count("class A") == 1 and "unused" not in script and "import" not in script and "export" not in script
    assert script.index("module_one =") < script.index("module_two =") < script.index("use(A, b, C)")
    assert "return { A, b };" in script and "const { A, b } = module_one;" in script


@pytest.mark.parametrize(
    "line", ["import main from './one.js';", "import * as m from './one.js';", "export default 1;", "export { a };"]
)
def test_what_it_does_not_understand_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="imports or exports"):
        bundle({"main.js": line, "one.js": ""}, "main.js")


def test_the_viewer_is_understood() -> None:
    folder = theme_folder() / "static" / "viewer"
    modules = {path.name: path.read_text("utf-8") for path in folder.glob("*.js")}
    script = bundle(modules, "main.js")
    assert all(f"module_{name.removesuffix('.js')}" in script for name in modules if name != "main.js")
