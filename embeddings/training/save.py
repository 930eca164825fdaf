"""Writing the trained table as a sentence-transformers folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def save_model(folder: Path, tokenizer: Tokenizer, table: NDArray[np.float32]) -> None:
    """Write modules (StaticEmbedding, Normalize), tokenizer and the table in half precision; an existing card stays.

    The length of all rows together is free, since vectors are scaled to one: it is set so that half precision holds
    them well.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    scaled = (table / np.abs(table).max() * 8.0).astype(np.float16)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(scaled)), Normalize()]
    )
    model.save_pretrained(str(folder), create_model_card=False)
    # safetensors makes its file readable to the owner alone; an installed package is for everybody.
    (folder / "model.safetensors").chmod(0o644)
