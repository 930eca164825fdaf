"""Small readers for tests, made on the spot: one whose logits are set by hand for each character, one at random."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tiny_models import LETTERS, SPECIAL, libraries, save_tokenizer

# The characters the readers know; all others are one unknown token.
CHARACTERS = sorted({*LETTERS, *"亿万元0123456789总投资柳湾桥园两三十月日家人"})


def save_reader(
    folder: Path, starts: Mapping[str, float], ends: Mapping[str, float], null: float = 0.0, positions: int = 64
) -> Path:
    """A BERT without layers, whose start logit is `starts` of the character, its end logit `ends`, and 0 elsewhere.

    `null` is the score of the null span. Every token's vector is a one in a place of its own. The normalization would
    make sqrt(n - 1) of the one and -1 / sqrt(n - 1) of the zeros; its own weight and bias are set to undo that.
    """
    torch, transformers, _ = libraries()
    size = save_tokenizer(folder, CHARACTERS)
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=size, num_hidden_layers=0, num_attention_heads=1, intermediate_size=4,
        max_position_embeddings=positions,
    )  # fmt: skip
    model = transformers.BertForQuestionAnswering(config)
    places = {letter: n for n, letter in enumerate([*SPECIAL, *CHARACTERS])}
    root = (size - 1) ** 0.5
    with torch.no_grad():
        parts = dict(model.named_parameters())
        for weight in parts.values():
            weight.zero_()
        parts["bert.embeddings.word_embeddings.weight"].copy_(torch.eye(size))
        parts["bert.embeddings.LayerNorm.weight"].fill_(1 / (root + 1 / root))
        parts["bert.embeddings.LayerNorm.bias"].fill_(1 / root / (root + 1 / root))
        for row, given in enumerate((starts, ends)):
            for letter, logit in {**given, "[CLS]": null / 2}.items():
                parts["qa_outputs.weight"][row, places[letter]] = logit
    model.save_pretrained(folder)
    return folder


def save_random_reader(folder: Path, seed: int = 7) -> Path:
    """A BERT of one layer and 16 dimensions with random weights, larger than usual so that its logits differ."""
    torch, transformers, _ = libraries()
    size = save_tokenizer(folder, CHARACTERS)
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128, initializer_range=0.5,
    )  # fmt: skip
    transformers.BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


def save_random_roberta(folder: Path) -> Path:
    """A random RoBERTa that reads bytes: a Chinese character is three tokens of the same place in the text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    torch, transformers, _ = libraries()
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {token: n for n, token in enumerate(marks + sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(7)
    config = transformers.RobertaConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=130, type_vocab_size=1, initializer_range=0.5, pad_token_id=1, bos_token_id=0,
        eos_token_id=2,
    )  # fmt: skip
    transformers.RobertaForQuestionAnswering(config).save_pretrained(folder)
    return folder


def change_json(path: Path, **values: Any) -> None:
    """Set values of a JSON file; None takes one away."""
    given = json.loads(path.read_text("utf-8")) | values
    path.write_text(json.dumps({name: value for name, value in given.items() if value is not None}), "utf-8")
