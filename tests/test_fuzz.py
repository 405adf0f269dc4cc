"""Whatever is given to Burnish ends in one of its exit codes, and never in a traceback.

Hypothesis writes sources, YAML, run folders and an endpoint's answers; how many of each is fixed, so that the time is.
Nesting and sizes stay such as harm no library that reads them.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from builders import answer, by_place, dropped, pair, write_run
from burnish import cli
from burnish.errors import BurnishError, ServerError
from burnish.images import decode
from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from burnish.models.server import ServerModel
from burnish.records import Dialogue, Feedback, Response, Turn
from burnish.sources import Sampling, stream
from faulty_server import Answer, Faulty, serving

EXITS = {0, 2, 3, 130, 141}
few = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

texts = st.text(max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "<image>",
        "a.png",
        "../a.png",
        "http://h/a.png",
        "5/10",
        "\ud800",
        "\0",
        "nan",
        "1" * 400,
        "yes",
        "2024-13-45",
    ]
)
numbers = st.integers(-3, 1 << 70) | st.floats() | st.booleans() | st.none()
values = st.recursive(
    texts | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
bits = st.binary(max_size=40)


def exit_code(*words: str) -> int:
    """What the command ends with; what it prints is not looked at."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            code = cli.main(list(words))
        except SystemExit as error:
            code = int(error.code or 0)
    assert code in EXITS, said.getvalue()
    return code


