import pytest

from piaa_lightning.evaluation.published_results import (
    TABLE_AVA,
    TABLE_I,
    TABLE_II,
    TABLE_TRAITS,
    PublishedNumber,
    big_five,
    missing_images,
    missing_methods,
    missing_traits,
    published_images,
    published_images_of,
    published_number,
    published_traits,
)


@pytest.mark.parametrize(
    ("method", "backbone", "shots", "expected"),
    [
        ("BLG-PIAA", "resnet18", 10, PublishedNumber("BLG-PIAA", "ResNet18", 10, 0.561, 0.005)),
        ("blg_piaa", "inception_v3.tv_in1k", 100, PublishedNumber("BLG-PIAA", "Inception-v3", 100, 0.651, 0.016)),
        ("ba_piaa", "alexnet", 10, PublishedNumber("BA-PIAA", "AlexNet", 10, 0.491, 0.002)),
        ("BA-PIAA", "resnet18.a1_in1k", 100, PublishedNumber("BA-PIAA", "ResNet18", 100, 0.583, 0.006)),
        ("BLG-PIAA", "mobilenetv2_100", 100, PublishedNumber("BLG-PIAA", "ResNet18", 100, 0.669, 0.013)),
        ("pa_iaa", "densenet121", 100, PublishedNumber("PA_IAA", "", 100, 0.639, 0.011)),
        ("USAR PPR & PAD", "", 10, PublishedNumber("USAR_PPR&PAD", "", 10, 0.525, 0.004)),
        ("BLG-PIAA", "resnet18", 20, None),
        ("BLG-PIAA from pretrained", "resnet18", 10, PublishedNumber("BLG-PIAA", "ResNet18", 10, 0.561, 0.005)),
        ("blg_piaa_authors", "resnet18", 10, None),
        ("random", "", 10, None),
    ],
)
def test_cells(method, backbone, shots, expected):
    assert published_number(method, backbone, shots) == expected


def test_tables_agree_but_for_the_one_known_slip():
    for method in ("BA-PIAA", "BLG-PIAA"):
        ten, hundred = TABLE_II[method, "ResNet18"]
        assert TABLE_I[method][0] == ten
        assert TABLE_I[method][1][0] == hundred[0]
    # "3.7 % and 8.6 % improvement", the talk says of BLG-PIAA over BA-PIAA
    gains = [TABLE_I["BLG-PIAA"][k][0] - TABLE_I["BA-PIAA"][k][0] for k in (0, 1)]
    assert gains == pytest.approx([0.037, 0.086])


@pytest.mark.parametrize(
    ("method", "backbone", "expected"),
    [
        ("PA_IAA", "densenet121", ("PA_IAA(DenseNet121)", 0.829, 0.666, 0.049)),
        ("pa_iaa", "inception_v3.tv_in1k", ("PA_IAA(Inception-v3)", 0.837, 0.677, 0.047)),
        ("PA_IAA", "resnet18", ("PA_IAA(Inception-v3)", 0.837, 0.677, 0.047)),
        ("single task", "densenet121", ("DenseNet121(aesthetics)", 0.805, 0.630, 0.051)),
        ("giaa", "small_cnn", ("Inception-v3(aesthetics)", 0.809, 0.638, 0.050)),
        ("densenet121_aesthetics", "densenet121", ("DenseNet121(aesthetics)", 0.805, 0.630, 0.051)),
        ("nima_vgg16", "vgg16", ("NIMA(VGG16)", 0.806, 0.592, 0.054)),
        ("NIMA", "bn_inception", ("NIMA(Inception-v2)", 0.815, 0.612, 0.050)),
        ("ILGNet", "", ("ILGNet", 0.827, None, None)),
        ("RAPID", "", ("RAPID", 0.745, None, None)),
        ("BLG-PIAA", "resnet18", None),
        ("personality", "densenet121", None),
    ],
)
def test_rows_of_images(method, backbone, expected):
    row = published_images(method, backbone)
    assert (row and (row.method, row.acc, row.srocc, row.emd)) == expected


