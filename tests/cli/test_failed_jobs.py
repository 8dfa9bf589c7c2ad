"""A mistake in one job of a sweep costs that job alone."""

from __future__ import annotations

import pickle
import sys
import warnings
from pathlib import Path

import pytest

from piaa_lightning.__main__ import main
from piaa_lightning.cli import app, failed_jobs
from piaa_lightning.cli.app import JobError
from piaa_lightning.errors import UserError

pytestmark = pytest.mark.slow

# reads the embedded copy, a directory that is none, and the embedded copy again
JOBS = ["-m", "mode=check", "data.size=tiny", "check.decode=false", "data.root=null,/no where,null", "seed=0"]
OTHERS = "The other jobs were done. The same command, typed again, takes over what is finished."


@pytest.mark.parametrize("launcher", ["joblib"])
def test_the_other_jobs_are_done_and_the_status_says_that_one_failed(command, tmp_path, launcher):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    done = command(*JOBS, f"sweep={launcher}", fresh=True)
    assert done.returncode == 1
    sentence = "data.root=/no where: there is no such directory; give the unpacked copy of the database."
    (sweep,) = Path(tmp_path / "runs" / "check").glob("*_sweep")
    assert [(sweep / job / "check.json").exists() for job in "012"] == [True, False, True]
    logs = [(sweep / job / "piaa_lightning.log").read_text() for job in "012"]
    assert [sentence in log for log in logs] == [False, True, False]
    assert (sweep / "1" / "failed.txt").read_text() == f"{sentence}\n"
    assert done.stderr.splitlines()[-1] == f"piaa_lightning: {sentence} This is of job 1. {OTHERS}"
    assert "Traceback" not in done.stderr
    assert "Callback" not in done.stderr


MISTAKES = {  # by the seed of the job that makes it
    1: UserError("What is wrong."),
    2: ValueError("two\nlines"),
    3: MemoryError(),
    4: UserError("latin1_\udce9.jpg: no."),
}


@pytest.fixture
def swept(monkeypatch, tmp_path):
    """Sweep over seeds in this process; some jobs make a mistake. Return the seeds done, and what was said."""

    def run(*arguments, mistakes):
        with warnings.catch_warnings():  # what optuna's own import is warned of
            warnings.simplefilter("ignore")
            import optuna.samplers  # noqa: F401
        done = []

        def dispatch(cfg, directory):
            if cfg.seed in mistakes:
                raise mistakes[cfg.seed]
            done.append(cfg.seed)
            return 0.5

        monkeypatch.setattr(app, "dispatch", dispatch)
        monkeypatch.setattr(failed_jobs, "_sweep", [])
        monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
        words = ["mode=check", "name=s"]
        monkeypatch.setattr(sys, "argv", ["piaa_lightning", *arguments, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return done, str(ended.value)

    return run


def test_whatever_goes_wrong_in_a_job_the_others_are_done(swept, tmp_path):
    done, said = swept("-m", f"paths.runs={tmp_path}", "seed=range(0,6)", mistakes=MISTAKES)
    assert done == [0, 5]
    assert said == (
        "piaa_lightning: What is wrong. This is of job 1. ValueError: two lines. This is of job 2. MemoryError: no more"
        f" is known. This is of job 3. 1 more failed, see failed.txt in their directories. {OTHERS}"
    )
    found = {int(file.parent.name): file.read_text() for file in tmp_path.glob("s/*_sweep/*/failed.txt")}
    assert sorted(found) == sorted(MISTAKES)
    assert found[4] == "latin1_?.jpg: no.\n"


SEARCH = ("hparams_search=optuna", "seed=choice(1,2)")


def test_a_search_goes_on_after_a_trial_that_failed(swept, tmp_path):
    done, said = swept(*SEARCH, f"paths.runs={tmp_path}", "hydra.sweeper.n_trials=3", mistakes={1: MISTAKES[1]})
    failed = list(tmp_path.glob("s/*_sweep/*/failed.txt"))
    assert (len(done), len(failed)) == (done.count(2), 3 - len(done))
    assert failed
    assert said.endswith(OTHERS)
    assert list(tmp_path.glob("s/*_sweep/optimization_results.yaml")), "what it found is kept"


def test_a_search_in_which_every_trial_failed_is_a_sentence(swept, tmp_path):
    _, said = swept(*SEARCH, f"paths.runs={tmp_path}", "hydra.sweeper.n_trials=1", mistakes=MISTAKES)
    assert said.startswith(
        ("piaa_lightning: What is wrong. This is of job 0.", "piaa_lightning: ValueError: two lines.")
    )


def test_what_failed_can_be_carried_between_processes():
    error = pickle.loads(pickle.dumps(JobError("What is wrong.")))
    assert (type(error), str(error)) == (JobError, "What is wrong.")
