import pytest

from piaa_lightning.evaluation.published_results import TABLE_AVA, TABLE_I
from piaa_lightning.report.result_tables import published_cell, published_notes, result_tables


def row(method, backbone, shots, srocc, std=None, dropped=0):
    return {"method": method, "backbone": backbone, "shots": shots, "srocc": srocc, "srocc_std_repeats": std,
            "users": 6, "repeats": 2, "users_dropped": dropped}  # fmt: skip


def image_row(method, srocc=0.592, emd=0.05, backbone="vgg16", database="ava, embedded tiny"):
    return {"method": method, "backbone": backbone, "evaluated_on": database, "acc": 0.806, "balanced_acc": None,
            "srocc": srocc, "plcc": 0.6, "emd_r1": emd, "emd_r2": emd, "images": 2000}  # fmt: skip


def trait_rows(method, names="OCEAN", values=(0.1, 0.2, 0.3, 0.4, None), backbone="densenet121"):
    return [
        {"method": method, "backbone": backbone, "evaluated_on": "psychoflickr, embedded tiny", "trait": name,
         "srocc": value, "rmse": 0.5, "users": 12}
        for name, value in zip(names, values, strict=True)
    ]  # fmt: skip


def tables(*rows):
    return result_tables({"data": "flickr_aes, embedded tiny", "rows": list(rows)})


def test_users_fewest_shots_first_with_published_numbers_beside():
    (table,) = tables(row("blg_piaa", "vgg16", 100, 0.5, 0.01), row("blg_piaa", "vgg16", 10, 0.4, 0.02),
                      row("random", "", 10, None))  # fmt: skip
    assert table.headings == ["method", "shots", "SROCC", "users", "published (FLICKR-AES)"]
    assert table.cells == [
        ["blg_piaa", "10", ".400±.020", "6", ".561±.005 ResNet18"],
        ["random", "10", "\u2013", "6", ""],
        ["blg_piaa", "100", ".500±.010", "6", ".669±.013 ResNet18"],
    ]
    assert (table.ends, table.words, table.main, table.published_column) == ({1}, {0, 4}, {2}, 4)
    assert published_notes([table]) == [("published", table.published_note)]


def test_backbones_are_shown_once_there_are_several():
    (table,) = tables(row("a", "alexnet", 5, 0.5), row("a", "resnet18", 5, 0.5))
    assert table.headings == ["method", "backbone", "shots", "SROCC", "users"]
    assert [line[1] for line in table.cells] == ["alexnet", "resnet18"]
    assert published_notes([table]) == []


def test_images_have_a_line_per_network_and_published_ones_under_it():
    (table,) = tables(image_row("NIMA"), image_row("other", emd=None))
    assert table.title == "Images of ava, embedded tiny (2,000 test images)"
    assert table.headings == ["method", "ACC", "SROCC", "PLCC", "EMD r=1", "EMD r=2"]
    assert table.cells == [
        ["NIMA", ".806", ".592", ".600", ".050", ".050"],
        ["published: NIMA(VGG16)", ".806", ".592", "", ".054", ""],
        ["other", ".806", ".592", ".600", "\u2013", "\u2013"],
    ]
    assert (table.ends, table.published_rows, table.main) == (set(), {1}, {2})


def test_one_published_line_stands_under_several_backbones():
    (table,) = tables(*(image_row("NIMA", backbone=name) for name in ("a", "b")), image_row("RAPID", backbone="b"))
    assert [line[0] for line in table.cells] == [
        "NIMA",
        "NIMA",
        "published: NIMA(Inception-v2)",
        "RAPID",
        "published: RAPID",
    ]
    assert table.published_rows == {2, 4}


def test_traits_are_laid_out_as_published():
    (table,) = tables(*trait_rows("PA_IAA"), *trait_rows("single task", values=(0.1, 0.2, 0.3, 0.4, 0.5)))
    assert table.title == "Traits of users of psychoflickr, embedded tiny, SROCC (12 test users)"
    assert table.headings == ["method", *"OCEAN", "mean"]
    assert table.cells == [
        ["PA_IAA", ".100", ".200", ".300", ".400", "\u2013", "\u2013"],
        ["single task", ".100", ".200", ".300", ".400", ".500", ".300"],
        ["published: PA_IAA(DenseNet121)", ".567", ".659", ".722", ".646", ".708", ".660"],
        ["published: DenseNet121(personality)", ".548", ".647", ".711", ".638", ".698", ".648"],
        ["not run: Segalin et al.", ".354", ".535", ".625", ".476", ".613", ".521"],
        ["not run: Guntuku et al.", ".398", ".552", ".679", ".525", ".636", ".558"],
    ]
    assert (table.ends, table.published_rows) == ({1}, {2, 3, 4, 5})
    assert "no method here" in table.published_note


def test_one_row_of_a_published_table_is_no_hole():
    (table,) = tables(*trait_rows("Segalin et al."))
    assert [line[0] for line in table.cells] == ["Segalin et al.", "published: Segalin et al."]
    assert "no method here" not in table.published_note


def test_methods_of_a_published_table_that_were_not_run_stand_at_their_shots():
    shown = [name for name in TABLE_I if name != "PA_IAA"]
    rows = [row(name, "vgg16", shots, 0.5, 0.01) for shots in (100, 10, 5) for name in (*shown, "ridge")]
    (table,) = tables(*rows)
    assert len(table.cells) == len(rows) + 2, "5 shots were not published"
    holes = [line for line in table.cells if "not run" in line]
    assert holes == [
        ["PA_IAA", "10", "not run", "\u2013", ".543±.003"],
        ["PA_IAA", "100", "not run", "\u2013", ".639±.011"],
    ]
    assert [line[1] for line in table.cells] == ["5"] * 13 + ["10"] * 14 + ["100"] * 14
    assert table.ends == {12, 26}


def test_images_that_were_not_run_stand_below():
    names = [known.method for known in TABLE_AVA if "Inception" not in known.method and "Dense" not in known.method]
    (table,) = tables(*(image_row(name) for name in (*names[1:], "single task", "PA_IAA")))
    assert table.cells[-2:] == [
        ["not run: AVA handcrafted features", ".680", "", "", "", ""],
        ["not run: NIMA(Inception-v2)", ".815", ".612", "", ".050", ""],
    ]
    assert "no method here" in table.published_note
    assert len(table.cells) - 1 in table.published_rows


def test_nothing_was_published_for_other_traits():
    (table,) = tables(*trait_rows("PA_IAA", ("mood", "age"), (0.1, 0.2)))
    assert table.headings == ["method", "mood", "age", "mean"]
    assert len(table.cells) == 1
    assert table.published_note == ""


def test_kinds_and_databases_do_not_share_a_table():
    found = tables(*trait_rows("PA_IAA"), image_row("PA_IAA"), image_row("PA_IAA", database="para"),
                   row("PA_IAA", "densenet121", 10, 0.5))  # fmt: skip
    assert [table.kind for table in found] == ["users", "images", "images", "traits"]
    assert [name for name, _ in published_notes(found)] == [
        "published, users",
        "published, images",
        "published, traits",
    ]
    assert "FLICKR-AES" in found[0].published_note
    assert "AVA" in found[1].published_note
    assert "PsychoFlickr" in found[3].published_note
    assert "hypothesis" in found[3].published_note


def test_nothing_makes_no_table():
    assert tables() == []


@pytest.mark.parametrize("made", [{"method": "ridge", "backbone": "resnet18", "shots": 10}, {"method": "NIMA"}])
def test_a_published_cell_is_empty_where_there_is_none(made):
    assert published_cell(made) == ""
