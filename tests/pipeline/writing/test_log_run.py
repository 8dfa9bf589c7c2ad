"""What arrives at the loggers, read back from what they wrote offline."""

import json
from pathlib import Path

import numpy as np
import pytest
import wandb
from omegaconf import OmegaConf
from PIL import Image
from pytorch_lightning.loggers import CSVLogger

from piaa_lightning.cli import workspace as make_workspace
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.pipeline.writing.log_run import log_configuration, log_run, may_leave
from piaa_lightning.runtime.loggers import weights_and_biases

from composing import config_of

pytestmark = pytest.mark.slow


ROWS = [
    {"method": "PA_IAA", "backbone": "b", "shots": 10, "srocc": 0.5, "srocc_std_repeats": None, "users": 6},
    {"method": "PA_IAA", "backbone": "b", "evaluated_on": "ava", "acc": 0.8, "srocc": 0.6, "images": 80},
    {"method": "PA_IAA", "backbone": "b", "evaluated_on": "psychoflickr", "trait": "O", "srocc": 0.25, "users": 9},
    {"method": "PA_IAA", "backbone": "b", "evaluated_on": "psychoflickr", "trait": "C", "srocc": None, "users": 9},
]
PAIR = {"a": "PA_IAA", "b": "BA-PIAA", "shots": 10, "difference": 0.1, "ci95": (0.05, 0.15), "p": 0.01}
SUMMARY = {"rows": ROWS, "comparisons": [PAIR]}
RECORDS = [
    Record("PA_IAA", "b", 10, repeat, user, 10, 30, "srocc", value)
    for user, values in (("cafe00000001", (0.25, 0.75)), ("beef00000002", (0.5, 0.5)))
    for repeat, value in enumerate(values)
]


def config(root=None, redistribute=False, other=None):
    databases = {} if other is None else {"aesthetics": {"root": other, "redistribute": False}}
    data = {"name": "flickr_aes", "root": root, "redistribute": redistribute}
    return OmegaConf.create({"seed": 3, "data": data, "databases": databases})


@pytest.fixture
def figures(tmp_path):
    directory = tmp_path / "figures"
    (directory / "images").mkdir(parents=True)
    for name, grey in (("traits", 10), ("images/liked", 200), ("images/gradient_maps", 90)):
        Image.fromarray(np.full((8, 12, 3), grey, np.uint8)).save(directory / f"{name}.png")
    return directory


def logged(tmp_path, cfg, figures, **options):
    """Log offline, and read back tables and images."""
    logger = weights_and_biases(str(tmp_path), "run", "project", offline=True, **options)
    run = logger.experiment
    log_configuration(logger, cfg)
    logger.log_metrics({"train/loss": 1.0})
    log_run(logger, cfg, SUMMARY, RECORDS, figures, 0.125)
    wandb.teardown()  # what is still in its service's hands is written
    tables, shown = {}, {}
    for file in sorted((tmp_path / "wandb").glob("offline-run-*/files/media/table/test/*.table.json")):
        tables[file.name.rsplit("_", 2)[0]] = json.loads(file.read_text())
    for file in (tmp_path / "wandb").glob("offline-run-*/files/media/images/figures/*.png"):
        with Image.open(file) as image:
            shown[file.name.rsplit("_", 2)[0]] = (image.size, image.getpixel((0, 0))[0])
    return run, tables, shown


