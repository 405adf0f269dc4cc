"""`burnish view` as people start it: beside a process that writes, killed, started again, stopped."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from viewed import pair, served, write, writing

from burnish.cli import main
from burnish.errors import ConfigError
from burnish.view.config import ViewConfig
from patience import HANG_S, get


def test_the_page_grows_while_another_process_writes(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(0)], done=False).path
    with served(run) as server:
        server.wait(lambda state: state["records"] == 1)
        assert "The run is not finished" in get(server.url).text
        with writing(run):
            server.wait(lambda state: int(str(state["records"])) > 60)
            page = get(server.url, params={"page": 2}).raise_for_status().text
        assert len(re.findall(r'<h3 class="question">What is it, \d+\?</h3>', page)) > 10
        # The writer was killed: what it left is taken up, and then more.
        write(run, [pair(10_000)])
        state = server.wait(lambda state: bool(state["finished"]))
        last = get(f"{server.url}record/{state['records']}").text
        assert '<h3 class="question">What is it, 10000?</h3>' in last


def test_a_killed_viewer_leaves_nothing_running_and_goes_on(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(number) for number in range(70)], done=False).path
    with served(run) as server:
        server.wait(lambda state: state["records"] == 70)
        (indexer,) = _indexers(server.process)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(timeout=HANG_S)
        _, running = psutil.wait_procs([indexer], timeout=HANG_S)
        assert not running
    write(run, [pair(70)], done=False)
    with served(run) as server:
        assert server.state()["records"] in (70, 71)  # at once: what was indexed is not indexed again
        server.wait(lambda state: state["records"] == 71)
        assert "Records 51–71 of 71" in get(server.url, params={"page": 2}).text


def _indexers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Python's own child, which cleans up behind spawned ones, ends with its parent anyway."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def test_a_run_that_is_begun_anew_is_shown_anew(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(number) for number in range(5)]).path
    with served(run) as server:
        server.wait(lambda state: state["records"] == 5)
        write(run, [pair(77)], restart=True)
        server.wait(lambda state: state["records"] == 1)
        assert "What is it, 77?" in get(server.url).text


def test_two_viewers_of_a_run_share_its_index(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)], done=False).path
    with served(run) as first, served(run) as second:
        for server in (first, second):
            server.wait(lambda state: state["records"] == 1)
        first.process.kill()
        write(run, [pair(2)])
        second.wait(lambda state: state["records"] == 2)
    assert len(list((tmp_path / "caches" / "burnish").glob("*.sqlite"))) == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What is started listens to Ctrl-C, also where a shell runs the tests in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_is_quiet_and_ends_its_other_process(tmp_path: Path, stop: signal.Signals) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    with served(run) as server:
        server.wait(lambda state: bool(state["told"]))
        children = _indexers(server.process)
        server.process.send_signal(stop)
        said, _ = server.process.communicate(timeout=HANG_S)
        assert "Traceback" not in said
        assert server.process.returncode == (130 if stop == signal.SIGINT else -signal.SIGTERM)
        _, running = psutil.wait_procs(children, timeout=HANG_S)
        assert not running


def test_beyond_loopback_the_link_holds_a_secret_of_its_own(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    with served(run, "--host", "0.0.0.0") as server:
        found = re.fullmatch(r"http://0\.0\.0\.0:(\d+)/([0-9a-f]{40})/", server.url)
        assert found is not None
        server.wait(lambda state: state["records"] == 1)
        assert get(f"http://127.0.0.1:{found[1]}/").status_code == 404


def test_what_cannot_be_viewed_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*words: str) -> str:
        assert main(["view", *words]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return said

    assert refused(str(tmp_path)) == f"burnish: {tmp_path} is not a run: there is no manifest.json in it.\n"
    run = write(tmp_path / "run", [pair(1)]).path
    (tmp_path / "notes.txt").write_text("Some notes, and more of them." * 100)
    index = ("--index", str(tmp_path / "notes.txt"))
    assert "cannot be used" in refused(str(run), *index)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(str(run), "--port", str(port), "--index", str(tmp_path / "index.sqlite"))
        assert f"--host 127.0.0.1 --port {port} cannot be used (Address already in use): give" in said
    with pytest.raises(ConfigError, match="--port must be from 0 to 65535, not 65536"):
        ViewConfig(run="x", port=65536)


def test_a_package_that_is_missing_is_named() -> None:
    code = "import sys; sys.modules['fastapi'] = None; from burnish.cli import main; main(['view', 'x'])"
    code += "; sys.exit(main(['review', 'x']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    missing = "burnish: `burnish {0}` needs the package fastapi: pip install 'burnish[{0}]'.\n"
    assert done.stderr == missing.format("view") + missing.format("review")
