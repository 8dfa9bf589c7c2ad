from __future__ import annotations

from piaa_lightning.report.strata_table import strata_table


def line(method, shots, of, stratum, srocc):
    return {"method": method, "shots": shots, "of": of, "stratum": stratum, "srocc": srocc, "users": 4}


def test_a_row_for_each_method_and_number_of_shots_and_a_column_for_each_stratum():
    table = strata_table(
        [
            line("ridge", 100, "users", "hard", 0.2),
            line("ridge", 10, "images", "other", 0.5),
            line("ba", 10, "users", "other", 0.4),
            line("ridge", 10, "users", "hard", 0.1),
        ]
    )
    assert table.headings == ["method", "shots", "hard users", "other users", "hard images", "other images"]
    assert table.cells == [
        ["ridge", "10", ".100", "–", "–", ".500"],
        ["ba", "10", "–", ".400", "–", "–"],
        ["ridge", "100", ".200", "–", "–", "–"],
    ]
    assert table.ends == {1}


def test_without_strata_there_is_no_table():
    assert strata_table([]) is None
