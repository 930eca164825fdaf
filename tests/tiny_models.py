"""Small models for tests, made on the spot: nothing is fetched, and they go through the same code as real ones."""

from __future__ import annotations

import string
import warnings
from pathlib import Path
from typing import Any

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ONCE = 3.0
LETTERS = list(string.ascii_lowercase + string.digits + ":：") + sorted(
    set("公交贷款问题为这个句子生成表示以用于检索相关文章多少钱昨天通车全长米大桥书馆开放")
)


def libraries() -> tuple[Any, Any, Any]:
    """torch, transformers and sentence_transformers; importing them warns of things that are theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sentence_transformers
        import torch
        import transformers
    # Bars on standard error would hide what a test looks for there.
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers, sentence_transformers


def save_tokenizer(folder: Path, letters: list[str] = LETTERS) -> int:
    """Write a tokenizer of single characters; returns the size of its vocabulary."""
    _, transformers, _ = libraries()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *letters]), encoding="utf-8")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return len(SPECIAL) + len(letters)


def save_encoder(folder: Path, prompts: dict[str, str] | None = None) -> Path:
    """A random BERT of one layer and 16 dimensions with mean pooling, as sentence-transformers saves it."""
    torch, transformers, sentence_transformers = libraries()
    bert = folder.parent / f"{folder.name}-bert"
    size = save_tokenizer(bert)
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(bert)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

        parts = [Transformer(str(bert)), Pooling(16)]
        model = sentence_transformers.SentenceTransformer(modules=parts, prompts=prompts or {}, device="cpu")
        model.save_pretrained(str(folder), create_model_card=False)
    return folder


def save_reranker(folder: Path, outputs: int = 1, positions: int = 64) -> Path:
    """A BERT with hand-set weights, to which question and passage are the nearer the more characters they share.

    Every token's vector is a one in a place of its own. The only layer looks at all tokens alike, so that [CLS] gets
    the share of each character in the pair: twice as much where both sides have it. What is above `_ONCE`, between the
    share of one occurrence and of two, is summed up in a last place, and that is the score. Holds for sides of four
    characters without repetition: one occurrence is at most 2.3 after the layer's normalization, two at least 3.7.
    """
    torch, transformers, _ = libraries()
    size = save_tokenizer(folder)
    hidden = size + 1
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=hidden, num_hidden_layers=1, num_attention_heads=1, intermediate_size=hidden,
        hidden_act="relu", max_position_embeddings=positions, num_labels=outputs,
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config)
    last = size
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "LayerNorm" not in name:
                weight.zero_()
        parts = dict(model.named_parameters())
        parts["bert.embeddings.word_embeddings.weight"][:, :size] = torch.eye(size)
        layer = "bert.encoder.layer.0."
        parts[layer + "attention.self.value.weight"].copy_(torch.eye(hidden))
        parts[layer + "attention.output.dense.weight"].copy_(torch.eye(hidden) * 8.0)
        for letter in range(len(SPECIAL), size):
            parts[layer + "intermediate.dense.weight"][letter, letter] = 1.0
            parts[layer + "intermediate.dense.bias"][letter] = -_ONCE
            parts[layer + "output.dense.weight"][last, letter] = 1.0
        parts["bert.pooler.dense.weight"][0, last] = 0.1
        parts["classifier.weight"][:, 0] = 10.0
    model.save_pretrained(folder)
    return folder
