"""Models by folder and hub id: found, downloaded once, used without network, and refused with a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import hub_server
import numpy as np
import pytest
import tiny_models
from hub_server import COMMIT, Hub

from corpus.errors import ModelError
from embeddings.encoder import TransformerEncoder, load_encoder
from embeddings.models import check_device, find, kind_of


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_encoder(tmp_path_factory.mktemp("models") / "tiny", {"query": "问题", "document": ""})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of models, and a hub that cannot be reached."""
    tiny_models.libraries()
    import huggingface_hub.constants

    folder = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("SENTENCE_TRANSFORMERS_HOME", raising=False)
    return folder


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    import huggingface_hub.constants

    with hub_server.serving() as served:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", served.url)
        template = f"{served.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield served


def put_in_cache(cache: Path, name: str, model: Path) -> Path:
    """What a download leaves behind."""
    home = cache / f"models--{name.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(COMMIT)
    return Path(shutil.copytree(model, home / "snapshots" / COMMIT))


def only_pickled(model: Path, folder: Path) -> Path:
    """The same model with its weights in PyTorch's own format."""
    torch, *_ = tiny_models.libraries()
    from safetensors.torch import load_file

    shutil.copytree(model, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_a_hub_model_is_downloaded_once_and_without_code(hub: Hub, encoder_folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "published"
    shutil.copytree(encoder_folder, model)
    (model / "modeling_own.py").write_text("raise SystemExit('code of a model was run')")
    (model / "pytorch_model.bin").write_bytes(b"a pickle")
    (model / "onnx").mkdir()
    (model / "onnx" / "config.json").write_text("{}")
    hub.models["maker/tiny"] = model

    first = load_encoder("maker/tiny", device="cpu")
    assert first.encode_questions(["公交"]).shape == (1, 16)
    assert {"model.safetensors", "modules.json", "tokenizer.json"} <= hub.files
    assert not hub.files & {"modeling_own.py", "pytorch_model.bin", "onnx/config.json"}

    asked = len(hub.asked)
    again = load_encoder("maker/tiny", device="cpu")
    assert len(hub.asked) == asked
    assert (again.name, again.fingerprint) == ("maker/tiny", first.fingerprint)
    np.testing.assert_array_equal(again.encode_passages(["公交贷款"]), first.encode_passages(["公交贷款"]))
    assert find("maker/tiny").revision == COMMIT


def test_a_cached_model_needs_no_network(cache: Path, encoder_folder: Path) -> None:
    put_in_cache(cache, "maker/tiny", encoder_folder)
    encoder = load_encoder("maker/tiny", device="cpu")
    own = load_encoder(str(encoder_folder), device="cpu")
    assert encoder.name == "maker/tiny" and encoder.fingerprint != own.fingerprint
    np.testing.assert_array_equal(encoder.encode_questions(["公交贷款"]), own.encode_questions(["公交贷款"]))


def test_a_model_without_owner_is_looked_for_as_sentence_transformers_does(cache: Path, encoder_folder: Path) -> None:
    place = put_in_cache(cache, "sentence-transformers/tiny", encoder_folder)
    assert find("tiny").folder == place


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json", "1_Pooling", "all"])
def test_hub_that_cannot_be_reached(cache: Path, encoder_folder: Path, missing: str) -> None:
    if missing != "all":
        # An interrupted download.
        place = put_in_cache(cache, "maker/tiny", encoder_folder) / missing
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
    with pytest.raises(
        ModelError, match=r"The model maker/tiny is not in the local cache and cannot be fetched"
    ) as told:
        load_encoder("maker/tiny", device="cpu")
    assert "connect to the network once, give a folder, or leave the model out" in str(told.value)
    assert "\n" not in str(told.value)


def test_network_forbidden(hub: Hub, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    hub.models["maker/tiny"] = encoder_folder
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"is not in the local cache .*offline mode is enabled"):
        load_encoder("maker/tiny")
    assert hub.asked == []


def test_id_that_the_hub_does_not_know(hub: Hub) -> None:
    with pytest.raises(ModelError, match=r"^There is no model maker/tyni: neither a folder nor .*check the spelling"):
        load_encoder("maker/tyni")


@pytest.mark.parametrize("name", ["no such model", "maker/ti--ny", "tiny."])
def test_name_that_is_no_hub_id(cache: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"is neither a folder nor a hub id .*expected one such as BAAI/bge"):
        load_encoder(name)


@pytest.mark.parametrize("name", ["./missing", "a/b/c", "", " ", "~/no-such-model"])
def test_missing_folder(name: str) -> None:
    with pytest.raises(ModelError, match=r"There is no model folder .*expected a folder saved by"):
        find(name)


def test_pickled_weights_are_refused(encoder_folder: Path, tmp_path: Path) -> None:
    folder = only_pickled(encoder_folder, tmp_path / "pickled")
    with pytest.raises(ModelError, match=r"has its weights in pytorch_model.bin; expected model.safetensors"):
        load_encoder(str(folder), device="cpu")


def test_a_model_without_tokenizer_is_refused(encoder_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mute"
    shutil.copytree(encoder_folder, folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer; expected tokenizer.json"):
        load_encoder(str(folder), device="cpu")


def test_a_pickled_part_is_refused(encoder_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dense"
    shutil.copytree(encoder_folder, folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ModelError, match=r"has its weights in 2_Dense/pytorch_model.bin"):
        load_encoder(str(folder), device="cpu")


def test_a_hub_model_with_nothing_but_pickled_weights_is_refused(
    hub: Hub, encoder_folder: Path, tmp_path: Path
) -> None:
    hub.models["maker/old"] = only_pickled(encoder_folder, tmp_path / "pickled")
    with pytest.raises(ModelError, match=r"The model maker/old has no weights in safetensors; expected"):
        load_encoder("maker/old", device="cpu")
    assert "pytorch_model.bin" not in hub.files


def test_code_of_a_model_is_not_run(encoder_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(encoder_folder, folder)
    (folder / "modeling_own.py").write_text("raise SystemExit('code of a model was run')")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "modeling_own.Own"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelError, match=r"cannot be loaded .*modeling_own.Own"):
        load_encoder(str(folder), device="cpu")


def test_parts_outside_the_folder_are_refused(encoder_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    shutil.copytree(encoder_folder, folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = "../elsewhere"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelError, match=r"names a place outside the model's folder"):
        load_encoder(str(folder), device="cpu")


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "", "meta"])
def test_device_that_cannot_be_used(encoder_folder: Path, device: str) -> None:
    with pytest.raises(ModelError, match=rf"^The device '{device}' cannot be used .*expected one of cpu") as told:
        load_encoder(str(encoder_folder), device=device)
    assert "\n" not in str(told.value)


def test_devices_that_can_be_used(encoder_folder: Path) -> None:
    check_device(None)
    check_device("cpu")
    assert isinstance(load_encoder(str(encoder_folder), device="cpu"), TransformerEncoder)
    # The bundled encoder runs in numpy.
    assert load_encoder(None, device="cuda:99").dim == 256


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"config_sentence_transformers.json": {"model_type": "SparseEncoder"}, "modules.json": []}, "SparseEncoder"),
        ({"config_sentence_transformers.json": {}, "modules.json": []}, "SentenceTransformer"),
        ({"config.json": {"architectures": ["BertModel"]}}, "SentenceTransformer"),
        ({"config.json": {"architectures": ["XLMRobertaForSequenceClassification"]}}, "CrossEncoder"),
        ({"config.json": {"architectures": ["Qwen3ForCausalLM"]}}, ""),
        ({"config.json": {}}, ""),
        ({"config.json": []}, ""),
        ({}, ""),
    ],
)
def test_kinds_of_models(tmp_path: Path, files: dict[str, object], kind: str) -> None:
    for name, value in files.items():
        (tmp_path / name).write_text(json.dumps(value))
    assert kind_of(tmp_path) == kind
