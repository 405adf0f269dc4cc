"""Which prompt a role gets: the given one, else its model's own, else the default; and a warning where two disagree."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import ConfigError
from burnish.prompts import OWN, StudentPrompt, TeacherPrompt, choose, load, save


@pytest.fixture
def adapter(tmp_path: Path) -> str:
    """The folder of a student that was trained with scores before its eyes."""
    save(load(StudentPrompt, "pocket-student", sees="feedback"), tmp_path / OWN)
    return str(tmp_path)


def test_the_default_depends_on_the_model() -> None:
    assert choose(StudentPrompt, given=None, model="pocket") == load(StudentPrompt, "pocket-student")
    assert choose(TeacherPrompt, given=None, model="org/name") == load(TeacherPrompt, "fire-teacher")
    served = choose(StudentPrompt, given=None, model="http://here/v1#m", sees="feedback")
    assert served == load(StudentPrompt, "fire-student", sees="feedback")


def test_a_trained_model_keeps_its_own(adapter: str, caplog: pytest.LogCaptureFixture) -> None:
    own = load(StudentPrompt, "pocket-student", sees="feedback")
    assert choose(StudentPrompt, given=None, model="org/name", adapter=adapter) == own
    assert choose(StudentPrompt, given=None, model=adapter) == own  # the merged model
    assert choose(StudentPrompt, given="pocket-student", model="pocket", adapter=adapter, sees="feedback") == own
    assert not caplog.records


@pytest.mark.parametrize(("given", "sees"), [("fire-student", None), (None, "comment")])
def test_another_prompt_is_taken_with_a_warning(adapter: str, given, sees, caplog: pytest.LogCaptureFixture) -> None:
    prompt = choose(StudentPrompt, given=given, model="pocket", adapter=adapter, sees=sees)
    assert prompt == load(StudentPrompt, given or f"{adapter}/{OWN}", sees=sees)
    assert [record.getMessage() for record in caplog.records] == [
        f"{adapter} was trained with the prompt {adapter}/{OWN}, and is given another."
    ]


def test_another_roles_model_is_refused(adapter: str) -> None:
    with pytest.raises(ConfigError, match="is a prompt for the role 'student', and a teacher's is needed"):
        choose(TeacherPrompt, given=None, model="pocket", adapter=adapter)
