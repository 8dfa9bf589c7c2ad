"""Attacks by files of somebody else. Each returns whether every variant was held: refused, or read as what it is."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from in_time import in_time

Outcomes = dict[str, bool]


def refused(do: Callable[[], object], or_done: bool = False) -> bool:
    """Say whether something ended in one sentence, or, where that is as good, was done in time."""
    from piaa_lightning.errors import UserError

    try:
        with in_time():
            do()
    except UserError as error:
        return "\n" not in str(error)
    except Exception:
        return False
    return or_done


class Program:
    """What a pickle that runs a program looks like: it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell the pickle to run it."""
        return os.system, (f"touch {self.mark}",)


def png(width: int, height: int, colour: int = 6, text: bytes = b"") -> bytes:
    """Return a PNG file that says it is so large and holds one line."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress(bytes(width))) + chunk(b"IEND", b"")


def pictures(home: Path) -> Outcomes:
    """Programs, bombs, pipes and other formats that are called photographs."""
    from PIL import Image

    from piaa_lightning.photos.images.opening import open_photo

    ico = io.BytesIO()
    Image.new("RGB", (64, 64)).save(ico, "ico")
    palette = io.BytesIO()
    bomb = Image.new("P", (9000, 9000))
    bomb.save(palette, "png", transparency=bytes(range(256)))
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(10**7))
    mark = home / "ran"
    contents = {
        "PostScript": f"%!PS\n(touch {mark}) run\n{{}} loop\n".encode(),
        "PDF": b"%PDF-1.4\n1 0 obj << /OpenAction << /S /JavaScript >> >> endobj",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "an icon": ico.getvalue(),
        "a zip file": large.getvalue(),
        "4 gigapixels": png(65_000, 65_000),
        "a line of 2 gigapixels": png(2_000_000_000, 1),
        "no pixels": png(0, 0),
        "text without end": png(3, 3, text=struct.pack(">I", 2**31 - 1) + b"zTXt" + b"a\0\0"),
        "81 megapixels of transparent palette": palette.getvalue(),
        "EPS in TIFF's clothes": b"II*\0\x08\0\0\0%!PS",
        "nothing": b"",
    }
    found = {}
    for number, (name, content) in enumerate(contents.items()):
        (home / f"{number}.jpg").write_bytes(content)
        found[name] = refused(lambda number=number: open_photo(home / f"{number}.jpg", 800), or_done=True)
    os.mkfifo(home / "pipe.jpg")
    (home / "zero.jpg").symlink_to("/dev/zero")
    (home / "round.jpg").symlink_to(home / "round.jpg")
    (home / "directory.jpg").mkdir()
    for name in ("pipe", "zero", "round", "directory"):
        found[f"a {name}"] = refused(lambda name=name: open_photo(home / f"{name}.jpg", 800))
    found["PostScript ran nothing"] = not mark.exists()
    return found


def weights(home: Path) -> Outcomes:
    """Pickles that run a program, through everything that loads numbers."""
    import torch

    from piaa_lightning.models.backbones.weights import load_weights
    from piaa_lightning.photos.learning.published_model import load_prior
    from piaa_lightning.pipeline.training.model_cache import load_weights as load_model
    from piaa_lightning.runtime.files.checkpoints import last_good

    mark, network = home / "ran", torch.nn.Linear(2, 2)
    torch.save({"state_dict": network.state_dict(), "x": Program(mark)}, home / "new.pth")
    torch.save({"x": Program(mark)}, home / "old.pth", _use_new_zipfile_serialization=False)
    (home / "plain.pth").write_bytes(pickle.dumps(Program(mark)))
    (home / "named.safetensors").write_bytes((home / "new.pth").read_bytes())
    (home / "step_1.ckpt").write_bytes((home / "new.pth").read_bytes())
    torch.save({"weight": torch.full((2, 2), float("nan")), "bias": torch.zeros(2)}, home / "nan.pth")
    found = {}
    for name in ("new.pth", "old.pth", "plain.pth", "named.safetensors", "nan.pth"):
        found[f"backbone: {name}"] = refused(lambda name=name: load_weights(network, home / name, "net", ()))
        found[f"model: {name}"] = refused(lambda name=name: load_model(network, home / name, "net"))
    found["checkpoint"] = refused(lambda: last_good(home, "key"), or_done=True)
    (home / "config.json").write_text('{"format": 2, "hash": "../../x", "networks": null}')
    (home / "prior.safetensors").write_bytes((home / "new.pth").read_bytes())
    found["published model"] = refused(lambda: load_prior(home))
    found["nothing ran"] = not mark.exists()
    return found


