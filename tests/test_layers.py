"""Imports go one way: corpus → embeddings → qa → app.py, and heavy libraries have one home each."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("corpus", "embeddings", "qa")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path} has a relative import"
            found.add(node.module)
    return found


def files() -> list[Path]:
    return [path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")] + [ROOT / "app.py"]


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_layers() -> None:
    for path in files():
        layer = path.relative_to(ROOT).parts[0]
        above = {"corpus": {"embeddings", "qa", "app"}, "embeddings": {"qa", "app"}, "qa": {"app"}}.get(layer, set())
        assert not tops(path) & above, f"{path.relative_to(ROOT)} imports from a layer above"


def test_heavy_libraries_have_one_home() -> None:
    homes = {
        "faiss": "embeddings/vectors.py",
        "jieba": "corpus/words.py",
        "cv2": "corpus/formats/ink.py",  # on pixels that Pillow has read: the video decoders inside it are never used
        "tantivy": "embeddings/proposals.py",
        "gradio": "qa/chat/",
        "torch": "embeddings/",
        "transformers": "embeddings/",
        "sentence_transformers": "embeddings/",
    }
    for path in files():
        place = path.relative_to(ROOT).as_posix()
        for library in tops(path) & homes.keys():
            assert place.startswith(homes[library]), f"{place} imports {library}"
