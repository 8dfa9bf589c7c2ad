"""The keys of the configuration that concern one's own images."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class CoverKeys:
    """What ``mode=cover`` chooses.

    Args:
        count: how many images.
        diversity: from 0, the best whatever they show, to 1, as unlike each other as can be.
    """

    count: int = 9
    diversity: float = 0.5


@dataclass
class CropKeys:
    """What ``mode=crop`` looks for.

    Args:
        shapes: width and height of the crops.
        write: whether the crops are written as images; otherwise they are listed.
        limit: at most so many images, the best ones first; None crops all.
    """

    shapes: list[str] = field(default_factory=lambda: ["1:1", "16:9", "9:16", "2:3"])
    write: bool = False
    limit: int | None = None


@dataclass
class ExportKeys:
    """What ``mode=export`` publishes.

    Args:
        method: the method (a key of ``methods``) whose prior it is; None takes the first that is no control row, or,
            where no experiment is named, the task that all others start from.
        programs: whether torch.export and ONNX programs of the network are written, and checked, too.
    """

    method: str | None = None
    programs: bool = True


@dataclass
class WebKeys:
    """How ``mode=web`` serves its page.

    Args:
        host: the address that is listened on; only this machine can reach the default.
        port: 0 takes a free one.
        token: what everybody has to know who opens the page; None makes one where other machines can reach it.
        sessions: the directory that images and ratings are kept in. None: on this machine alone the data directory of
            its user, where all browsers are one visitor; elsewhere ``sessions`` below ``paths.runs``.
        max_photos: how many images a visitor may bring.
        max_megabytes: how large a file may be.
        max_megapixels: how large an image may be.
        max_gigabytes: how much all images of a visitor may take.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    sessions: str | None = None
    max_photos: int = 2000
    max_megabytes: int = 60
    max_megapixels: int = 120
    max_gigabytes: float = 8.0