def keys(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Objects with some of the fields that are looked for."""
    return st.dictionaries(st.sampled_from(names) | texts, values, max_size=len(names))


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


rows = st.lists(
    (keys("image", "question", "answer", "id", "source", "conversations", "groundtruth", "turns", "messages")).map(
        as_json
    )
    | values.map(as_json)
    | bits,
    max_size=4,
)
conversations = st.lists(keys("from", "value", "role", "type", "content"), max_size=4)
items = st.fixed_dictionaries(
    {"image": st.just("a.png") | values},
    optional={
        "conversations": conversations | values,
        "question": values,
        "groundtruth": values,
        "score": values,
        "id": values,
    },
)


@few
@given(rows)
def test_lines_of_questions(lines: list[bytes]) -> None:
    with folder() as here:
        Image.new("RGB", (4, 4)).save(here / "a.png")
        (here / "q.jsonl").write_bytes(b"\n".join(lines))
        with contextlib.suppress(BurnishError):
            list(stream(f"folder:{here / 'q.jsonl'}", Sampling()))


@few
@given(st.lists(items, max_size=3) | values, st.sampled_from(["llava", "fire"]))
def test_lists_of_conversations(listed: object, kind: str) -> None:
    with folder() as here:
        Image.new("RGB", (4, 4)).save(here / "a.png")
        (here / "q.json").write_bytes(as_json(listed))
        with contextlib.suppress(BurnishError):
            list(stream(f"{kind}:{here / 'q.json'}", Sampling()))


@few
@given(st.lists(items, max_size=3) | values)
def test_files_of_dialogues(listed: object) -> None:
    with folder() as here:
        Image.new("RGB", (4, 4)).save(here / "a.png")
        (here / "f.json").write_bytes(as_json(listed))
        exit_code("import", str(here / "f.json"), "--out", str(here / "run"))
        exit_code("validate", str(here / "f.json"))


@few
@given(bits | values.map(as_json))
def test_pictures(data: bytes) -> None:
    begin = [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"II*\0",
        b"BM",
        b"P6 ",
        b"RIFF....WEBP",
        b"....ftypavif",
    ]
    for kind in begin:
        with contextlib.suppress(BurnishError):
            decode(kind + data)


yamls = (
    st.dictionaries(
        st.sampled_from(["run", "json", "index", "uses", "title", "scales", "rows", "pocket"]) | texts, values
    ).map(json.dumps)
    | st.text(alphabet="ab:-[]{}&*!<>|?#'\"% \n,1.~", max_size=60)
    | st.sampled_from(["!!int abc", "!!bool x", "!!timestamp 1", "2024-02-31", "&a [*a]", "<<: [1]", "? {a: b}\n: c"])
)


@few
@given(yamls)
def test_yaml(text: str) -> None:
    with folder() as here:
        (here / "x.yaml").write_bytes(text.encode(errors="surrogatepass"))
        exit_code("show", "--config", str(here / "x.yaml"))
        exit_code("run", str(here / "x.yaml"), "--out", str(here / "out"))


@dataclass(frozen=True)
class Flags:
    """Stands for a verb's configuration."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound run of pairs and one of dialogues."""
    here = tmp_path_factory.mktemp("sound")
    turn = Turn(
        response=Response(text="yes", thought="", answer="yes"),
        feedback=Feedback(text="Score: 5", score=5, comment=""),
    )
    dialogue = Dialogue(id="1", image="", question="?", answer="no", turns=(turn, turn), source="s")
    for kind, one in (("pairs", pair(1, answer("yes"), [answer("no")])), ("dialogues", dialogue)):
        write_run(here / kind, [one, dropped(2, "broken image")], kind=kind, pictures=by_place(4))
    return here


FILES = ("manifest.json", "done.json", "records/00000.jsonl", "images")
damage = st.tuples(st.sampled_from(FILES), st.integers(0, 2000), bits | values.map(as_json), st.booleans())


@few
@given(st.sampled_from(["pairs", "dialogues"]), st.lists(damage, min_size=1, max_size=2))
def test_damaged_runs(sound: Path, kind: str, damages: list[tuple[str, int, bytes, bool]]) -> None:
    with folder() as here:
        run = here / kind
        shutil.copytree(sound / kind, run)
        for name, place, data, cut in damages:
            path = next((run / "images").rglob("*.png")) if name == "images" else run / name
            whole = path.read_bytes()
            at = place % (len(whole) + 1)
            path.write_bytes(whole[:at] + data + (b"" if cut else whole[at + len(data) :]))
        exit_code("show", str(run), "--no-picture")
        exit_code("export", str(run), "--to", "fire" if kind == "dialogues" else "swift", "--out", str(here / "out"))
        exit_code("stats" if kind == "dialogues" else "show", str(run))


message = keys("content", "reasoning", "reasoning_content", "tool_calls", "refusal")
choice = keys("finish_reason") | st.builds(lambda m, f: {"message": m, "finish_reason": f}, message | values, values)
usage = keys("prompt_tokens", "completion_tokens")
completions = st.builds(lambda c, u: {"choices": c, "usage": u}, st.lists(choice, max_size=2) | values, usage | values)
charsets = st.sampled_from(["utf-8", "undefined", "base64", "rot13", "x-unknown", "utf-16", "\xff"])


@few
@example(b'{"choices": [{"message": {}, "finish_reason": []}]}', 200, "utf-8")
@given(completions.map(as_json) | values.map(as_json) | bits, st.sampled_from([200, 200, 200, 400, 404, 500]), charsets)
def test_answers_of_endpoints(endpoint: tuple[ServerModel, Faulty], body: bytes, status: int, charset: str) -> None:
    model, faulty = endpoint
    headers = {"Content-Type": f"application/json; charset={charset}", "Retry-After": "nan"}
    faulty.script = lambda _number, _call: Answer(body, status, headers)
    request = Request(messages=(Message(role="user", text="?", images=()),))
    with contextlib.suppress(ServerError):
        [reply] = model.generate([request], Decoding())
        reply.text.encode()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[tuple[ServerModel, Faulty]]:
    faulty = Faulty(lambda _number, _call: Answer())
    with serving(faulty) as address:
        model = open_model(ModelOptions(model=f"{address}#m", retries=0))
        assert isinstance(model, ServerModel)
        model._endpoint = replace(model._endpoint, first_pause_s=0.0)
        yield model, faulty
