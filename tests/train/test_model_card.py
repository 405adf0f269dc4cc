"""`burnish card`: what stands beside an adapter and its merged model, read back as the hub reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from burnish.cli import main
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo
from compared_runs import answers_run


@pytest.fixture(scope="module")
def trained(base: Path, write_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    run = write_run(folder / "pairs", [1, 2, 1])
    manifest = run / "manifest.json"
    made = json.loads(manifest.read_text())
    made["config"] |= {"source": "huggingface:someone/photos#split=train", "distort": ["noise:800"]}
    manifest.write_text(json.dumps(made))
    config = DPOConfig(
        run=str(run), model=str(base), out=str(folder / "seva"), merge=True, lora_rank=600, max_steps=1, device="cpu"
    )
    return train_dpo(config).checkpoint


def _front(path: Path) -> dict[str, object]:
    _, front, _ = path.read_text().split("---\n", 2)
    found: dict[str, object] = yaml.safe_load(front)
    return found


def test_a_card_tells_base_data_method_flags_results_and_limits(trained: Path, tmp_path: Path) -> None:
    before, after = answers_run(tmp_path / "before", range(40)), answers_run(tmp_path / "after", range(9))
    assert main(["card", str(trained), str(before), str(after)]) == 0
    text = (trained / "README.md").read_text()
    front = _front(trained / "README.md")
    assert front["library_name"] == "peft" and front["license"] == "unknown"
    assert front["datasets"] == ["someone/photos"]
    assert {"burnish", "dpo", "lora"} <= {*front["tags"]}  # type: ignore[misc]
    assert "base_model" not in front, "a folder is not a name on the hub"
    assert "https://arxiv.org/abs/2404.10501" in text
    assert "Trained on 3 examples, 7 answers, 1 steps." in text
    assert "| exact match % | 33.3 | 85.0 | +51.7 (+38.3 to +65.0) | 0.000 | better |" in text
    assert "At rank 600 vLLM takes the merged model only" in text
    assert "its pairs came from the base model's own answers" in text.lower()
    assert "lora_rank: 600" in text and "## Licence" in text
    measured = ModelCard(text).data.eval_results
    assert measured is not None
    (right,) = [one for one in measured if one.metric_type == "exact_match"]
    assert (right.metric_value, right.task_type, right.metric_name) == (85.0, "image-text-to-text", "exact match")
    assert right.dataset_type == "pocket-counter-existence-per-task-60"
    assert _front(trained / "merged" / "README.md")["library_name"] == "transformers"
    assert main(["card", str(trained)]) == 0  # written again, without results
    assert "Nothing yet" in (trained / "README.md").read_text()


def test_a_base_on_the_hub_is_named(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("manifest.json", "done.json", "adapter_config.json"):
        (copy / name).write_bytes((trained / name).read_bytes())
    made = json.loads((copy / "manifest.json").read_text())
    made["config"]["model"] = "llava-hf/llava-1.5-7b-hf"
    (copy / "manifest.json").write_text(json.dumps(made))
    assert main(["card", str(copy)]) == 0
    assert _front(copy / "README.md")["base_model"] == "llava-hf/llava-1.5-7b-hf"


def test_what_cannot_have_a_card_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = answers_run(tmp_path / "run", range(9))
    faults = {
        ("card", str(run)): "holds answers, not a training",
        ("card", str(trained), str(run)): "are not comparable",
        ("card", str(trained), "--push", "nobody"): "is not a name on the hub",
        ("card", str(trained), "--push", "nobody/nothing"): "cannot be pushed",  # tests have no network
    }
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for words, fault in faults.items():
        assert main([*words]) == 2
        assert fault in capsys.readouterr().err
    own = tmp_path / "own"
    own.mkdir()
    for name in ("manifest.json", "done.json", "adapter_config.json"):
        (own / name).write_bytes((trained / name).read_bytes())
    (own / "README.md").write_text("Mine.")
    assert main(["card", str(own)]) == 2
    assert "was not written by `burnish card`" in capsys.readouterr().err
    assert (own / "README.md").read_text() == "Mine."


def test_a_merged_model_is_for_all_who_may_read_new_files(trained: Path) -> None:
    os.umask(mask := os.umask(0))
    modes = {path.stat().st_mode & 0o777 for path in (trained / "merged").iterdir()}
    assert modes == {0o666 & ~mask}
