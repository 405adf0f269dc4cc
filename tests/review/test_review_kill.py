"""A saved rating is there after the server was killed a moment later, and the same links go on."""

from __future__ import annotations

from pathlib import Path

import httpx
from review_runs import dialogues_run
from served import flags, served

from burnish.review.database import open_database
from burnish.review.ratings import read_ratings
from patience import HANG_S, get


def test_a_saved_rating_survives_kill_9_of_the_server(store: str, tmp_path: Path) -> None:
    run = dialogues_run(tmp_path / "run")
    with served(*flags(run.path, store)) as server:
        first, second = (link.removeprefix(server.url) for link in server.links())
        with httpx.Client(base_url=server.url, timeout=HANG_S) as client:
            client.put(f"{first}/1/feedback-1", json={"value": "4"}).raise_for_status()
            client.put(f"{second}/1/feedback-1", json={"value": "2"}).raise_for_status()
            server.kill()
    with open_database(store) as engine:
        assert sorted(rating.value for rating in read_ratings(engine)) == ["2", "4"]
    with served(*flags(run.path, store)) as server:
        assert {link.removeprefix(server.url) for link in server.links()} == {first, second}
        assert 'value="4" required checked' in get(f"{server.url}{first}/1").text