@pytest.mark.parametrize(
    ("method", "backbone", "expected"),
    [
        ("PA_IAA", "densenet121", [0.567, 0.659, 0.722, 0.646, 0.708]),
        ("PA_IAA", "small_cnn", [0.555, 0.668, 0.715, 0.662, 0.717]),
        ("single task", "densenet121", [0.548, 0.647, 0.711, 0.638, 0.698]),
        ("personality", "inception_v3", [0.536, 0.654, 0.703, 0.651, 0.709]),
        ("giaa", "inception_v3", None),
    ],
)
def test_rows_of_traits(method, backbone, expected):
    row = published_traits(method, backbone)
    assert (row and list(row.srocc.values())) == expected


def test_the_tables_are_whole():
    assert len(TABLE_AVA) == 25
    assert len({row.method for row in TABLE_AVA}) == 25
    assert sum(row.srocc is None for row in TABLE_AVA) == 12
    assert [row.emd for row in TABLE_AVA if row.emd] == [0.054, 0.050, 0.051, 0.050, 0.049, 0.047]
    assert ["".join(row.srocc) for row in TABLE_TRAITS] == ["OCEAN"] * 6
    assert TABLE_TRAITS[0].srocc["O"] == 0.354
    assert [big_five(name) for name in ("O", "openness", "Neuroticism", "age", "TEPS")] == ["O", "O", "N", None, None]


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("NIMA", ["NIMA(VGG16)", "NIMA(Inception-v2)"]),
        ("nima_vgg16", ["NIMA(VGG16)"]),
        ("single task", ["DenseNet121(aesthetics)", "Inception-v3(aesthetics)"]),
        ("PA_IAA", ["PA_IAA(DenseNet121)", "PA_IAA(Inception-v3)"]),
        ("RAPID", ["RAPID"]),
        ("RAPID (improved version)", ["RAPID (improved version)"]),
        ("DMA (sorting)", []),
        ("simple features", []),
    ],
)
def test_all_rows_of_a_method_are_found_whatever_their_backbones(method, found):
    assert [row.method for row in published_images_of(method)] == found


@pytest.mark.parametrize(
    ("methods", "found"),
    [
        (["PA_IAA", "single task"], ["Segalin et al.", "Guntuku et al."]),
        (
            ["Segalin et al.", "guntuku et al", "ridge"],
            ["DenseNet121(personality)", "Inception-v3(personality)", "PA_IAA(DenseNet121)", "PA_IAA(Inception-v3)"],
        ),
        # what is named with its backbone stands for that row alone
        (
            ["PA_IAA(DenseNet121)", "personality", "Segalin et al.", "Guntuku et al."],
            ["PA_IAA(Inception-v3)"],
        ),
        (["PA_IAA", "personality", "Segalin et al.", "Guntuku et al."], []),
        (["Segalin et al."], []),  # one row of six is no table of traits
        ([], []),
    ],
)
def test_rows_of_traits_that_a_run_has_not(methods, found):
    assert [row.method for row in missing_traits(methods)] == found


def test_rows_of_images_and_methods_that_a_run_has_not():
    names = [row.method for row in TABLE_AVA]
    assert missing_images(names) == missing_images(names[:8]) == []  # all of them, and less than a third
    assert [row.method for row in missing_images([*names[:9], "NIMA"])] == [
        *names[9:19],
        *(f"{name}(aesthetics)" for name in ("DenseNet121", "Inception-v3")),
        *(f"PA_IAA({name})" for name in ("DenseNet121", "Inception-v3")),
    ]
    users = list(TABLE_I)
    assert missing_methods(["BA-PIAA", "BLG-PIAA from generic"]) == []
    assert missing_methods([*users[:9], "ridge"]) == ["MT_IAA", "PA_IAA", "BA-PIAA", "BLG-PIAA"]
    assert missing_methods([*users[:10], "ba_piaa", "BLG-PIAA from pretrained"]) == ["PA_IAA"]
