from piaa_lightning.evaluation.records import Record
from piaa_lightning.report.users_table import users_table


def test_a_line_per_user_the_best_first_and_a_dash_where_there_is_nothing():
    records = [
        Record("a", "", 10, 0, "u", 10, 20, "srocc", 0.1), Record("a", "", 10, 1, "u", 10, 20, "srocc", 0.3),
        Record("a", "", 10, 0, "v", 10, 20, "srocc", 0.5),
        Record("a", "", 10, 1, "v", 10, 20, "srocc", None, "constant"),
        Record("a", "", 10, 0, "w", 10, 20, "srocc", None, "few"), Record("b", "", 10, 0, "w", 10, 20, "srocc", 0.25),
        Record("c", "", 10, 0, "w", 10, 20, "srocc", 0.9),
    ]  # fmt: skip
    table = users_table(records, ["a", "b"])
    assert table.headings == ["user", "a, 10 shots", "b, 10 shots"]
    assert table.cells == [["v", ".500", "–"], ["u", ".200", "–"], ["w", "–", ".250"]]


def test_backbones_have_columns_of_their_own():
    records = [Record("a", net, 10, 0, "u", 10, 20, "srocc", 0.1) for net in ("alexnet", "resnet18")]
    assert users_table(records, ["a"]).headings == ["user", "a (alexnet), 10 shots", "a (resnet18), 10 shots"]
    assert users_table(records, ["absent"]) is None
    assert users_table([], []) is None
