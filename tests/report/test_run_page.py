from html.parser import HTMLParser

import pytest

from piaa_lightning.evaluation.records import Record
from piaa_lightning.report.run_page import write_page

SVG = '<?xml version="1.0"?><svg viewBox="0 0 1 1"><defs><path id="p" d="M 0 0"/></defs><use href="#p"/></svg>'
SUMMARY = {
    "experiment": "blg_piaa",
    "data": "flickr_aes, embedded demo",
    "split": "by user",
    "split_hash": "0123456789abcdef",
    "seed": 7,
    "versions": {"torch": "2.15"},
    "seconds": {"fit": 12.4},
    "rows": [
        {"method": "<b>&mine", "backbone": "resnet18", "shots": shots, "srocc": 0.5, "srocc_std_repeats": 0.01,
         "users": 6, "repeats": 2, "users_dropped": 0}
        for shots in (10, 100)
    ],
    "comparisons": [],
    "chosen": {"ridge": {"10": {"alpha": 2.5}}},
    "dropped": {"missing images": 3},
    "ceiling": None,
    "command": "python -m piaa_lightning experiment=blg_piaa",
}  # fmt: skip
VOID = {"meta", "img", "path", "use", "wbr"}


class Checked(HTMLParser):
    """Keeps the words, and stops at a tag that is not closed or an id that comes twice."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.tags, self.words = [], [], [], []
        self.feed(text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def page(tmp_path, figures=None, records=(), **changes):
    write_page(SUMMARY | changes, records, tmp_path / "report.html", figures or {})
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_whole_and_self_contained(tmp_path):
    text = page(tmp_path, {"one": SVG, "two": SVG, "three": b"\x89PNG"})
    parsed = Checked(text)
    assert [a["src"] for tag, a in parsed.tags if tag == "img"] == ["data:image/png;base64,iVBORw=="]
    assert not {"script", "link", "iframe"} & {tag for tag, _ in parsed.tags}
    assert [name for name in parsed.ids if name.startswith("f0") or name.startswith("f1")] == ["f0-p", "f1-p"]
    anchors = [a["href"] for tag, a in parsed.tags if tag == "a"]
    assert anchors
    assert {anchor[1:] for anchor in anchors} <= set(parsed.ids)
    assert [a["href"] for tag, a in parsed.tags if tag == "use"] == ["#f0-p", "#f1-p"]
    assert [a["alt"] for tag, a in parsed.tags if tag == "img"] == ["three"]
    assert [a["aria-label"] for tag, a in parsed.tags if tag == "svg"] == ["one", "two"], "words for who cannot see"
    assert "http" not in text.replace("http-equiv", "")


def test_hard_users_have_a_section_where_they_are_known(tmp_path):
    told = {"method": "m", "shots": 10, "of": "users", "stratum": "hard", "srocc": 0.125, "users": 3}
    parsed = Checked(page(tmp_path, strata=[told]))
    assert "strata" in parsed.ids
    assert ".125" in parsed.words
    assert "strata" not in Checked(page(tmp_path)).ids


def test_says_what_was_run(tmp_path):
    words = " ".join(" ".join(Checked(page(tmp_path)).words).split())
    for expected in (
        "Measured on flickr_aes, embedded demo", "<b>&mine", ".500±.010",
        "python -m piaa_lightning experiment=blg_piaa",
        "0123456789abcdef", "fit 12", "torch 2.15", "alpha = 2.5", "missing images: 3", "seed 7",
    ):  # fmt: skip
        assert expected in words
    assert "Comparisons" not in words


def test_every_kind_has_its_table_and_its_words(tmp_path):
    image = {"method": "PA_IAA", "backbone": "b", "evaluated_on": "ava", "acc": 0.8, "srocc": 0.6, "images": 80}
    trait = {
        "method": "PA_IAA",
        "backbone": "b",
        "evaluated_on": "psychoflickr",
        "trait": "O",
        "srocc": 0.6,
        "users": 9,
    }
    comparison = {"a": "x", "b": "y", "measure": "ACC", "difference": 0.5, "ci95": [0.4, 0.6], "p": 0.01, "images": 80}
    text = page(tmp_path, rows=[image, trait, *SUMMARY["rows"]], comparisons=[comparison])
    titles = [line.strip() for line in text.splitlines() if "<h3>" in line]
    assert [title[4:-5] for title in titles] == [
        "Users of flickr_aes, embedded demo",
        "Images of ava (80 test images)",
        "Traits of users of psychoflickr, SROCC (9 test users)",
    ]
    assert '<td class="name published">published: PA_IAA<wbr>(Inception-v3)</td>' in text
    assert "bootstrap interval over images or users" in text
    assert "Wilcoxon" not in text
    assert "<h3>" not in page(tmp_path)


def test_words_of_others_are_escaped(tmp_path):
    text = page(tmp_path, {"<script>alert(1)</script>": SVG})
    assert "<b>" not in text
    assert "<script>" not in text


def test_counts_what_was_dropped_by_reason(tmp_path):
    records = [Record("m", "", 100, r, "u", 100, 0, "srocc", None, "constant ratings") for r in range(4)]
    records.append(Record("m", "", 100, 0, "v", 100, 20, "srocc", 0.5))
    assert "<li>measurements at 100 shots: 4 (constant ratings)</li>" in page(tmp_path, records=records)
    assert "Nothing." in page(tmp_path, dropped={})
    assert "<li>PA_IAA: no traits here</li>" in page(tmp_path, left_out={"PA_IAA": "no traits here"})


def test_a_figure_that_brings_words_is_read_out_in_them(tmp_path):
    told = SVG.replace('">', '">\n <desc>bars: a &lt; b &amp; "c"</desc>', 1)
    parsed = Checked(page(tmp_path, {"one": told}))
    assert [a["aria-label"] for tag, a in parsed.tags if tag == "svg"] == ['bars: a < b & "c"']
    assert "desc" not in {tag for tag, _ in parsed.tags}, "said once"


def test_the_first_comparison_stands_on_top_and_every_user_further_below(tmp_path):
    rows = [{**row, "method": m} for m in ("A", "B") for row in SUMMARY["rows"]]
    both = [{"a": "A", "b": "B", "shots": k, "difference": 0.125, "ci95": [0.05, 0.2], "p": 0.01} for k in (10, 100)]
    other = {**both[0], "a": "B", "b": "A"}
    records = [Record(m, "resnet18", 10, 0, "0123456789ab", 10, 20, "srocc", 0.375) for m in "AB"]
    text = page(tmp_path, records=records, rows=rows, comparisons=[*both, other])
    assert text.count('class="tile"') == 2
    assert "SROCC of A at 10 shots; B .500; difference +.125, 95 % interval +.050 to +.200" in text
    assert "<summary>1 users</summary>" in text
    assert "0123456789ab" in text
    assert 'id="users"' not in page(tmp_path)


def test_comparisons_are_worded(tmp_path):
    comparison = {"a": "x", "b": "y", "shots": 10, "difference": 0.5, "ci95": [0.4, 0.6], "p": 0.0001}
    assert "<li>x \u2212 y at 10 shots: +.500 [.400, .600], p &lt; .001</li>" in page(
        tmp_path, comparisons=[comparison]
    )


@pytest.mark.parametrize("missing", ["command", "versions", "seconds", "chosen", "comparisons", "split", "seed"])
def test_a_summary_may_lack_what_a_run_does_not_have(tmp_path, missing):
    summary = {key: value for key, value in SUMMARY.items() if key != missing}
    write_page(summary, [], tmp_path / "report.html", {})
    Checked((tmp_path / "report.html").read_text(encoding="utf-8"))
