"""A training in two processes of this machine (DDP), started as torchrun would, but from one that has all imports."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import socket
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path

import burnish  # noqa: F401 - before any library imports torchvision
from burnish.train import session
from burnish.train.config import DPOConfig, SFTConfig, TrainConfig
from burnish.train.dialogue_config import DistilConfig, StudentConfig, TeacherConfig
from burnish.train.output import Output
from patience import HANG_S

TRAIN = {DPOConfig: session.train_dpo, SFTConfig: session.train_sft, StudentConfig: session.train_student}
TRAIN |= {TeacherConfig: session.train_teacher, DistilConfig: session.train_distil}


def train_in_two(config: TrainConfig, *, kill_at: int = 0) -> list[int]:
    """Both exit codes. `kill_at` kills the second process once the checkpoint of that step or a later one is whole."""
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["burnish.train.session"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [context.Process(target=_train, args=(rank, port, config, kill_at)) for rank in (0, 1)]
    for one in both:
        one.start()
    ended = wait([one.sentinel for one in both], timeout=HANG_S)
    if any(one.sentinel in ended and one.exitcode for one in both):
        for one in both:
            one.kill()  # as launchers do
    for one in both:
        one.join(HANG_S)
    return [-1 if one.exitcode is None else one.exitcode for one in both]


def _train(rank: int, port: int, config: TrainConfig, kill_at: int) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if kill_at and rank == 1:
        threading.Thread(target=_die_at, args=(Path(config.out), kill_at), daemon=True).start()
    TRAIN[type(config)](config)


def _die_at(out: Path, step: int) -> None:
    while (last := Output(out).last_checkpoint()) is None or last.step < step:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)
