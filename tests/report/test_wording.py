import pytest

from piaa_lightning.report.wording import comparison_sentence, decimal, notes, probability, result_table, talk_cell


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


def test_rows_fewest_shots_first_with_the_talk_beside():
    summary = {"rows": [row("blg_piaa", "vgg16", 100, 0.5, 0.01), row("blg_piaa", "vgg16", 10, 0.4, 0.02),
                        row("random", "", 10, None)]}  # fmt: skip
    headings, cells = result_table(summary)
    assert headings == ["method", "shots", "SROCC", "users", "talk (FLICKR-AES)"]
    assert cells == [
        ["blg_piaa", "10", ".400±.020", "6", ".561±.005 ResNet18"],
        ["random", "10", "\u2013", "6", ""],
        ["blg_piaa", "100", ".500±.010", "6", ".669±.013 ResNet18"],
    ]


def test_backbones_are_shown_once_there_are_several():
    headings, cells = result_table({"rows": [row("a", "alexnet", 5, 0.5), row("a", "resnet18", 5, 0.5)]})
    assert headings == ["method", "backbone", "shots", "SROCC", "users"]
    assert [line[1] for line in cells] == ["alexnet", "resnet18"]


def test_generic_runs_have_their_own_columns():
    rows = [{"method": "NIMA", "backbone": "vgg16", "acc": 0.806, "srocc": 0.592, "emd_r1": 0.05, "images": 2000}]
    assert result_table({"rows": rows}) == (
        ["method", "ACC", "SROCC", "EMD r=1", "images"], [["NIMA", ".806", ".592", ".050", "2000"]],
    )  # fmt: skip


def test_talk_cell_is_empty_where_the_talk_has_none():
    assert talk_cell({"method": "ridge", "backbone": "resnet18", "shots": 10}) == ""
    assert talk_cell({"method": "NIMA"}) == ""


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
    assert "talk" not in said
    assert ("left out", "PA_IAA: no traits") in notes(summary | {"left_out": {"PA_IAA": "no traits"}})
    assert dict(notes({"data": "d", "rows": []}))["dropped"] == "nothing"
