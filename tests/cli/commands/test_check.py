import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from omegaconf import DictConfig

from piaa_lightning.cli.app import dispatch
from piaa_lightning.cli.commands.check import inspect
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.open_data import read_table
from piaa_lightning.simulation import embedded

from composing import config_of

CSV = "FLICKR-AES_image_labeled_by_each_worker.csv"
SCORES = "FLICKR-AES_image_score.txt"


def configuration(cache, *overrides) -> DictConfig:
    return config_of("mode=check", "data=flickr_aes", "data.size=tiny", f"paths.cache={cache}", *overrides)


class Copy:
    """A copy of the embedded database whose files may be damaged: images are links, so replace, never edit them."""

    def __init__(self, source: Path, root: Path) -> None:
        shutil.copytree(source, root, copy_function=os.link)
        self.root = root
        for name in (CSV, SCORES):
            content = (root / name).read_bytes()
            (root / name).unlink()
            (root / name).write_bytes(content)

    def ratings(self) -> list[list[str]]:
        with (self.root / CSV).open(newline="") as file:
            return list(csv.reader(file))[1:]

    def add_ratings(self, *rows: str) -> None:
        with (self.root / CSV).open("a") as file:
            file.writelines(f"{row}\n" for row in rows)

    def image(self, name: str) -> Path:
        return self.root / "40K" / name

    def replace(self, name: str, content: bytes) -> None:
        self.image(name).unlink()
        self.image(name).write_bytes(content)


@pytest.fixture
def copy(cache, tmp_path):
    return Copy(embedded.ensure("flickr_aes", "tiny", cache), tmp_path / "copy")


@pytest.fixture(scope="module")
def parts(cache):
    """Names of the images of each part of the tiny copy."""
    from hydra.utils import instantiate

    cfg = configuration(cache)
    table = read_table(cfg.data, cache)[0]
    split = instantiate(cfg.data.split)(table)
    return {part: table.image_ids[split.images(part)].tolist() for part in ("train", "val", "test")}


def lines_of(copy, tmp_path, *overrides):
    _, findings, facts = inspect(configuration(tmp_path / "cache", f"data.root={copy.root}", *overrides))
    return {line.what: line for line in findings}, facts


def test_the_embedded_copy_is_fine_and_its_counts_are_right(cache, tmp_path):
    assert dispatch(configuration(cache), tmp_path) is None
    report = json.loads((tmp_path / "check.json").read_text())
    lines = {line["what"]: (line["state"], line["found"]) for line in report["findings"]}
    assert report["wrong"] is False
    assert report["data"] == "flickr_aes, embedded tiny"
    assert lines["images"] == ("ok", "1,316")
    assert lines["users"] == ("ok", "30")
    assert lines["ratings"] == ("ok", "6,589")  # 684 + 4 * 676 + 3,200 and the pair that is there twice
    assert lines["duplicated ratings"] == ("note", "1")
    assert lines["unreadable"] == ("ok", "none")
    assert report["facts"]["images"]["evaluated"] == 1316
    assert sum(report["facts"]["ratings"]["levels"].values()) == pytest.approx(1)
    assert not list((cache / "manifests").rglob("*.part"))


def test_every_damage_is_named(copy, parts, tmp_path):
    gone, cut, twin = parts["train"][:3]
    original = parts["test"][0]
    copy.image(gone).unlink()
    copy.replace(cut, copy.image(cut).read_bytes()[:300])
    copy.replace(twin, copy.image(original).read_bytes())
    shutil.copy(copy.image(original), copy.image("farm1_2_3_unlabelled.jpg"))
    row = copy.ratings()[0]
    copy.add_ratings(",".join(row), *(f"CONSTANT,{name},3" for name in parts["train"][5:25]))
    lines, facts = lines_of(copy, tmp_path)
    assert lines["missing images"].state == "note"
    assert lines["missing images"].found.startswith("1 (0.076 %)")
    assert lines["images without labels"].found == "1"
    assert lines["duplicated ratings"].found == "2"  # and the one that the embedded copy has
    assert (lines["constant users"].state, lines["constant users"].found[:2]) == ("note", "1 ")
    assert lines["unreadable"].state == "WRONG"
    assert cut in lines["unreadable"].found
    assert lines["same bytes"].state == "note"
    assert lines["image in two parts"].state == "WRONG"
    for name in (original, twin):
        assert name in lines["image in two parts"].found
    assert [sorted(group) for group in facts["images"]["same_bytes"]] == [sorted([f"40K/{original}", f"40K/{twin}"])]
    assert list(facts["images"]["unreadable"]) == [f"40K/{cut}"]
    assert {what for what, line in lines.items() if line.state == "WRONG"} == {"unreadable", "image in two parts"}