def configurations(home: Path) -> Outcomes:
    """Configurations of a stranger that name programs, files and what reads pickles."""
    import pytorch_lightning  # noqa: F401  # which takes longer than an attack may
    import torchmetrics  # noqa: F401

    from piaa_lightning.cli.configuration.allowed_targets import refuse_file_options, refuse_strange_targets

    targets = (
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "builtins.__import__",
        "shutil.rmtree",
        "torch.load",
        "torch.hub.load",
        "torch.jit.load",
        "torch.utils.cpp_extension.load",
        "pickle.loads",
        "pytorch_lightning.plugins.io.TorchCheckpointIO.load_checkpoint",
        "pytorch_lightning.LightningModule.load_from_checkpoint",
        "pytorch_lightning.utilities.migration.migrate_checkpoint",
        "piaa_lightning.runtime.files.atomic.replace_file",
        "piaa_lightning.web.serve.serve",
        "piaa_lightning.simulation.embedded.ensure",
        "piaa_lightning.models.backbones.weights.torch.load",
        "torch.nn.modules.module.torch.load",
        "hydra.utils.call",
        "",
    )
    found = {}
    for target in targets:
        config = {"callbacks": [{"a": {"_target_": target, "_args_": ["touch x"]}}]}
        found[target or "no name"] = refused(lambda config=config: refuse_strange_targets(config))
    for option in ("checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay"):
        config = {"backbone": {"options": {option: "evil.pth"}}}
        found[option] = refused(lambda config=config: refuse_file_options(config))
    return found


def sweeps(home: Path) -> Outcomes:
    """Runs of somebody else with variables, ranges, aliases and nests."""
    from piaa_lightning.cli.configuration.schema import jobs_of
    from piaa_lightning.studies.runs import Run

    os.environ["PIAA_ATTACK"] = "hunter2"
    head = "hydra: {sweeper: {_target_: x.BasicSweeper, params: {x: '%s'}}, overrides: {task: ['%s']}}"
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    texts = {
        "a variable": head % ("${oc.env:PIAA_ATTACK}", "name=${oc.env:PIAA_ATTACK}"),
        "a decoded variable": head % ("1", "name=${oc.decode:${oc.env:PIAA_ATTACK}}"),
        "a long range": head % ("range(0,1000000000000)", "seed=1"),
        "a fine range": head % ("1", "seed=range(0,1,1e-18)"),
        "many choices": head % ("1", "a=" + ",".join("12" * 9000)),
        "aliases": bomb + "hydra: {sweeper: {_target_: *i}, overrides: *i}\n",
        "brackets": "[" * 400_000,
        "blocks": "- " * 200_000,
        "a program": "hydra: !!python/object/apply:os.system [touch ran]",
        "a long file": "x" * 3_000_000,
    }
    found = {}
    for number, (name, text) in enumerate(texts.items()):
        run = home / str(number)
        (run / ".hydra").mkdir(parents=True)
        for file in (run / "multirun.yaml", run / ".hydra" / "overrides.yaml"):
            file.write_text(text)
        said: list[str] = []
        held = refused(lambda run=run, said=said: said.extend(map(str, jobs_of(run / "multirun.yaml"))), or_done=True)
        held &= refused(lambda run=run, said=said: said.extend(Run(run, {}).job), or_done=True)
        found[name] = held and "hunter2" not in str(said)
    return found


