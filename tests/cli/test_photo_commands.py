"""The modes on one's own images, from the composed configuration to files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from piaa_lightning.cli.app import MODES, dispatch
from piaa_lightning.errors import UserError
from piaa_lightning.photos.learning.learnt_prior import LearntPrior
from piaa_lightning.photos.learning.published_model import load_prior
from piaa_lightning.photos.stars.stars import EXIF_RATING
from piaa_lightning.pipeline.publish_model import published_task
from piaa_lightning.pipeline.specs.specs import RunSpec
from tests.photos.conftest import BLUE, RED, draw

from composing import config_of

pytestmark = pytest.mark.slow


SMALL = ("data.size=tiny", "task.epochs=1", "backbone.options={width: 4, features: 8}", "logger=none",
         "trainer.enable_progress_bar=false", "trainer.fast_dev_run=true")  # fmt: skip


def configuration(*overrides):
    return config_of(*overrides)


@pytest.fixture
def do(tmp_path, cache, capsys):
    """Do what a command line asks for; returns the directory that it wrote and what it printed."""

    def run(mode, *overrides) -> tuple[Path, str]:
        directory = tmp_path / f"run_{mode}_{len(list(tmp_path.iterdir()))}"
        cfg = configuration(f"mode={mode}", f"paths.cache={cache}", f"paths.runs={tmp_path / 'runs'}", *overrides)
        capsys.readouterr()
        dispatch(cfg, directory)
        return directory, capsys.readouterr().out

    return run


@pytest.fixture
def photos(tmp_path) -> Path:
    """Red and blue images with stars for some, and files that are none."""
    root = tmp_path / "photos"
    for number in range(6):
        for name, colour, stars in (("red", RED, 1), ("sea", BLUE, 5)):
            exif = Image.Exif()
            if number < 4:
                exif[EXIF_RATING] = stars
            draw(root / name / f"{number}.jpg", colour, number, exif=exif)
    (root / "broken.jpg").write_text("no picture")
    return root


@pytest.fixture
def prior(do, cache) -> str:
    """A published prior, made once for this test session."""
    place = cache / "published_for_tests"
    if not (place / "config.json").exists():
        directory, _ = do("export", "task=generic", "export.programs=false", *SMALL)
        place.parent.mkdir(exist_ok=True)
        (directory / "prior").rename(place)
    return f"prior={place}"


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


def test_the_whole_way(do, photos, prior, tmp_path, caplog):
    before = {path: path.read_bytes() for path in photos.rglob("*.*")}
    user = f"person={tmp_path / 'ana.safetensors'}"
    _, said = do("adapt", f"photos={photos}", "ratings=stars", prior, user)
    assert "learnt from 8 ratings" in said
    assert "Learnt from 8 ratings" in (tmp_path / "ana.md").read_text()
    assert "1 of 13 files were skipped: broken.jpg: this is not an image" in caplog.text

    directory, _ = do("predict", f"photos={photos}", prior, user, "why=true", "group=true")
    ranking = rows(directory / "ranking.csv")
    assert len(ranking) == 12
    assert all(row["image"].startswith("sea") for row in ranking[:6])
    assert all("the average of this folder: " in row["why"] for row in ranking)
    assert all(row["group"] == row["image"] for row in ranking), "no two have one name"
    assert [row["stars"] for row in ranking].count("5") == [row["stars"] for row in ranking].count("1") == 4
    _, said = do("adapt", f"photos={photos}", f"ratings={directory / 'ranking.csv'}", prior, user)
    assert "learnt from 8 ratings" in said, "of a ranking only the stars are somebody's own"
    assert (directory / "contact_sheet.html").read_text().count("data:image/jpeg") == 12

    directory, _ = do("cover", f"photos={photos}", prior, user, "cover.count=3")
    cover = rows(directory / "cover.csv")
    assert cover[0]["image"] == ranking[0]["image"]
    assert len({row["image"] for row in cover}) == 3

    directory, _ = do(
        "crop", f"photos={photos}", prior, user, "crop.write=true", "crop.limit=2", "crop.shapes=['1:1','9:16']"
    )
    crops = rows(directory / "crops.csv")
    assert [row["image"] for row in crops] == [ranking[0]["image"]] * 2 + [ranking[1]["image"]] * 2
    written = sorted((directory / "crops").rglob("*.jpg"))
    assert len(written) == 4
    for row in crops[:2]:
        (file,) = [
            path
            for path in written
            if path.name == f"{Path(row['image']).stem}_jpg_{row['shape'].replace(':', 'x')}.jpg"
        ]
        with Image.open(file) as crop:
            size = crop.size
        assert size == (int(row["right"]) - int(row["left"]), int(row["lower"]) - int(row["upper"]))

    assert before == {path: path.read_bytes() for path in photos.rglob("*.*")}, "originals are never modified"


def test_a_csv_on_another_scale_and_without_a_personal_file(do, photos, prior, tmp_path, caplog):
    (tmp_path / "mine.csv").write_text("image,score\nred/5.jpg,9\nsea/5.jpg,2\ngone.jpg,5\n")
    told = (f"photos={photos}", prior, f"ratings={tmp_path / 'mine.csv'}", "rating_scale=[0,10]")
    directory, _ = do("predict", *told)
    assert "1 ratings are of files that are not in" in caplog.text
    assert rows(directory / "ranking.csv")[0]["image"].startswith("red")
    directory, _ = do("predict", f"photos={photos}", prior)  # nobody's: everybody's order
    ranking = rows(directory / "ranking.csv")
    assert [row["score"] for row in ranking] == [row["generic"] for row in ranking]
    assert {row["stars"] for row in ranking} == {""}


def test_out_of_the_box_nothing_is_trained_and_what_the_order_stands_on_is_said(do, photos, cache, caplog):
    before = {path.name for path in cache.iterdir()}
    directory, _ = do("predict", f"photos={photos}", "ratings=stars")
    assert "what people on a photography site liked on average" in caplog.text
    assert "a photography site" in (directory / "contact_sheet.html").read_text()
    assert {path.name for path in cache.iterdir()} - before <= {"photos"}
    ranking = rows(directory / "ranking.csv")
    assert all(row["image"].startswith("sea") for row in ranking[:6])
    assert [row["rank"] for row in ranking] == [str(place) for place in range(1, 13)]


def test_stars_that_are_all_equal_are_told_of_and_learnt_from(do, photos, prior, tmp_path, caplog):
    (tmp_path / "equal.csv").write_text("image,score\nsea/5.jpg,5\nsea/4.jpg,5\n")
    directory, _ = do("predict", f"photos={photos}", prior, f"ratings={tmp_path / 'equal.csv'}")
    assert "All 2 ratings are 5" in caplog.text
    assert all(row["image"].startswith("sea") for row in rows(directory / "ranking.csv")[:6])


class TestMistakes:
    @pytest.mark.parametrize(
        ("overrides", "words"),
        [
            ((), "say where the photographs are with photos=DIR"),
            (("photos=nowhere",), "does not exist"),
            (("photos=PHOTOS", "prior=nowhere/at/all"), "there is no published model"),
            (("photos=PHOTOS", "data.root=elsewhere"), "publish one of it first with mode=export"),
            (("photos=PHOTOS", "PRIOR", "ratings=nowhere.csv"), "no such file"),
            (("photos=PHOTOS", "PRIOR", "ratings=MISSING"), "rates no photograph that lies in"),
            (("photos=BROKEN", "PRIOR"), "none of the 1 files can be read"),
        ],
    )
    def test_adapting(self, do, photos, prior, tmp_path, overrides, words):
        (tmp_path / "missing.csv").write_text("image,score\ngone.jpg,4\n")
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "a.jpg").write_text("no picture")
        places = {"PHOTOS": photos, "MISSING": tmp_path / "missing.csv",
                  "BROKEN": tmp_path / "broken", "PRIOR": prior}  # fmt: skip
        for name, place in places.items():
            overrides = [override.replace(name, str(place)) for override in overrides]
        with pytest.raises(UserError, match=words):
            do("adapt", *overrides)

    def test_a_personal_file_of_another_list_of_networks(self, do, photos, prior, tmp_path):
        do("adapt", f"photos={photos}", f"person={tmp_path / 'ana.safetensors'}")
        with pytest.raises(UserError, match=r"\(mobilenetv2, nima\) than those of this model \(small_cnn\)"):
            do("predict", f"photos={photos}", prior, f"person={tmp_path / 'ana.safetensors'}")

    def test_nothing_can_be_covered_or_cropped(self, do, photos, prior):
        with pytest.raises(UserError, match="a count from 1"):
            do("cover", f"photos={photos}", prior, "cover.count=0")
        with pytest.raises(UserError, match="is no shape"):
            do("crop", f"photos={photos}", prior, "crop.shapes=[square]")
        with pytest.raises(UserError, match="at least one shape"):
            do("crop", f"photos={photos}", prior, "crop.shapes=[]")

    def test_an_unknown_mode_names_those_there_are(self, do):
        with pytest.raises(UserError, match=", ".join(["run", *MODES])):
            do("dream")

    def test_a_taken_address(self, do, prior):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UserError, match="cannot be listened on"):
            do("web", prior, f"web.port={taken.getsockname()[1]}")


class TestWhatIsPublished:
    @pytest.mark.parametrize(
        ("overrides", "task"),
        [
            ((), "generic"),
            (("experiment=blg_piaa",), "blg"),
            (("experiment=blg_piaa", "export.method=ba"), "generic"),
            (("experiment=pa_iaa",), "pa_iaa"),
            (("experiment=nima_vgg16",), "nima"),
        ],
    )
    def test_the_task_is_the_experiments_first(self, overrides, task):
        assert published_task(RunSpec.of(configuration(*overrides))).name == task

    def test_a_method_without_a_prior_is_said(self):
        with pytest.raises(UserError, match=r"export\.method=crowd: there is no such method with a model; choose"):
            published_task(RunSpec.of(configuration("experiment=blg_piaa", "export.method=crowd")))

    def test_frozen_networks_are_published_without_training(self, do, photos, monkeypatch):
        monkeypatch.setattr("piaa_lightning.pipeline.publish_model.ModelTrainer", None)
        directory, _ = do(
            "export", "experiment=personal", "method=ridge", "export.programs=false", "backbone.frozen=true", *SMALL
        )
        found = load_prior(directory / "prior")
        assert isinstance(found.population, LearntPrior)
        assert "training users of flickr_aes" in found.population.learnt_from
        do("predict", f"photos={photos}", f"prior={directory / 'prior'}")

    def test_a_database_of_averages_assumes_a_covariance(self, do, photos):
        small = [override for override in SMALL if not override.startswith("task")]
        directory, _ = do("export", "experiment=giaa", "export.programs=false", *small)
        found = load_prior(directory / "prior")
        assert "assumption" in found.population.learnt_from
        do("predict", f"photos={photos}", f"prior={directory / 'prior'}", "ratings=stars")

    def test_a_network_that_moves_with_each_user_is_refused(self, do):
        with pytest.raises(UserError, match="is not published; name another method"):
            do("export", "experiment=light_fine_tuning", "export.method=lora", "data.size=tiny")
