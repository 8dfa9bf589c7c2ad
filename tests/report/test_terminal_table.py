import io

import pytest
from rich.console import Console

from piaa_lightning.report.terminal_table import print_table

SUMMARY = {
    "experiment": "blg_piaa",
    "data": "flickr_aes, embedded demo",
    "split": "30 train, 5 val, 6 test users",
    "split_hash": "0123456789abcdef",
    "rows": [
        {"method": method, "backbone": backbone, "shots": shots, "srocc": 0.5, "srocc_std_repeats": 0.01,
         "users": 6, "repeats": 10, "users_dropped": 1}
        for shots in (10, 100)
        for method, backbone in (("BLG-PIAA", "resnet18"), ("BA-PIAA", "inception_v3"), ("leave-one-out crowd", ""))
    ],
    "comparisons": [
        {"a": "BLG-PIAA", "b": "BA-PIAA", "shots": 10, "difference": 0.012, "ci95": [-0.003, 0.027], "p": 0.08,
         "users": 6, "repeats": 10}
    ],
    "dropped": {"[missing] images": 3},
    "ceiling": 0.812,
}  # fmt: skip


def printed(width=80, encoding="utf-8", summary=SUMMARY):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_table(summary, Console(file=file, width=width, highlight=False))
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("width", [80, 60, 120])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width):
    text = printed(width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count(".500±.010") == 6
    assert "\u2026" not in text


def test_everything_that_must_be_said_is_said():
    text = " ".join(printed(120).split())
    for words in (
        "blg_piaa on flickr_aes, embedded demo",
        "published (FLICKR-AES)",
        ".561±.005 ResNet18",
        ".576±.009 Inception-v3",
        "BLG-PIAA \u2212 BA-PIAA at 10 shots: +.012 [\u2212.003, .027], p = .08 (paired over 6 users x 10 repeats)",
        "SROCC .812",
        "[missing] images: 3",
        "30 train, 5 val, 6 test users (0123456789ab)",
    ):
        assert words in text


def test_a_terminal_without_utf8_gets_the_same_numbers():
    text = printed(encoding="ascii")
    assert ".500+-.010" in text
    assert "[-.003, .027]" in text


def test_a_run_without_comparisons_or_rows():
    text = printed(summary={"experiment": "e", "data": "d", "rows": []})
    assert "nothing" in text


MANY = {
    "experiment": "pa_iaa_generic",
    "data": "ava, embedded demo",
    "rows": [
        *({"method": method, "backbone": backbone, "evaluated_on": "ava, embedded demo", "acc": 0.8,
           "balanced_acc": 0.7,
           "srocc": 0.6, "plcc": 0.6, "emd_r1": 0.05, "emd_r2": 0.07, "images": 2000}
          for method in ("PA_IAA", "single task") for backbone in ("densenet121", "inception_v3")),
        *({"method": method, "backbone": "densenet121", "evaluated_on": "psychoflickr, embedded demo", "trait": trait,
           "srocc": -0.5, "rmse": 0.4, "users": 60}
          for method in ("PA_IAA", "single task") for trait in ("O", "C", "E", "A", "N", "anticipatory_pleasure")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("width", [80, 100])
def test_tables_with_many_columns_stay_readable(width):
    text = printed(width, summary=MANY)
    assert max(map(len, text.splitlines())) <= width
    lines = [line.split() for line in text.splitlines()]
    assert ["single", "task", "densenet121", ".800", ".700", ".600", ".600", ".050", ".070"] in lines
    assert ["single", "task", "densenet121", *["\u2212.500"] * 7] in lines
    assert "Images of ava, embedded demo (2,000 test images)" in text
