"""Configurations of `burnish bench standard NAME`; light, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.standard.configs import MissingTasks, Protocol
from burnish.config import RunFlags, place, runtime
from burnish.contrast import ContrastFlags
from burnish.errors import ConfigError
from burnish.models import Decoding, ModelOptions
from burnish.sources.sharding import Shard

MmePrompt: TypeAlias = Literal["own", "llava"]
VqaSplit: TypeAlias = Literal["val2014", "test-dev2015", "test2015"]
OcrTokens: TypeAlias = Literal["rosetta", "none"]
ValOrTest: TypeAlias = Literal["val", "test"]
DevOrTest: TypeAlias = Literal["dev", "test"]
Language: TypeAlias = Literal["en", "cn"]


@dataclass(frozen=True, kw_only=True)
class AskConfig(ContrastFlags, ModelOptions, RunFlags):
    """What every `burnish bench standard NAME` has."""

    benchmark: ClassVar[str]
    data: str = place()
    """Folder with the files of the official release under their own names, or `huggingface:PATH` of a data set that
    holds questions and pictures (with `#split=` and `#config=` where it has several)."""
    images: str | None = runtime(None)
    """Folder of the pictures, where they do not lie under --data as the official release unpacks them."""
    limit: int | None = None
    """Questions taken, drawn by --seed; what is scored together counts as one (all rotations of a question of MMBench,
    all questions about a picture of MME or POPE). All of them without it."""
    seed: int = 0
    """Decides the order of the questions, and which are taken."""
    shard: str | None = runtime(None)
    """Ask part I of N alone, as I/N: the same records as in the whole run, whose parts `burnish merge` joins and
    scores."""
    max_new_tokens: int = 128
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise ConfigError("--data is empty: give the folder of the official files, or huggingface:PATH.")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit must be at least 1, not {self.limit}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")
        if self.shard is not None:
            Shard.parse(self.shard)
        self.refuse_contrast(self.model, "--model")
        self.decoding  # noqa: B018 - checks its value

    @property
    def decoding(self) -> Decoding:
        """How answers are generated: greedily, alone or by contrast."""
        return Decoding(max_new_tokens=self.max_new_tokens, contrast=self.contrast_by(self.seed))


@dataclass(frozen=True, kw_only=True)
class AskPopeConfig(AskConfig):
    """Ask POPE's questions: yes or no, in splits of objects chosen in three ways."""

    benchmark = "pope"
    splits: tuple[str, ...] = ("random", "popular", "adversarial")
    """The splits that are asked, all in one run: of each, --data has one file, such as coco_pope_random.json."""
    protocol: Protocol = "llava"
    """`llava` asks for a single word and drops the end token before reading; `seva` asks the bare question and leaves
    the end token on the answer, as SeVa did. Numbers of the two are not comparable."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.splits or len(set(self.splits)) < len(self.splits):
            raise ConfigError(
                f"--splits needs names, each once, such as random, not {' '.join(self.splits) or 'none'}."
            )


@dataclass(frozen=True, kw_only=True)
class AskMmeConfig(AskConfig):
    """Ask MME's questions: two a picture, in ten tasks of perception and four of cognition."""

    benchmark = "mme"
    prompt: MmePrompt = "own"
    """`own` asks MME's own words, which end with "Please answer yes or no."; `llava` puts its request for a single
    word in that sentence's place."""
    missing: MissingTasks = "refuse"
    """What is done where tasks have no folder: refuse to ask, or sum the others."""


@dataclass(frozen=True, kw_only=True)
class AskVqav2Config(AskConfig):
    """Ask VQAv2's questions; those of val2014 are scored, for the others a submission is written."""

    benchmark = "vqav2"
    split: VqaSplit = "val2014"
    """Which questions are asked."""


@dataclass(frozen=True, kw_only=True)
class AskTextvqaConfig(AskConfig):
    """Ask TextVQA's validation questions."""

    benchmark = "textvqa"
    ocr: OcrTokens = "rosetta"
    """Whether the words that the OCR system Rosetta read stand in the question, as in LLaVA's evaluation. Numbers with
    and without are not comparable."""


@dataclass(frozen=True, kw_only=True)
class AskVizwizConfig(AskConfig):
    """Ask VizWiz's questions; those of val are scored, for test a submission is written."""

    benchmark = "vizwiz"
    split: ValOrTest = "val"
    """Which questions are asked."""


@dataclass(frozen=True, kw_only=True)
class AskGqaConfig(AskConfig):
    """Ask GQA's balanced testdev questions."""

    benchmark = "gqa"


@dataclass(frozen=True, kw_only=True)
class AskScienceqaConfig(AskConfig):
    """Ask ScienceQA's questions with a picture."""

    benchmark = "scienceqa"
    split: str = "test"
    """The split of pid_splits.json that is asked."""
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


@dataclass(frozen=True, kw_only=True)
class AskMmbenchConfig(AskConfig):
    """Ask MMBench's questions, each rotation of the options that its table has; dev is scored, test is submitted."""

    benchmark = "mmbench"
    language: Language = "en"
    """English, or Chinese (MMBench-CN)."""
    split: DevOrTest = "dev"
    """Which table is asked."""
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


@dataclass(frozen=True, kw_only=True)
class AskSeedConfig(AskConfig):
    """Ask SEED-Bench's questions about pictures."""

    benchmark = "seed"


@dataclass(frozen=True, kw_only=True)
class AskMmvetConfig(AskConfig):
    """Ask MM-Vet's questions, for a judge to score."""

    benchmark = "mmvet"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


@dataclass(frozen=True, kw_only=True)
class AskLlavaBenchConfig(AskConfig):
    """Ask LLaVA-Bench's (in the wild) questions, for a judge to review."""

    benchmark = "llava-bench"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


@dataclass(frozen=True, kw_only=True)
class AskShrConfig(AskConfig):
    """Ask for a detailed description of each of SHR's pictures, for a judge to label."""

    benchmark = "shr"
    max_new_tokens: int = 512
    """Longest description, in tokens."""
    beams: int = 5
    """Beams of the search for a description, as SHR's authors have them; 1 is greedy, as a model at an endpoint needs
    it. Numbers with different beams are not comparable."""

    @property
    def decoding(self) -> Decoding:
        """By beam search."""
        return replace(super().decoding, beams=self.beams)