def test_tables_users_and_images_arrive_in_weights_and_biases(tmp_path, figures):
    run, tables, shown = logged(tmp_path, config(), figures, tags=["flickr_aes", None, "flickr_aes"], group="study")
    assert set(tables) == {"users", "images", "traits", "every_user", "comparisons"}
    assert tables["traits"]["columns"] == ["method", "backbone", "evaluated_on", "trait", "srocc", "users"]
    assert tables["traits"]["data"] == [
        ["PA_IAA", "b", "psychoflickr", "O", 0.25, 9],
        ["PA_IAA", "b", "psychoflickr", "C", None, 9],
    ]
    assert tables["images"]["data"] == [["PA_IAA", "b", "ava", 0.8, 0.6, 80]]
    columns = ["user", "method", "backbone", "shots", "srocc", "srocc_std_repeats", "repeats"]
    assert tables["every_user"]["columns"] == columns
    assert [row[:5] for row in tables["every_user"]["data"]] == [
        ["cafe00000001", "PA_IAA", "b", 10, 0.5],
        ["beef00000002", "PA_IAA", "b", 10, 0.5],
    ]
    assert tables["comparisons"]["data"] == [["PA_IAA", "BA-PIAA", 10, 0.1, "0.0500 to 0.1500", 0.01]]
    assert shown == {"traits": ((12, 8), 10), "liked": ((12, 8), 200), "gradient_maps": ((12, 8), 90)}
    assert run.dir.startswith(str(tmp_path))
    assert (run.group, run.tags) == ("study", ("flickr_aes",))
    assert run.config["seed"] == 3
    sent = next(iter((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))).read_bytes()
    assert sent.index(b"redistribute") < sent.index(b"train/loss"), "a killed run has told its configuration"
    (log,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    sent = log.read_bytes()  # frames of protobuf, names and numbers in plain letters
    for name, value in (("test/PA_IAA/10 shots", b"0.5"), ("val/objective", b"0.125")):
        place = sent.index(name.encode())
        assert value in sent[place : place + len(name) + 12], name


@pytest.mark.parametrize(
    ("cfg", "leaves"),
    [
        (config(), True),
        (config("images"), False),
        (config("images", redistribute=True), True),
        (config("images", redistribute=True, other="more"), False),
        (config(other="more"), False),
    ],
)
def test_images_and_names_leave_only_where_the_database_may_be_passed_on(tmp_path, figures, cfg, leaves):
    assert may_leave(cfg) is leaves
    if leaves:
        return
    _, tables, shown = logged(tmp_path, cfg, figures)
    assert set(shown) == {"traits"}
    assert [row[0] for row in tables["every_user"]["data"]] == ["user 2", "user 1"]
    written = b"".join(file.read_bytes() for file in (tmp_path / "wandb").rglob("*") if file.is_file())
    assert b"cafe00000001" not in written


def test_a_resumed_run_continues_under_its_id_and_another_has_its_own(tmp_path, monkeypatch):
    first = weights_and_biases(str(tmp_path / "a"), "run", "project", offline=True)
    again = weights_and_biases(str(tmp_path / "a"), "run", "project", offline=True)
    other = weights_and_biases(str(tmp_path / "b"), "run", "project", offline=True)
    ids = [logger._wandb_init["id"] for logger in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert (tmp_path / "a" / "checkpoints" / "wandb_run_id").read_text() == ids[0]
    assert {logger._wandb_init["resume"] for logger in (first, again, other)} == {"allow"}
    assert first._wandb_init["group"] == "run", "runs of one name stand together where no study is named"
    monkeypatch.setenv("WANDB_SWEEP_ID", "s")  # an agent names its runs itself
    assert weights_and_biases(str(tmp_path / "c"), "run", "project", offline=True)._wandb_init["id"] is None


def test_other_loggers_get_every_number_under_a_name_of_its_own(tmp_path, figures):
    logger = CSVLogger(str(tmp_path), "run", version="")
    log_run(logger, config(), SUMMARY, RECORDS, figures, None)
    header, values = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    found = dict(zip(header.split(","), values.split(","), strict=True))
    assert {name: float(value) for name, value in found.items() if name.startswith(("test/", "val/"))} == {
        "test/PA_IAA/10 shots": 0.5,
        "test/PA_IAA": 0.6,
        "test/PA_IAA/acc": 0.8,
        "test/PA_IAA/O": 0.25,
    }


def composed(*overrides):
    return config_of("experiment=blg_piaa", "mode=workspace", *overrides)


def test_a_workspace_shows_a_studys_runs_by_what_its_experiment_logs():
    pytest.importorskip("wandb_workspaces")
    made = make_workspace.workspace(composed("study=backbones", "workspace.entity=me"))
    view = json.loads(made._to_model().model_dump_json())
    assert (view["entity"], view["project"]) == ("me", "piaa_lightning")
    text = json.dumps(view)
    for expected in (
        "test/BLG-PIAA from pretrained/10 shots", "test/BA-PIAA/100 shots",
        "blg/users", "blg/val/srocc", "generic/val/srocc",
        "figures/gradient_maps", "test/every_user", "backbones",
    ):  # fmt: skip
        assert expected in text, expected


@pytest.mark.parametrize("given", [[], ["study=s"], ["workspace.entity=me"]])
def test_a_workspace_needs_a_study_and_an_owner(given):
    with pytest.raises(UserError, match="name the study and who owns the project"):
        make_workspace.make_workspace(composed(*given), Path())


def test_a_workspace_needs_a_key_and_the_extra(monkeypatch):
    monkeypatch.setattr(make_workspace, "has_key", lambda: False)
    asked = composed("study=s", "workspace.entity=me")
    pytest.importorskip("wandb_workspaces")
    with pytest.raises(UserError, match="no key for Weights & Biases is configured"):
        make_workspace.make_workspace(asked, Path())
    monkeypatch.setattr(make_workspace, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'piaa-lightning\[wandb\]'"):
        make_workspace.make_workspace(asked, Path())
