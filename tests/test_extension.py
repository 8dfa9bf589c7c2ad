"""A package of somebody else adds a method, a database, a loss, a metric and a learner, without a change of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from composing import FROM_GENERIC

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.processes]

PYTHON = """
import sys
import numpy as np
import pytorch_lightning as pl
from piaa_lightning import FineTune, GenericAesthetics, MetaLearning, compare, evaluate
from mylab.agreement import TOP
from mylab.huber import huber_loss
from mylab.knn import NearestNeighbours
from mylab.notebook import Notebook
from mylab.query_first import QueryFirstLearner

quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
data = Notebook(sys.argv[1], cache_dir=sys.argv[2], batch_size=8)
generic = GenericAesthetics(backbone="small_cnn", loss=huber_loss)
pl.Trainer(max_epochs=1, accelerator="cpu", **quiet).fit(generic, datamodule=data)
methods = {"knn": NearestNeighbours(generic), "generic": FineTune(generic, steps=[0])}
results = evaluate(methods, data, shots=[5], repeats=2)
frame = results.to_frame()
assert set(frame["method"]) == {"knn", "generic"}, frame
assert np.isfinite(frame["value"]).any()
compare(results, "knn", "generic")
assert TOP.function([0.1, 0.9], [2, 5]) == 1
meta = MetaLearning(generic, learner=QueryFirstLearner)
few = {"support": 12, "query": 8, "min_ratings": 20}
episodes = Notebook(sys.argv[1], cache_dir=sys.argv[2], batch_size=2, view_options=few)
pl.Trainer(max_epochs=1, accelerator="cpu", **quiet).fit(meta, datamodule=episodes)
print("from Python: well")
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Install the package where only these tests find it."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uv", "pip"]
    install = ["install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    copy = tmp_path_factory.mktemp("source") / "mylab"
    subprocess.run(["cp", "-r", str(ROOT / "tests" / "extension"), str(copy)], check=True)
    subprocess.run([*pip, *install, str(copy)], check=True)
    assert (target / "mylab" / "knn.py").is_file()
    paths = os.pathsep.join([str(target), str(ROOT)])
    return {**os.environ, "PYTHONPATH": paths, "PIAA_TARGETS": "mylab", "COLUMNS": "100", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Twelve users rated eighty images: the redder, the better, each in their own way."""
    root, random = tmp_path_factory.mktemp("notebook"), np.random.default_rng(0)
    (root / "images").mkdir()
    red = random.uniform(0, 255, 80)
    for number in range(80):
        pixels = random.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        pixels[..., 0] = red[number]
        Image.fromarray(pixels).save(root / "images" / f"i{number:02}.png")
    lines = [
        f"u{user:02} i{image:02}.png {np.clip(round(1 + 4 * red[image] / 255 + random.normal(0, 0.7)), 1, 5):.0f}"
        for user in range(12)
        for image in range(80)
    ]
    (root / "ratings.txt").write_text("\n".join(lines))
    return root


def run(environment, directory, *arguments):
    found = subprocess.run(
        [sys.executable, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_from_python(environment, notebook, tmp_path):
    script = tmp_path / "use.py"
    script.write_text(PYTHON)
    assert "from Python: well" in run(environment, tmp_path, str(script), str(notebook), str(tmp_path / "cache"))


def test_from_the_command_line(environment, notebook, tmp_path):
    run(
        environment,
        tmp_path,
        *("-m", "piaa_lightning", *FROM_GENERIC, "logger=none", "report.users=0", "shots=[5]"),
        *("data=ratings_csv", "data._target_=mylab.notebook.Notebook", "~data.reader", "~data.split"),
        *(f"data.root={notebook}", f"paths.cache={tmp_path}/cache", f"hydra.run.dir={tmp_path}/run"),
        "+methods.knn={label: nearest, model: ${task.init_from},"
        " personalizer: {_target_: mylab.knn.NearestNeighbours}}",
        *("task.init_from.epochs=1", "task.epochs=1", "task.batch_size=2", "task.init_from.batch_size=8"),
        *("+task.init_from.module.loss._target_=mylab.huber.huber_loss", "+task.init_from.module.loss._partial_=true"),
        *("task.dataset.support=6", "task.dataset.query=4", "task.dataset.min_ratings=8"),
        "task.module.learner._target_=mylab.query_first.QueryFirstLearner",
        "metrics=[usual,mylab.agreement.TOP]",
    )
    records = (tmp_path / "run" / "records.csv").read_text()
    assert "\nnearest," in records
    assert "top_is_liked" in records
