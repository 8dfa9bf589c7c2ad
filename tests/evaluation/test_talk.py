import pytest

from piaa_lightning.evaluation.talk import TABLE_I, TABLE_II, TalkNumber, talk_number


@pytest.mark.parametrize(
    ("method", "backbone", "shots", "expected"),
    [
        ("BLG-PIAA", "resnet18", 10, TalkNumber("BLG-PIAA", "ResNet18", 10, 0.561, 0.005)),
        ("blg_piaa", "inception_v3.tv_in1k", 100, TalkNumber("BLG-PIAA", "Inception-v3", 100, 0.651, 0.016)),
        ("ba_piaa", "alexnet", 10, TalkNumber("BA-PIAA", "AlexNet", 10, 0.491, 0.002)),
        ("BA-PIAA", "resnet18.a1_in1k", 100, TalkNumber("BA-PIAA", "ResNet18", 100, 0.583, 0.006)),
        ("BLG-PIAA", "mobilenetv2_100", 100, TalkNumber("BLG-PIAA", "ResNet18", 100, 0.669, 0.013)),
        ("pa_iaa", "densenet121", 100, TalkNumber("PA_IAA", "", 100, 0.639, 0.011)),
        ("USAR PPR & PAD", "", 10, TalkNumber("USAR_PPR&PAD", "", 10, 0.525, 0.004)),
        ("BLG-PIAA", "resnet18", 20, None),
        ("blg_piaa_authors", "resnet18", 10, None),
        ("random", "", 10, None),
    ],
)
def test_cells(method, backbone, shots, expected):
    assert talk_number(method, backbone, shots) == expected


def test_tables_agree_but_for_the_one_known_slip():
    for method in ("BA-PIAA", "BLG-PIAA"):
        ten, hundred = TABLE_II[method, "ResNet18"]
        assert TABLE_I[method][0] == ten
        assert TABLE_I[method][1][0] == hundred[0]
    # "3.7 % and 8.6 % improvement", the talk says of BLG-PIAA over BA-PIAA
    gains = [TABLE_I["BLG-PIAA"][k][0] - TABLE_I["BA-PIAA"][k][0] for k in (0, 1)]
    assert gains == pytest.approx([0.037, 0.086])
