"""The look of the chat, and the few lines of script that a citation's click needs. Local fonts only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent

WINDOW_CSS: Final = (_HERE / "window.css").read_text(encoding="utf-8")
PAGE_CSS: Final = (_HERE / "page.css").read_text(encoding="utf-8")
ARTICLE_CSS: Final = (_HERE / "article.css").read_text(encoding="utf-8")
PAGES_CSS: Final = (_HERE / "pages.css").read_text(encoding="utf-8")
PAGES_JS: Final = (_HERE / "pages.js").read_text(encoding="utf-8")
CARDS_JS: Final = (_HERE / "cards.js").read_text(encoding="utf-8")
BELOW_JS: Final = (_HERE / "below.js").read_text(encoding="utf-8")
PAST_JS: Final = (_HERE / "past.js").read_text(encoding="utf-8")
PANEL_JS: Final = (_HERE / "panel.js").read_text(encoding="utf-8")

SANS: Final = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif"]
MONO: Final = ["ui-monospace", "monospace"]