def test_damage_below_the_limits_is_no_reason_to_stop(copy, parts, tmp_path):
    cut, twin, original = parts["train"][:3]
    copy.replace(cut, b"")
    copy.replace(twin, copy.image(original).read_bytes())
    overrides = [f"data.root={copy.root}", "data.max_broken=0.001"]
    cfg = configuration(tmp_path / "cache", *overrides)
    dispatch(cfg, tmp_path)
    lines = {line["what"]: line for line in json.loads((tmp_path / "check.json").read_text())["findings"]}
    assert lines["unreadable"]["state"] == lines["same bytes"]["state"] == "note"


def test_too_many_missing_images_are_wrong_and_the_rest_is_still_reported(copy, parts, tmp_path):
    for name in parts["train"][:20]:  # of 1,316: 1.5 %
        copy.image(name).unlink()
    lines, _ = lines_of(copy, tmp_path, "check.decode=false")
    assert lines["missing images"].state == "WRONG"
    assert "20 of the 1316 images (1.5 %)" in lines["missing images"].found
    assert lines["images"].found == "1,316"
    assert lines["images opened"].found == "0 of 1,296"


def test_a_rating_out_of_scale_names_the_line_and_fails(copy, tmp_path, capsys):
    name = copy.ratings()[0][1].strip()
    copy.add_ratings(f"SOMEBODY,{name},9")
    cfg = configuration(tmp_path / "cache", f"data.root={copy.root}")
    with pytest.raises(
        UserError, match=rf"must not be trained on.*{CSV}, line \d+: score '9' is not a number in 1\.\.5"
    ):
        dispatch(cfg, tmp_path)
    assert "WRONG" in capsys.readouterr().out
    assert json.loads((tmp_path / "check.json").read_text())["wrong"] is True


def test_a_copy_that_claims_to_be_the_real_one_is_held_against_the_published_counts(copy, tmp_path):
    (copy.root / "EMBEDDED.md").unlink()
    lines, _ = lines_of(copy, tmp_path, "check.decode=false")
    assert [lines[what].state for what in ("images", "users", "ratings")] == ["WRONG"] * 3
    assert "1,316 of the published 40,988" in lines["images"].found


def test_a_sample_opens_no_more_than_asked(copy, tmp_path):
    lines, facts = lines_of(copy, tmp_path, "check.sample=7")
    assert (lines["images opened"].state, lines["images opened"].found) == ("note", "7 of 1,316")
    assert sum(facts["images"]["modes"].values()) == 7
    with pytest.raises(UserError, match=r"check\.sample=-1"):
        lines_of(copy, tmp_path, "check.sample=-1")


def test_the_split_is_the_one_that_a_run_uses(cache, parts, tmp_path):
    from hydra.utils import instantiate

    cfg = configuration(cache, "check.decode=false")
    table = read_table(cfg.data, cache)[0]
    facts = inspect(cfg)[2]["split"]
    assert facts["hash"] == instantiate(cfg.data.split)(table).hash(table)
    assert {part: counts["images"] for part, counts in facts["parts"].items()} == {
        part: len(names) for part, names in parts.items()
    }


def test_a_split_that_cannot_be_made_is_wrong(cache):
    findings = inspect(configuration(cache, "check.decode=false", "data.split.val_users=-1"))[1]
    assert findings[-1].what == "split"
    assert findings[-1].state == "WRONG"
    assert "val_users=-1" in findings[-1].found


def test_an_unknown_mode_names_the_modes(cache, tmp_path):
    with pytest.raises(UserError, match=r"mode=chekc: there is no such mode; choose one of run, check"):
        dispatch(configuration(cache, "mode=chekc"), tmp_path)


def test_the_command_line_checks_without_an_experiment(command, tmp_path):
    done = command("mode=check", "data=flickr_aes", "data.size=tiny")
    assert done.returncode == 0, done.stderr
    assert "Nothing is wrong with it" in done.stdout
    (written,) = (tmp_path / "runs" / "check").glob("*/check.json")
    assert json.loads(written.read_text())["command"].endswith("mode=check data=flickr_aes data.size=tiny")


def test_the_command_line_fails_in_one_sentence(command, copy, parts):
    copy.replace(parts["train"][0], b"no image")
    done = command("mode=check", "data=flickr_aes", f"data.root={copy.root}")
    assert done.returncode == 1
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("piaa_lightning: ")]
    assert "unreadable: 1 " in sentence
    assert parts["train"][0] in sentence
    assert "Traceback" not in done.stderr
