"""Replicas as Ray actors, on the machines of a cluster: the same blocks, sent back with their pictures.

An actor waits until the cluster has room for it, so replicas come as an autoscaler brings machines; one whose machine
is lost counts as dead, and is asked for again.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

from burnish.errors import ConfigError, ModelError
from burnish.generation.replica_process import Made, Replica, ReplicaDied, made_of

_LOOK_S = 1.0
"""Between two looks at whether the run was stopped."""


def connect(address: str, task: Mapping[str, Any], *, on_cpu: bool) -> Callable[[Path, int], Replica]:
    """What starts the replica of a number on the cluster. Raises ConfigError where there is none, or no Ray."""
    if find_spec("ray") is None:
        raise ConfigError("--ray needs the package ray: pip install 'burnish[ray]'.")
    import ray

    if not ray.is_initialized():
        _initialise(address)
    gpus = 0 if on_cpu or not ray.cluster_resources().get("GPU") else 1
    actor = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0)(Actor)
    return lambda folder, number: RayReplica(actor.remote(dict(task)), folder / str(number))


def _initialise(address: str) -> None:
    import ray

    flags: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        ray.init(address=address, **flags)
    except ConnectionError as error:
        if address != "auto":
            raise ConfigError(f"--ray {address}: no Ray cluster answers there ({error}).") from error
        ray.init(address="local", include_dashboard=False, **flags)


@final
class RayReplica:
    """An actor, and the folder here that its pictures are written to until the run has them."""

    def __init__(self, actor: Any, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._actor, self._folder = actor, folder
        self._closed = False

    def make(self, block: int) -> Made:
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
        made = made_of(answer)
        for path, content in zip(made.images, pictures, strict=True):
            (self._folder / Path(path).name).write_bytes(content)
        return made._replace(images=[str(self._folder / Path(path).name) for path in made.images])

    def close(self) -> None:
        """End the actor."""
        import ray

        self._closed = True
        ray.kill(self._actor)


class Actor:
    """In a process of Ray's: the verb's own function in a thread, asked by pipes as a process is."""

    def __init__(self, task: dict[str, Any]) -> None:
        from burnish.generation.replica import serve
        from burnish.generation.serving import Serving

        wanted, ask = os.pipe()
        answers, answer = os.pipe()
        self._ask, self._answers = os.fdopen(ask, "wb"), os.fdopen(answers, "rb")
        folder = tempfile.mkdtemp(prefix="burnish-replica-")
        own = {**task, "config": {**task["config"], "out": f"{folder}/run"}}
        serving = Serving(os.fdopen(wanted, "rb"), os.fdopen(answer, "wb"))

        def run() -> None:
            with serving.answers:  # its end is seen, however the thread ends
                serve(own, serving)

        threading.Thread(target=run, daemon=True).start()

    def make(self, block: int) -> tuple[dict[str, Any], list[bytes]]:
        """The answer to a block, and the pictures that it names."""
        self._ask.write(b"%d\n" % block)
        self._ask.flush()
        line = self._answers.readline()
        if not line:
            raise ModelError("The replica ended without a word.")
        answer: dict[str, Any] = json.loads(line)
        paths = [Path(path) for path in answer.get("images", ())]
        pictures = [path.read_bytes() for path in paths]
        for path in paths:
            path.unlink()
        return answer, pictures
