"""The chat window over an archive. Gradio is imported only when one is built."""

from __future__ import annotations

from qa.chat.server import build, serve

__all__ = ["build", "serve"]
