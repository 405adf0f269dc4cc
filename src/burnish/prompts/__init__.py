"""The prompts of FIRE's roles and of judges as files: what each is told, and how it is read back into a conversation.

A prompt is a YAML file beside this one, or a user's own, with the role's `system` message (may be left out), its
`question`, and for a later turn `again`; `${name}` stands for a value. A student's file with a `round` puts all
earlier rounds into one message instead of a conversation. A judge's file says its `task`, and what is put `again` where
its first reply cannot be read. Training and inference both build their conversations here,
so that a model meets exactly the tokens that it learned on.
"""

from burnish.prompts.files import NAMES, OWN, choose, choose_judge, load, save
from burnish.prompts.templates import ComposerPrompt, JudgePrompt, JudgeTask, StudentPrompt, TeacherPrompt

__all__ = [
    "NAMES",
    "OWN",
    "ComposerPrompt",
    "JudgePrompt",
    "JudgeTask",
    "StudentPrompt",
    "TeacherPrompt",
    "choose",
    "choose_judge",
    "load",
    "save",
]
