"""`python -m embeddings.benchmark`: how fast texts become vectors, beside a small transformer in the same run.

The peer is a random transformer of the shape of all-MiniLM-L6-v2 (6 layers, 384 dimensions, 256 tokens) with a
vocabulary of single characters: what it would find does not matter here, the work is the same. Both encoders get the
body paragraphs of the sample pages, and questions one by one. Two further figures come from fresh processes: what
loading the bundled encoder takes, and whether opening an archive and asking it leaves torch alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.files import iter_pages, sample_pages
from corpus.passages import passages_of
from corpus.records import Page
from embeddings.encoder import Encoder, TransformerEncoder, load_encoder
from embeddings.models import quietly

HEAVY = ("torch", "transformers", "sentence_transformers")
_ROUNDS = 3
_QUESTIONS = 200
_QUESTION_LENGTH = 20
# Linux hands the highest memory of a process on to those it starts, but not in VmHWM.
_LOAD = """
import json, re, resource, sys, time
from pathlib import Path
start = time.perf_counter()
from embeddings.encoder import load_encoder
load_encoder().encode_questions(["x"])
seconds = time.perf_counter() - start
status = Path("/proc/self/status")
if status.exists():
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]) / 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
print(json.dumps([seconds, peak]))
"""
# Run in a process of its own, where an import by anything else cannot be mistaken for one by the archive; `qa` is above
# this folder and is used as a user would.
_ASK = """
import json, sys
from qa import Archive
from embeddings.benchmark import HEAVY
Archive.open().ask(sys.argv[1])
print(json.dumps([name for name in HEAVY if name in sys.modules]))
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """`passages_per_second`: the median of some rounds. `question_ms`: milliseconds for one question, the median."""

    passages_per_second: float
    question_ms: float


def sample_texts() -> list[str]:
    """The body paragraphs of the sample pages, in page order."""
    pages = [page for page in iter_pages(sample_pages()) if isinstance(page, Page)]
    return [passage.text for page in pages for passage in passages_of(page) if passage.kind == "body"]


def measure(encoder: Encoder, passages: Sequence[str], questions: Sequence[str], least: float = 1.0) -> Speed:
    """The speed of an encoder, once it has done a little work; all passages in one call, questions one by one.

    :param least: the passages are encoded at least three times, and for at least so many seconds in all.
    """
    encoder.encode_passages(passages[:32])
    encoder.encode_questions(questions[:1])
    took: list[float] = []
    while len(took) < _ROUNDS or sum(took) < least:
        took.append(_seconds(encoder.encode_passages, passages))
    asked = [_seconds(encoder.encode_questions, [question]) for question in questions]
    return Speed(len(passages) / statistics.median(took), 1000 * statistics.median(asked))


def _seconds(run: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.perf_counter()
    run(texts)
    return time.perf_counter() - start


def random_transformer(texts: Sequence[str], layers: int = 6, dim: int = 384, tokens: int = 256) -> TransformerEncoder:
    """An untrained BERT with mean pooling, through sentence-transformers on the processor; one token a character."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    letters = sorted({c for text in texts for c in text.lower()})
    # Letters and digits inside a word have pieces of their own.
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters if c.isascii())]
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=dim,
        num_hidden_layers=layers,
        num_attention_heads=dim // 32,
        intermediate_size=4 * dim,
    )
    with tempfile.TemporaryDirectory() as name, quietly():
        (Path(name) / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        BertModel(config).save_pretrained(name)
        BertTokenizer(str(Path(name) / "vocab.txt")).save_pretrained(name)
        transformer = Transformer(name, processor_kwargs={"model_max_length": tokens})
        model = SentenceTransformer(modules=[transformer, Pooling(dim)], device="cpu")
    return TransformerEncoder("random", model, "")


def loading() -> tuple[float, float]:
    """Seconds to import and load the bundled encoder in a fresh process, and that process's peak memory in MiB."""
    seconds, peak = _fresh(_LOAD)
    return float(seconds), float(peak)


def heavy_imports(question: str) -> list[str]:
    """Which of the `HEAVY` packages a fresh process imports to open the sample pages and ask: none, if all is well."""
    return [str(name) for name in _fresh(_ASK, question)]


def _fresh(code: str, *arguments: str) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    out: list[Any] = json.loads(done.stdout)
    return out


def machine() -> dict[str, str | float]:
    """The processor's name, how many cores this process may use, how many were busy of late, Python's version, date."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # not Linux
    today = datetime.now(UTC).date().isoformat()
    # Other work on the machine slows the many-threaded transformer more than the other: to be told beside the figures.
    busy = round(os.getloadavg()[0], 1)
    return {"processor": name, "cores": cores(), "load": busy, "python": platform.python_version(), "date": today}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(threads: int, repeat: int) -> dict[str, Any]:
    """All figures. `threads` binds only libraries that are not loaded yet."""
    os.environ.update(RAYON_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="true")
    texts = sample_texts()
    passages = texts * repeat
    questions = [texts[n % len(texts)][:_QUESTION_LENGTH] for n in range(_QUESTIONS)]
    bundled = measure(load_encoder(), passages, questions)
    seconds, peak = loading()
    heavy = heavy_imports(questions[0])

    import torch

    torch.set_num_threads(threads)
    peer = measure(random_transformer(texts), passages, questions)
    return {
        **machine(),
        "threads": threads,
        "passages": len(passages),
        "characters_per_passage": round(statistics.mean(map(len, texts)), 1),
        "bundled": asdict(bundled),
        "transformer": asdict(peer),
        "times_passages": bundled.passages_per_second / peer.passages_per_second,
        "times_question": peer.question_ms / bundled.question_ms,
        "load_seconds": seconds,
        "peak_mib": peak,
        "heavy_imports": heavy,
    }


def _print(figures: dict[str, Any]) -> None:
    print("{processor}, {cores} cores (load {load}), {threads} threads, Python {python}, {date}".format(**figures))
    print("{passages:,} passages of {characters_per_passage} characters on average".format(**figures))
    print(f"{'':28s}{'passages/s':>12s}{'ms/question':>13s}")
    for label, key in (("bundled encoder", "bundled"), ("random 6 x 384 transformer", "transformer")):
        speed = figures[key]
        print(f"{label:28s}{speed['passages_per_second']:12,.0f}{speed['question_ms']:13.3f}")
    print(f"{'times as fast':28s}{figures['times_passages']:11,.0f}x{figures['times_question']:12,.0f}x")
    print(
        "bundled encoder in a fresh process: {load_seconds:.2f} s to load, {peak_mib:.0f} MiB at most".format(**figures)
    )
    heavy = figures["heavy_imports"]
    print(f"imported by opening an archive and asking: {', '.join(heavy)}: FAIL" if heavy else "no torch imported: OK")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print.

    :returns: the exit status: 1 if asking imported torch.
    """
    parser = argparse.ArgumentParser(
        prog="python -m embeddings.benchmark", description="Measure the bundled encoder beside a small transformer."
    )
    parser.add_argument("--threads", type=int, default=cores(), help="threads for both (default: one for each core)")
    parser.add_argument("--repeat", type=int, default=1, help="how often the sample paragraphs are taken (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    args = parser.parse_args(argv)
    if args.threads < 1 or args.repeat < 1:
        parser.error("--threads and --repeat are whole numbers from 1 on")
    figures = run(args.threads, args.repeat)
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        _print(figures)
    return 1 if figures["heavy_imports"] else 0


if __name__ == "__main__":
    sys.exit(main())