def side_cars(home: Path) -> Outcomes:
    """XMP with entities, in every encoding, and nests."""
    from piaa_lightning.photos.stars.xmp_stars import read_xmp

    (home / "secret").write_text("5")
    body = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="&steal;"/></rdf:RDF></x:xmpmeta>'
    )
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    heads = {
        "a file": f'<!DOCTYPE a [<!ENTITY steal SYSTEM "{home / "secret"}">]>',
        "a constant": '<!DOCTYPE a [<!ENTITY steal "5">]>',
        "a thousand million laughs": f'<!DOCTYPE a [<!ENTITY l0 "5">{laughs}<!ENTITY steal "&l11;">]>',
        "small letters": '<!doctype a [<!entity steal "5">]>',
    }
    found = {}
    for name, head in heads.items():
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
            with in_time():
                found[f"{name} in {encoding}"] = read_xmp((head + body).encode(encoding)).rating is None
    with in_time():
        found["nests"] = read_xmp(b"<a>" * 100_000).rating is None
    return found


def tables(home: Path) -> Outcomes:
    """Tables with paths that climb, formulas, endless fields and archives that are bombs."""
    import gzip

    from piaa_lightning.data.images.file_names import in_table, plain
    from piaa_lightning.data.readers import ratings_csv
    from piaa_lightning.photos.stars.ratings import read_ratings

    (home / "images").mkdir()
    (home / "images" / "a.jpg").touch()
    (home / "secret.jpg").touch()
    found = {}
    for path in (
        "../secret.jpg",
        "..\\secret.jpg",
        "/etc/passwd",
        "C:\\a.jpg",
        "a/../../secret.jpg",
        "\\\\host\\a.jpg",
    ):
        (home / "ratings.csv").write_text(f"user,image,score\nu,{path},1\nu,a.jpg,5\n")
        found[f"research: {path}"] = refused(lambda: ratings_csv.read(home, max_missing=0.9))
        (home / "mine.csv").write_text(f"image,score\n{path},1\na.jpg,5\n")
        told = read_ratings(str(home / "mine.csv"), home / "images", ["a.jpg"])
        found[f"photographs: {path}"] = told.scores == {"a.jpg": 5}
    (home / "ratings.csv").write_text(f"user,image,score\nu,a.jpg,{'9' * 100_000}\n")
    found["a number of 100,000 digits"] = refused(lambda: ratings_csv.read(home))
    (home / "bomb.csv.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    found["an archive of zeros"] = refused(lambda: ratings_csv.read(home, ratings="bomb.csv.gz"))
    for name in ("=cmd|' /C calc'!A0.jpg", "+1.jpg", "-1.jpg", "@SUM(1).jpg", "\tx.jpg"):
        found[f"a formula: {name!r}"] = in_table(name)[0] == "." and plain(in_table(name)) == name
    return found


def names(home: Path) -> Outcomes:
    """Names of files that move a terminal's cursor, are no text, or are programs of a page."""
    from piaa_lightning.photos.images.folder import find_photos
    from piaa_lightning.runtime.terminal import command_line, printable

    odd = (
        b"\x1b[2J.jpg",
        b"\x1b]0;title\x07.jpg",
        b"latin1_\xe9.jpg",
        b"\xe2\x80\xaegpj.exe.jpg",
        b"a\nb.jpg",
        b"\r.jpg",
    )
    for name in odd:
        Path(os.fsdecode(os.fsencode(home) + b"/" + name)).touch()
    found = {}
    files = find_photos(home).files
    found["all are found"] = len(files) == len(odd)
    for file in files:
        shown = printable(file)
        found[f"shown: {shown}"] = shown.isprintable() and "\u202e" not in shown
        found[f"pasted: {shown}"] = command_line(["piaa", file]).isprintable()
    return found


ATTACKS: Mapping[str, Callable[[Path], Outcomes]] = {
    made.__name__: made for made in (pictures, weights, configurations, sweeps, side_cars, tables, names)
}
