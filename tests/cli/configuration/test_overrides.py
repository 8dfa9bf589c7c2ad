"""Paths reach the configuration as they were typed."""

from __future__ import annotations

import os

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from piaa_lightning.cli.configuration.config_dir import config_dir
from piaa_lightning.cli.configuration.overrides import as_typed, quote, quote_paths
from piaa_lightning.cli.configuration.schema import explain, register

NAMES = [
    "plain",
    "Bilder/图片",
    "Bilder/a=b",
    "2020.10",
    "007",
    "1e3",
    "true",
    "two words",
    "a,b",
    "[2024] Rom",
    "{x}",
    "(old)",
    "it's",
    'say "hi"',
    "both ' and \"",
    "C:\\Users\\me\\Bilder\\",
    "back\\'slash",
    "#1",
    "a: b",
    "100%",
    "~/Bilder",
    " leading and trailing ",
    "Ελληνικά/Кириллица/العربية",
    "smile 😀",
    "$HOME",
    "-dash",
    "a;b|c&d",
    "new\nline",
    os.fsdecode(b"latin1_\xe9"),
]
KEYS = ["photos", "ratings", "person", "prior", "paths.cache", "data.root", "resume", "hydra.run.dir"]


def read(override: str) -> object:
    """What Hydra's parser makes of an override."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    assert not parsed.is_sweep_override()
    return parsed.value()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", KEYS)
def test_a_path_is_what_was_typed(name, key):
    (quoted,) = quote_paths([f"{key}={name}"])
    assert read(quoted) == name
    assert as_typed(quoted) == f"{key}={name}", "printed commands say what was typed"
    assert quote_paths([quoted]) == [quoted], "a process that is started with these arguments quotes them again"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_composed_configuration_holds_the_path(name):
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        assert compose("config", quote_paths([f"photos={name}"])).photos == name


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("photos=null", None),
        ("photos=", ""),
        ("photos='a b'", "a b"),
        ('photos="a b"', "a b"),
        ("+photos=a=b", "a=b"),
        ("++data.root=a=b", "a=b"),
        ("seed=3", 3),
        ("shots=[10,100]", [10, 100]),
        ("task.weights=[1,2]", [1, 2]),
        ("loss.weights=0.5", 0.5),
        ("backbone.weights=imagenet", "imagenet"),
        ("backbone.weights=/a (1)/w.safetensors", "/a (1)/w.safetensors"),
        ("backbone.weights=b=c.pth", "b=c.pth"),
        ("databases.other.root=1,2", "1,2"),
    ],
)
def test_other_values_keep_their_types(argument, value):
    (quoted,) = quote_paths([argument])
    assert read(quoted) == value


def test_an_interpolation_stays_one():
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", quote_paths(["data.root=${paths.cache}/a=b", "paths.cache=/c d"]))
    assert OmegaConf.to_container(cfg, resolve=True)["data"]["root"] == "/c d/a=b"


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("data.root=/a,/b c", ["/a", "/b c"]),
        ("data.root=null,/b", ["null", "/b"]),
        ("data.root=2020.10", ["2020.10"]),
        ("data.root='/a,b',/c", ["/a,b", "/c"]),
        ("data.root=choice(/a,/b)", ["/a", "/b"]),
        ("backbone.weights=a/1.pth,b/2.pth", ["a/1.pth", "b/2.pth"]),
    ],
)
@pytest.mark.parametrize("how", ["-m", "--multirun", "sweep=seeds", "hydra.mode=MULTIRUN"])
def test_commas_separate_the_values_of_a_sweep(how, argument, values):
    (parsed,) = OverridesParser.create().parse_overrides(quote_paths([argument, how])[:1])
    found = [quoted.strip("'") for quoted in parsed.sweep_string_iterator()] if parsed.is_sweep_override() else None
    assert (found or [parsed.value()]) == values


@pytest.mark.parametrize("text", ["a", "'", "\\", "\\'", "\\\\'", "a\\b", "''", "a\\\\"])
def test_quoted_text_is_read_back(text):
    assert read(f"key={quote(text)}") == text


def test_a_value_that_cannot_be_read_is_a_sentence_with_the_command_that_can():
    with pytest.raises(Exception) as raised:  # noqa: PT011  # Hydra has many classes
        OverridesParser.create().parse_overrides(["name=a(b"])
    said = explain(raised.value, ["name=a(b"])
    assert said == (
        "name=a(b: this value cannot be read; where it is meant as a text, quote it: 'name='\"'\"'a(b'\"'\"''"
    )
    assert read("name='a(b'") == "a(b"
