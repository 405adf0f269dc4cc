"""`s3://`: s3fs against moto's server on this machine, over HTTP, so that what a user's bucket gives is really read.

`make test-slow` runs this: it installs both packages into a folder of its own, which takes minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif("BURNISH_SLOW" not in os.environ, reason="minutes: `make test-slow` runs it")

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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, which this environment does not have."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "moto[server]", "s3fs"]
    subprocess.run(install, check=True)
    return folder


def test_tables_pictures_and_shards_in_a_bucket(site: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", READ, str(site)]
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.pop("missing") == "s3://elsewhere/q.jsonl is not there."
    assert told == {
        "folder:s3://data/q.jsonl": [["What?", True]] * 2,
        "folder:s3://data/pics#ask=What?": [["What?", True]] * 2,
        "webdataset:s3://data/shards/*.tar": [["3?", True], ["4?", True]],
        "changed": 1,
    }
