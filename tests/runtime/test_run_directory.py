from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.run_directory import ALIVE, run_directory


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "runs"


def config(home, resume="auto", **changes):
    keys = {
        "name": "study",
        "seed": 1,
        "rate": 1e-5,
        "command": "typed",
        "resume": resume,
        "paths": {"runs": str(home)},
    }
    return OmegaConf.create({**keys, **changes})


def begun(home, place, **changes) -> Path:
    """Begin a run and cut it off."""
    with run_directory(config(home, None, **changes), home / "study" / place) as directory:
        return directory


def chosen(cfg, directory) -> Path:
    with run_directory(cfg, directory) as found:
        return found


def test_a_run_is_written_where_hydra_says_and_its_configuration_comes_first(home):
    with run_directory(config(home, None), home / "study" / "a") as directory:
        assert directory == home / "study" / "a"
        assert OmegaConf.load(directory / "config.yaml").rate == 1e-5


def test_without_resume_a_run_is_never_gone_on_with(home):
    begun(home, "a")
    assert chosen(config(home, None), home / "study" / "b") == home / "study" / "b"


def test_auto_goes_on_with_the_newest_unfinished_run_of_the_same_configuration(home):
    for name in ("2026-01-01", "2026-01-03", "2026-01-02_sweep/0", "2026-01-05"):
        begun(home, name)
    begun(home, "2026-01-04", seed=2)
    (home / "study" / "2026-01-05" / "summary.json").touch()
    new = home / "study" / "2026-01-06"
    # what was typed, where it is written and whether it is a continuation are no part of what a run is
    assert chosen(config(home, command="another"), new) == home / "study" / "2026-01-03"
    (home / "study" / "2026-01-03" / "summary.json").touch()
    assert chosen(config(home), new) == home / "study" / "2026-01-02_sweep" / "0"


def test_auto_goes_on_in_its_own_directory_first(home):
    begun(home, "a")
    begun(home, "b")
    assert chosen(config(home), home / "study" / "a") == home / "study" / "a"


def test_auto_begins_where_there_is_nothing_to_go_on_with(home):
    begun(home, "a", seed=2)
    begun(home, "b", name="another")
    (home / "study" / "c").mkdir()
    (home / "study" / "c" / "config.yaml").write_bytes(b"\xff: [")
    assert chosen(config(home), home / "study" / "d") == home / "study" / "d"


def test_a_run_that_a_living_process_writes_is_left_alone(home):
    begun(home, "a")
    with run_directory(config(home), home / "study" / "b") as directory:
        assert directory == home / "study" / "a"
        assert chosen(config(home), home / "study" / "b") == home / "study" / "b"
        with pytest.raises(UserError, match=r"another process is writing this run; wait for it"):
            chosen(config(home, str(directory)), home / "study" / "c")
        with pytest.raises(UserError, match=r"another process is writing a run there"):
            chosen(config(home, None), directory)
    assert chosen(config(home, str(directory)), home / "study" / "c") == directory, "the lock went with the run"


def test_a_killed_process_lets_go_of_its_run(home):
    directory = begun(home, "a")
    program = (
        "import fcntl, os, signal, sys\n"
        "file = open(sys.argv[1], 'ab')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(directory / ALIVE)], check=False)
    assert done.returncode == -9
    assert chosen(config(home), home / "study" / "b") == directory


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda run: None, None),
        (lambda run: (run / "config.yaml").unlink(), r"there is no run \(no config\.yaml\)"),
        (lambda run: (run / "config.yaml").write_text("a: ["), r"its config\.yaml cannot be read"),
        # found by fuzzing
        (lambda run: (run / "config.yaml").write_text("9" * 5000), r"its config\.yaml cannot be read"),
        (lambda run: (run / "config.yaml").write_text("[" * 5000), r"its config\.yaml cannot be read"),
        (lambda run: (run / "config.yaml").write_text("seed: 1"), r"that run has another name; compose the same"),
        (lambda run: (run / "summary.json").touch(), r"this run is finished; leave resume out"),
    ],
)
def test_a_named_directory_is_gone_on_in_or_a_sentence_says_why_not(home, spoil, sentence):
    run = begun(home, "a")
    spoil(run)
    cfg = config(home, str(run))
    if sentence is None:
        assert chosen(cfg, home / "study" / "b") == run
        return
    with pytest.raises(UserError, match=rf"^resume={run}: {sentence}"):
        chosen(cfg, home / "study" / "b")
