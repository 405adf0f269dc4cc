"""Addresses over HTTP: `s3://` by s3fs from moto's server, and `hf://` by huggingface_hub, both on this machine.

`make test-slow` runs this: it installs s3fs and moto into a folder of their own, which takes minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

READ = """
import io, json, os, sys, tarfile
sys.path.append(sys.argv[1])
from moto.server import ThreadedMotoServer
from PIL import Image

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
os.environ |= {
    "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
import s3fs
from burnish.errors import SourceError
from burnish.sources import Sampling, stream


def png(shade):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, format="PNG")
    return file.getvalue()


def shard(number):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, data in {"0.png": png(number), "0.json": json.dumps({"question": f"{number}?"}).encode()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


files = s3fs.S3FileSystem()
files.mkdir("data")
rows = [{"image": f"pics/{n}.png", "question": "What?"} for n in (1, 2)]
files.pipe("data/q.jsonl", "".join(json.dumps(row) + chr(10) for row in rows).encode())
files.pipe({f"data/pics/{n}.png": png(n) for n in (1, 2)})
files.pipe({f"data/shards/{n}.tar": shard(n) for n in (3, 4)})
told = {}
for spec in ("folder:s3://data/q.jsonl", "folder:s3://data/pics#ask=What?", "webdataset:s3://data/shards/*.tar"):
    found = list(stream(spec, Sampling()))
    told[spec] = sorted([one.question, one.image in (png(1), png(2), png(3), png(4))] for one in found)
files.pipe("data/pics/1.png", png(9))  # another content is fetched anew
told["changed"] = sum(one.image == png(9) for one in stream("folder:s3://data/pics#ask=What?", Sampling()))
try:
    list(stream("folder:s3://elsewhere/q.jsonl", Sampling()))
except SourceError as error:
    told["missing"] = str(error)
print(json.dumps(told))
server.stop()
"""


HUB = """
import io, json, os, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from PIL import Image

file = io.BytesIO()
Image.new("RGB", (8, 8), (1, 0, 0)).save(file, format="PNG")
FILES = {
    "q.jsonl": json.dumps({"image": "pics/1.png", "question": "What?"}).encode(),
    "pics/1.png": file.getvalue(),
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, below = self.path.partition("?")[0].partition("/main")
        if path.endswith("/resolve"):
            data = FILES[below.lstrip("/")]
        elif path.endswith("/tree"):
            folder = {"type": "directory", "path": "pics", "oid": COMMIT}
            files = [{"type": "file", "path": one, "size": len(FILES[one]), "oid": COMMIT} for one in FILES]
            data = json.dumps([one for one in (*files, folder) if one["path"].startswith(below.lstrip("/"))]).encode()
        else:
            data = json.dumps({"id": "me/d", "sha": COMMIT, "siblings": [], "tags": []}).encode()
        self.send_response(200)
        for name, value in {"Content-Length": len(data), "ETag": '"x"', "X-Repo-Commit": COMMIT}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_address[1]}"
os.environ.pop("HF_HUB_OFFLINE", None)
from burnish.sources import Sampling, stream

specs = ("folder:hf://datasets/me/d/q.jsonl", "folder:hf://datasets/me/d/pics#ask=What?")
found = [one for spec in specs for one in stream(spec, Sampling())]
print(json.dumps([[one.question, one.image == FILES["pics/1.png"]] for one in found]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, which this environment does not have."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "moto[server]", "s3fs"]
    subprocess.run(install, check=True)
    return folder


def test_tables_pictures_and_shards_in_a_bucket(site: Path, tmp_path: Path) -> None:
    told = _told(tmp_path, READ, str(site))
    assert told.pop("missing") == "s3://elsewhere/q.jsonl is not there."
    assert told == {
        "folder:s3://data/q.jsonl": [["What?", True]] * 2,
        "folder:s3://data/pics#ask=What?": [["What?", True]] * 2,
        "webdataset:s3://data/shards/*.tar": [["3?", True], ["4?", True]],
        "changed": 1,
    }


def test_a_data_set_of_a_hub(tmp_path: Path) -> None:
    assert _told(tmp_path, HUB) == [["What?", True]] * 2


def _told(cache: Path, *words: str) -> Any:
    """The JSON that a script prints last."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "HF_HOME": str(cache / "hub")}
    done = subprocess.run([sys.executable, "-c", *words], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
