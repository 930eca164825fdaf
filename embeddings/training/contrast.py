"""Contrastive training of the table for both of its uses: whole texts as means of rows, and word against word.

Texts: each question against every passage of the batch, and the other way round. Words: each question against its own
passage and the ones of the batch that the first score takes for the nearest wrong ones, by the sum over the question's
tokens of the largest cosine among the passage's tokens ("late interaction": Khattab and Zaharia, "ColBERT", 2020), each
token weighted by the length of its row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.training.lexicon import Ids
from embeddings.training.pairs import Pair, Sampler

_SCALE = 20.0
_SOFT_SCALE = 20.0
_QUESTION_TOKENS = 16
_PASSAGE_TOKENS = 72


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train; `soft` questions of each batch are also trained word against word."""

    steps: int = 3000
    rate: float = 4e-3
    seconds: float = 2700.0
    soft: int = 96
    wrong: int = 5
    every: int = 500


Batch = tuple[torch.Tensor, ...]


class _Batches(torch.utils.data.IterableDataset[Batch]):
    """The sampler's batches as tensors, made in a process of their own while the last one is trained on."""

    def __init__(self, sampler: Sampler, soft: int) -> None:
        self.sampler, self.soft = sampler, soft

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.sampler.seed)
        for pairs in self.sampler:
            # Passages without a question come last: they only stand as wrong answers.
            batch = [p for p in pairs if p.question] + [p for p in pairs if not p.question]
            asked = [p for p in batch if p.question]
            chosen = np.sort(rng.permutation(len(asked))[: self.soft])
            yield (
                *_bag([p.question for p in asked]),
                *_bag([p.passage for p in batch]),
                _conflicts(batch)[: len(asked)],
                torch.from_numpy(chosen),
                _padded([asked[i].question for i in chosen], _QUESTION_TOKENS),
                _padded([p.passage for p in batch], _PASSAGE_TOKENS),
            )


def _bag(texts: list[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat ids and the offset of each text, as EmbeddingBag takes them."""
    flat = torch.from_numpy(np.fromiter((i for text in texts for i in text), dtype=np.int64))
    offsets = np.cumsum([0, *(len(text) for text in texts[:-1])])
    return flat, torch.from_numpy(offsets.astype(np.int64))


def _padded(texts: list[Ids], length: int) -> torch.Tensor:
    """int64 (texts, length): the first `length` different ids of each text, then zeros."""
    rows = np.zeros((len(texts), length), dtype=np.int64)
    for row, text in zip(rows, texts, strict=True):
        ids = list(dict.fromkeys(text))[:length]
        row[: len(ids)] = ids
    return torch.from_numpy(rows)


def _conflicts(batch: list[Pair]) -> torch.Tensor:
    """bool (n, n): passage j overlaps the right one of question i without being it; it must not count as wrong."""
    group, low, high = (np.array([getattr(p, name) for p in batch]) for name in ("group", "low", "high"))
    same = group[:, None] == group[None, :]
    overlap = (low[:, None] < high[None, :]) & (low[None, :] < high[:, None])
    found = same & overlap
    np.fill_diagonal(found, False)
    return torch.from_numpy(found)


def _nearest(table: torch.Tensor, asked: torch.Tensor, passages: torch.Tensor) -> torch.Tensor:
    """int64 (questions, candidates, tokens): for each question token the nearest token of each candidate.

    :param asked: ids, int64 (questions, tokens); 0 is no token.
    :param passages: ids of the candidates, int64 (questions, candidates, tokens).
    """
    left, left_place = torch.unique(asked, return_inverse=True)
    right, right_place = torch.unique(passages, return_inverse=True)
    cosine = torch.nn.functional.normalize(table[left]) @ torch.nn.functional.normalize(table[right]).T
    cosine[:, right == 0] = -2.0
    found = cosine[left_place[:, None, :, None], right_place[:, :, None, :]].argmax(dim=3)
    return torch.gather(passages, 2, found)


def soft_scores(table: torch.Tensor, asked: torch.Tensor, passages: torch.Tensor) -> torch.Tensor:
    """float32 (questions, candidates), between -1 and 1: mean over question tokens of the largest cosine, weighted."""
    with torch.no_grad():
        best = _nearest(table, asked, passages)
    question, passage = torch.nn.functional.embedding(asked, table), torch.nn.functional.embedding(best, table)
    weight = question.norm(dim=2)
    inner = torch.einsum("qtd,qctd->qct", question, passage)
    # The weight is the length of the question's row, and so cancels that part of the cosine.
    near = inner / passage.norm(dim=3).clamp_min(1e-6)
    score: torch.Tensor = near.sum(dim=2) / weight.sum(dim=1, keepdim=True).clamp_min(1e-6)
    return score


def train(
    table: NDArray[np.float32],
    sampler: Sampler,
    plan: Plan,
    report: Callable[[int, float, NDArray[np.float32]], None],
) -> NDArray[np.float32]:
    """The table after the plan's steps of Adam, or fewer when time runs out (the rate falls with what is nearer)."""
    bag = torch.nn.EmbeddingBag.from_pretrained(
        torch.from_numpy(table.copy()), freeze=False, mode="mean", padding_idx=0
    )
    optimizer = torch.optim.Adam(bag.parameters(), lr=plan.rate, betas=(0.9, 0.99), fused=True)
    loader = torch.utils.data.DataLoader(
        _Batches(sampler, plan.soft), batch_size=None, num_workers=1, prefetch_factor=6
    )
    began = time.monotonic()
    average = 0.0
    for step, (q_ids, q_offsets, p_ids, p_offsets, conflicts, chosen, q_rows, p_rows) in enumerate(loader, 1):
        done = max(step / plan.steps, (time.monotonic() - began) / plan.seconds)
        if done > 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * min(1.0, step / 100) * (1.0 - done) + 1e-5
        asked = torch.nn.functional.normalize(bag(q_ids, q_offsets))
        passages = torch.nn.functional.normalize(bag(p_ids, p_offsets))
        scores = (asked @ passages.T * _SCALE).masked_fill(conflicts, -1e4)
        right = torch.arange(len(scores))
        loss = (
            torch.nn.functional.cross_entropy(scores, right)
            + torch.nn.functional.cross_entropy(scores[:, : len(scores)].T, right)
        ) / 2
        if len(chosen):
            with torch.no_grad():
                wrong = scores[chosen].clone()
                wrong[torch.arange(len(chosen)), chosen] = -1e5
                nearest = wrong.topk(min(plan.wrong, wrong.shape[1] - 1), dim=1).indices
                candidates = torch.cat([chosen[:, None], nearest], dim=1)
                barred = torch.gather(conflicts[chosen], 1, candidates)
            near = soft_scores(bag.weight, q_rows, p_rows[candidates]) * _SOFT_SCALE
            first = torch.zeros(len(chosen), dtype=torch.int64)
            loss = loss + torch.nn.functional.cross_entropy(near.masked_fill(barred, -1e4), first)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        average += loss.item()
        if step % plan.every == 0:
            report(step, average / plan.every, bag.weight.detach().numpy())
            average = 0.0
    trained: NDArray[np.float32] = bag.weight.detach().numpy().copy()
    trained[0] = 0.0
    return trained
