"""`burnish train dpo` as a program of its own, to be killed or to be started as several processes."""

import tyro

from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo

if __name__ == "__main__":
    train_dpo(tyro.cli(DPOConfig))
