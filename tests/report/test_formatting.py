import pytest

from piaa_lightning.report.formatting import comparison_sentence, decimal, mean_of, notes, probability


@pytest.mark.parametrize(
    ("value", "signed", "expected"),
    [
        (0.5614, False, ".561"),
        (0.0124, True, "+.012"),
        (-0.0031, False, "\u2212.003"),
        (1.0, False, "1.000"),
        (-0.00004, True, ".000"),
        (None, False, "\u2013"),
        (float("nan"), True, "\u2013"),
    ],
)
def test_decimal(value, signed, expected):
    assert decimal(value, signed) == expected


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0004, "p < .001"),
        (0.0042, "p = .004"),
        (0.0099, "p = .01"),
        (0.08, "p = .08"),
        (0.994, "p = .99"),
        (1, "p = 1"),
    ],
)
def test_probability(p, expected):
    assert probability(p) == expected


COMPARISON = {"a": "BLG-PIAA", "b": "BA-PIAA", "shots": 10, "difference": 0.0121, "ci95": [-0.003, 0.027], "p": 0.08}


def test_comparison_in_the_words_that_were_agreed():
    full = COMPARISON | {"users": 37, "repeats": 10}
    assert comparison_sentence(full) == (
        "BLG-PIAA \u2212 BA-PIAA at 10 shots: +.012 [\u2212.003, .027], p = .08 (paired over 37 users x 10 repeats)"
    )
    assert comparison_sentence(COMPARISON).endswith("p = .08")
    assert "p = .08, Holm = .16 (paired" in comparison_sentence(full | {"p_holm": 0.16})
    assert "Holm" not in comparison_sentence(full | {"p_holm": 0.08})


def test_two_backbones_of_one_method_are_told_apart():
    words = comparison_sentence(COMPARISON | {"b": "BLG-PIAA", "backbone_a": "alexnet", "backbone_b": "resnet18"})
    assert words.startswith("BLG-PIAA (alexnet) \u2212 BLG-PIAA (resnet18) at")


def row(method, backbone, shots, srocc, std=None, dropped=0):
    return {"method": method, "backbone": backbone, "shots": shots, "srocc": srocc, "srocc_std_repeats": std,
            "users": 6, "repeats": 2, "users_dropped": dropped}  # fmt: skip


def test_notes_name_data_split_ceiling_and_losses():
    summary = {"data": "flickr_aes, embedded demo", "split": "by user", "split_hash": "a" * 64, "ceiling": 0.812,
               "dropped": {"missing images": 3, "nothing of these": 0},
               "rows": [row("m", "resnet18", 10, 0.5, 0.1, 2)]}  # fmt: skip
    said = dict(notes(summary))
    assert said["data"] == "flickr_aes, embedded demo"
    assert said["split"] == f"by user ({'a' * 12})"
    assert said["backbone"] == "resnet18"
    assert ".812" in said["ceiling"]
    assert said["dropped"] == "missing images: 3, users without a value: up to 2 in a row of the table"
    assert "published" not in said
    assert ("left out", "PA_IAA: no traits") in notes(summary | {"left_out": {"PA_IAA": "no traits"}})
    assert dict(notes({"data": "d", "rows": []}))["dropped"] == "nothing"


def test_a_database_under_two_names_is_noted_once():
    other = {"data": "ava", "split": "official", "split_hash": "a" * 64, "dropped": {}}
    summary = {"data": "ava", "split": "official", "split_hash": "a" * 64, "rows": [],
               "databases": {"aesthetics": other, "personality": other | {"data": "psychoflickr"}}}  # fmt: skip
    said = dict(notes(summary))
    assert "aesthetics" not in said
    assert said["personality"] == f"psychoflickr: official ({'a' * 12})"


def test_a_mean_needs_all_its_numbers():
    assert mean_of([0.1, 0.3]) == pytest.approx(0.2)
    assert mean_of([0.1, None]) is None
    assert mean_of([0.1, float("nan")]) is None
    assert mean_of([]) is None
