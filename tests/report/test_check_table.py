import io
from pathlib import Path

import pytest
from rich.console import Console

from piaa_lightning.data.validation.findings import Finding
from piaa_lightning.report.check_table import print_check

FINDINGS = [
    Finding("images", "ok", "1,316"),
    Finding("duplicated ratings", "note", "1"),
    Finding("unreadable", "WRONG", f"2 (first: {'long/' * 30}na\u00efve[bold].jpg: cut off)"),
]


def printed(findings=FINDINGS, encoding="utf-8", width=80):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_check("flickr_aes, [copy]", findings, Path("runs/check.json"), Console(file=file, width=width))
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_cut_and_no_line_is_too_wide(width):
    text = printed(width=width)
    assert max(map(len, text.splitlines())) <= width
    assert f"{'long/' * 30}na\u00efve[bold].jpg:" in "".join(text.split())
    assert "flickr_aes, [copy]" in text


def test_the_prediction_counts():
    assert "1 WRONG: do not train on it; 1 to note. All facts: runs/check.json" in " ".join(printed().split())
    assert "Nothing is wrong with it; 1 to note." in printed(FINDINGS[:2])


def test_a_terminal_without_utf8_can_show_every_file_name():
    assert "na?ve" in printed(encoding="ascii", width=400)
