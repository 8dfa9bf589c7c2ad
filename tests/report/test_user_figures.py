import numpy as np
import pytest
from matplotlib import rcParams
from PIL import Image

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.report import style
from piaa_lightning.report import user_figures as figures

pytestmark = pytest.mark.slow


def records(users, methods=("BLG-PIAA", "BA-PIAA"), shots=(10, 100), repeats=2, backbones=("resnet18",)):
    rng = np.random.default_rng(users)
    return [
        Record(m, b, k, r, f"u{u}", k, 20, "srocc", float(rng.uniform(-0.2, 0.9)))
        for b in backbones for m in methods for k in shots for u in range(users) for r in range(repeats)
    ]  # fmt: skip


@pytest.mark.parametrize("users", [1, 6, 210])
def test_individuals_for_few_and_many(tmp_path, users, words):
    svg = figures.test_individuals(records(users), tmp_path / "i.png", "flickr_aes, embedded tiny")
    texts = words(svg)
    assert "flickr_aes, embedded tiny" in texts
    assert {"10 shots", "100 shots"} <= set(texts)
    with Image.open(tmp_path / "i.png") as image:
        assert image.info["dpi"][0] == pytest.approx(150, abs=0.1)
        assert 700 < image.width < 1900


def test_individuals_quote_the_mean_over_users(tmp_path, words):
    some = [
        Record("m $x$", "", 10, r, u, 10, 20, "srocc", v) for u, r, v in (("a", 0, 0.1), ("a", 1, 0.3), ("b", 0, 0.8))
    ]
    some.append(Record("m $x$", "", 10, 1, "b", 10, 20, "srocc", None, "constant ratings"))
    some.append(Record("m $x$", "", 10, 0, "c", 10, 20, "srocc", None, "constant ratings"))
    assert "m $x$  .500" in words(figures.test_individuals(some, tmp_path / "i.png", "d"))  # (.2 + .8) / 2


def test_methods_are_chosen_and_backbones_told_apart(tmp_path, words):
    some = records(3, methods=("a", "b", "c"), backbones=("alexnet", "resnet18"))
    texts = " ".join(words(figures.test_individuals(some, tmp_path / "i.png", "d", ["c", "a"])))
    assert "c (alexnet)" in texts
    assert "a (resnet18)" in texts
    assert "b (" not in texts


def test_nothing_to_draw(tmp_path):
    with pytest.raises(UserError, match="no method has a value"):
        figures.test_individuals(records(2), tmp_path / "i.png", "d", ["absent"])
    with pytest.raises(UserError, match="no row of the summary"):
        figures.summary_bars({"data": "d", "experiment": "e", "rows": []}, tmp_path / "i.png")
    assert list(tmp_path.iterdir()) == []


def test_differences_count_who_gains(tmp_path, words):
    some = [
        Record(m, "", 10, 0, f"u{u}", 10, 20, "srocc", v)
        for m, values in (("a", (0.5, 0.6, 0.3)), ("b", (0.4, 0.4, 0.4)))
        for u, v in enumerate(values)
    ]
    texts = words(figures.differences(some, "a", "b", 10, tmp_path / "d.png", "flickr_aes, embedded tiny"))
    assert "test users, sorted (a is better for 2 of 3)" in texts
    assert "mean +.067" in texts


def test_summary_bars_show_values_and_published_ones(tmp_path, words):
    rows = [
        {"method": m, "backbone": "resnet18", "shots": k, "srocc": v, "srocc_std_repeats": None}
        for m, k, v in (("BLG-PIAA", 10, 0.5432), ("random", 10, -0.01), ("BLG-PIAA", 100, None))
    ]
    svg = figures.summary_bars({"data": "d", "experiment": "e", "rows": rows}, tmp_path / "s.png")
    assert {".543", "\u2212.010", "10 shots", "published, on FLICKR-AES", "d"} <= set(words(svg))
    assert "100 shots" not in words(svg)
    without = figures.summary_bars({"data": "d", "experiment": "e", "rows": rows[1:2]}, tmp_path / "s.png")
    assert "published, on FLICKR-AES" not in words(without)


def test_equal_records_give_equal_bytes_and_settings_come_back(tmp_path):
    before = dict(rcParams)
    images = [figures.test_individuals(records(4), tmp_path / f"{k}.png", "d") for k in (0, 1)]
    assert images[0] == images[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    assert dict(rcParams) == before


def test_ink_follows_the_page(tmp_path):
    svg = figures.test_individuals(records(2), tmp_path / "i.png", "d")
    assert "currentColor" in svg
    assert style.INK not in svg


def test_no_two_of_many_methods_look_alike():
    assert len({style.style(index) for index in range(64)}) == 64


def test_long_names_have_room_where_users_are_few(tmp_path, words):
    names = ("BLG-PIAA from pretrained", "BLG-PIAA from generic")  # a warning of the layout would be an error
    svg = figures.differences(records(6, names), *names, 100, tmp_path / "d.png", "flickr_aes, embedded tiny")
    assert any(names[0] in text for text in words(svg))
