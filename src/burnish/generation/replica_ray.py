"""Replicas as Ray actors, on the machines of a cluster: the same blocks, sent back with their pictures.

An actor waits until the cluster has room for it, so replicas come as an autoscaler brings machines; one whose machine
is lost counts as dead, and is asked for again.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, final

from burnish.errors import ConfigError
from burnish.generation.replica_process import BlockResult, Replica, ReplicaDied, read_answer
from burnish.generation.scratch import scratch_folder

_HERE = ("auto", "local")
"""Addresses that Ray finds by itself."""
_CLIENT = "ray://"
_CONNECT_S = 10.0
_LOOK_S = 1.0
"""Between two looks at whether the run was stopped."""
_CLEAR_S = 10.0
"""For a replica to delete its files; of those that are dead the next one on the machine does."""


def connect(address: str, task: Mapping[str, Any], *, on_cpu: bool) -> Callable[[Path, int], Replica]:
    """What starts the replica of a number on the cluster. Raises ConfigError where there is none, or no Ray."""
    if find_spec("ray") is None:
        raise ConfigError("--ray needs the package ray: pip install 'burnish[ray]'.")
    import ray

    if not ray.is_initialized():
        _initialise(address)
    gpus = 0 if on_cpu or not ray.cluster_resources().get("GPU") else 1
    # two calls at a time, so that it is also told to clear up while it makes a block
    actor = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0, max_concurrency=2)(Actor)
    return lambda folder, number: RayReplica(actor.remote(dict(task)), folder / str(number))


def _initialise(address: str) -> None:
    import ray

    if address not in _HERE:
        refuse_silence(address)
    flags: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        ray.init(address=address, **flags)
    except ConnectionError as error:
        if address != "auto":
            raise ConfigError(f"--ray {address}: no Ray cluster answers there ({error}).") from error
        ray.init(address="local", include_dashboard=False, **flags)


def refuse_silence(address: str) -> None:
    """Raise ConfigError where nothing listens: Ray itself would try again for minutes."""
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    if not (host and port.isascii() and port.isdecimal()):
        raise ConfigError(f"--ray {address} is not an address: give HOST:PORT, such as head:6379, or auto.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise ConfigError(
            f"--ray {address}: nothing answers there ({error}): see whether Ray runs on that machine, or give auto."
        ) from error


@final
class RayReplica:
    """An actor, and the folder here that its pictures are written to until the run has them."""

    def __init__(self, actor: Any, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._actor, self._folder = actor, folder
        self._closed = self._answered = False

    def make(self, block: int) -> BlockResult:
        """The block. Raises ReplicaDied, or ModelError for what the replica says is wrong."""
        import ray
        from ray.exceptions import RayError

        try:
            asked = self._actor.make.remote(block)
            while not ray.wait([asked], timeout=_LOOK_S)[0]:
                if self._closed:
                    raise ReplicaDied("the run was stopped")
            answer, pictures = ray.get(asked)
        except RayError as error:
            raise ReplicaDied(str(error).strip().splitlines()[0]) from error
        self._answered = True
        return unpacked(answer, pictures, self._folder / str(block))

    def close(self) -> None:
        """End the actor."""
        import ray

        self._closed = True
        if self._answered:  # one that still waits for room on the cluster would not hear it
            ray.wait([self._actor.clear.remote()], timeout=_CLEAR_S)
        ray.kill(self._actor)


def unpacked(answer: bytes, pictures: Sequence[bytes], folder: Path) -> BlockResult:
    """What an actor answered, its pictures in a new folder. Raises ReplicaDied, or ModelError as `make` does."""
    made = read_answer(io.BytesIO(answer))
    if made is None:
        raise ReplicaDied("it ended without a word")
    folder.mkdir(exist_ok=True)
    images = [folder / path.name for path in made.images]
    for path, content in zip(images, pictures, strict=True):
        path.write_bytes(content)
    return made._replace(images=images)


class Actor:
    """In a process of Ray's: the verb's own function in a thread, asked by pipes as a process is."""

    def __init__(self, task: dict[str, Any]) -> None:
        from burnish.generation.replica import serve
        from burnish.generation.serving import Serving

        wanted, ask = os.pipe()
        answers, answer = os.pipe()
        self._ask, self._answers = os.fdopen(ask, "wb"), os.fdopen(answers, "rb")
        self._scratch = ExitStack()
        folder = self._scratch.enter_context(scratch_folder())
        own = {**task, "config": {**task["config"], "out": f"{folder}/run"}}
        serving = Serving(os.fdopen(wanted, "rb"), os.fdopen(answer, "wb"))

        def run() -> None:
            with serving.wanted, serving.answers:  # their ends are seen, however the thread ends
                serve(own, serving)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def make(self, block: int) -> tuple[bytes, list[bytes]]:
        """The answer to a block, and the pictures that it names; the answer is empty where there is none."""
        self._ask.write(b"%d\n" % block)
        self._ask.flush()
        head = self._answers.readline()
        if not head:
            return b"", []
        answer: dict[str, Any] = json.loads(head)
        lines = [*islice(self._answers, answer.get("lines", 0))]
        paths = [Path(path) for path in answer.get("images", ())]
        pictures = [path.read_bytes() for path in paths]
        if paths:
            shutil.rmtree(paths[0].parent)
        return b"".join((head, *lines)), pictures

    def clear(self) -> None:
        """Leave nothing on this machine; called before the end, maybe while a block is made."""
        self._ask.close()
        self._thread.join(timeout=_CLEAR_S / 2)
        if not self._thread.is_alive():
            self._answers.close()
        self._scratch.close()
