"""``mode=web``: where ratings are kept, and whose."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from piaa_lightning.cli.commands.web import serve_page
from piaa_lightning.errors import UserError
from piaa_lightning.photos.schema import WebKeys
from piaa_lightning.users.home import Home
from piaa_lightning.users.rating_log import RatingLog, Said
from tests.cli.commands.test_people import trips  # noqa: F401  (fixture)
from tests.cli.test_piaa import do, model  # noqa: F401  (fixtures)


@pytest.fixture
def serve(tmp_path, model, monkeypatch):  # noqa: F811
    """Compose the keys, and return what would be served."""
    monkeypatch.setenv("PIAA_DATA", str(tmp_path / "data"))
    served = []

    def instead(listening, model, sessions, cache, folder, note, limits, alone):
        listening.socket.close()
        served.append((sessions, alone))

    monkeypatch.setattr("piaa_lightning.web.serve.serve", instead)

    def serve(person=None, **web):
        keys = {"photos": None, "person": person, "prior": model, "paths": {"runs": str(tmp_path / "runs"), "cache": str(tmp_path / "c")}}  # fmt: skip # noqa: E501
        serve_page(OmegaConf.create({**keys, "web": {**vars(WebKeys()), "port": 0, **web}}), tmp_path)
        return served[-1]

    return serve


def test_on_this_machine_alone_everybody_is_at_home(serve, tmp_path):
    assert serve() == (tmp_path / "data" / "people", True)
    assert serve(sessions=str(tmp_path / "there")) == (tmp_path / "there", True)


@pytest.mark.parametrize("web", [{"host": "0.0.0.0"}, {"token": "secret"}])
def test_visitors_of_a_shared_page_keep_what_is_theirs(serve, tmp_path, web):
    assert serve(**web) == (tmp_path / "runs" / "sessions", False)


def test_ratings_of_earlier_versions_are_found_and_named(serve, tmp_path, capsys):
    RatingLog(tmp_path / "runs" / "sessions" / "0" / "ratings.jsonl").say("me", {"a": Said(3)})
    serve()
    assert f"`piaa people import {tmp_path / 'runs' / 'sessions'}` takes them over." in capsys.readouterr().out


def test_a_personal_file_is_taken_in_and_on_a_shared_page_refused(serve, do, trips, model, tmp_path):  # noqa: F811
    do("learn", trips[0], "--ratings", "table.csv", "--model", model, "--person", "ana.safetensors")
    serve(person=str(tmp_path / "ana.safetensors"))
    assert len(Home(tmp_path / "data" / "people").log.stars("ana")) == 4
    with pytest.raises(UserError, match="takes nobody's taste"):
        serve(person=str(tmp_path / "ana.safetensors"), host="0.0.0.0")
