import json

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image
from pytorch_lightning.loggers import CSVLogger

from piaa_lightning.loggers import weights_and_biases
from piaa_lightning.stages.write_run import _log

ROWS = [
    {"method": "PA_IAA", "backbone": "b", "shots": 10, "srocc": 0.5, "srocc_std_repeats": None, "users": 6},
    {"method": "PA_IAA", "backbone": "b", "judged_on": "ava", "acc": 0.8, "srocc": 0.6, "images": 80},
    {"method": "PA_IAA", "backbone": "b", "judged_on": "psychoflickr", "trait": "O", "srocc": 0.25, "users": 9},
    {"method": "PA_IAA", "backbone": "b", "judged_on": "psychoflickr", "trait": "C", "srocc": None, "users": 9},
]
CFG = OmegaConf.create({"seed": 3})


@pytest.fixture
def figures(tmp_path):
    directory = tmp_path / "figures"
    directory.mkdir()
    for name, grey in (("traits", 10), ("liked", 200)):
        Image.fromarray(np.full((8, 12, 3), grey, np.uint8)).save(directory / f"{name}.png")
    return directory


def test_pictures_and_a_table_of_each_kind_arrive_in_weights_and_biases(tmp_path, figures):
    logger = weights_and_biases(str(tmp_path), "run", "project", offline=True)
    media = logger.experiment.dir  # before it is finished
    _log(logger, CFG, {"rows": ROWS}, figures)
    tables = {}
    for file in sorted((tmp_path / "wandb").glob("offline-run-*/files/media/table/test/*.table.json")):
        tables[file.name.split("_")[0]] = json.loads(file.read_text())
    assert set(tables) == {"people", "pictures", "traits"}
    assert tables["traits"]["columns"] == ["method", "backbone", "judged_on", "trait", "srocc", "users"]
    assert tables["traits"]["data"] == [
        ["PA_IAA", "b", "psychoflickr", "O", 0.25, 9],
        ["PA_IAA", "b", "psychoflickr", "C", None, 9],
    ]
    assert tables["pictures"]["data"] == [["PA_IAA", "b", "ava", 0.8, 0.6, 80]]
    shown = {}
    for file in (tmp_path / "wandb").glob("offline-run-*/files/media/images/figures/*.png"):
        with Image.open(file) as picture:
            shown[file.name.split("_")[0]] = (picture.size, picture.getpixel((0, 0))[0])
    assert shown == {"traits": ((12, 8), 10), "liked": ((12, 8), 200)}
    assert media.startswith(str(tmp_path))


def test_other_loggers_get_every_number_under_a_name_of_its_own(tmp_path, figures):
    logger = CSVLogger(str(tmp_path), "run", version="")
    _log(logger, CFG, {"rows": ROWS}, figures)
    header, values = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    found = dict(zip(header.split(","), values.split(","), strict=True))
    assert {name: float(value) for name, value in found.items() if name.startswith("test/")} == {
        "test/PA_IAA/10 shots": 0.5,
        "test/PA_IAA": 0.6,
        "test/PA_IAA/O": 0.25,
    }
