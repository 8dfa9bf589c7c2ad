"""Base of the LightningDataModules of all databases: reading, splitting, images, and views for tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pytorch_lightning as pl

from piaa_lightning.data.images.augment import cut_all
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.images.raw import AnyImages, RawImages
from piaa_lightning.data.images.stored import open_images
from piaa_lightning.data.ratings import RatingTable, check
from piaa_lightning.data.splits import Split
from piaa_lightning.data.validation.known_faults import refuse_known_faults
from piaa_lightning.data.validation.manifest import known
from piaa_lightning.data.validation.published_counts import PUBLISHED, Published
from piaa_lightning.datamodules.task_data import RatingsModule
from piaa_lightning.datamodules.views import datasets_of, view_of
from piaa_lightning.errors import ArgumentError, ArgumentNotFoundError
from piaa_lightning.runtime.files.user_directories import cache_home
from piaa_lightning.simulation import embedded as embedded_copies

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Reader = Callable[..., RatingTable]
Rule = Callable[..., Split]
CACHES = ("disk", "memory", "none")


@dataclass(frozen=True)
class DatabaseSource:
    """What distinguishes a database: its name, reader, split rule and embedded copy.

    Args:
        name: in tables, and of the embedded copy where there is one.
        read: reads an unpacked copy, see `data.readers`.
        hold_out: holds users and images out, see `data.splits`.
        split: options of ``hold_out`` where they are not its defaults.
        embedded: name of the embedded copy; None where there is none.
        threshold: between good and bad images, on the database's scale; None is the scale's middle.
    """

    name: str
    read: Reader
    hold_out: Rule
    split: Mapping[str, Any] = field(default_factory=dict)
    embedded: str | None = None
    threshold: float | None = None


class RatingsDataModule(pl.LightningDataModule):
    """A database as a LightningDataModule, in the view that the fitted task asks for.

    ``Trainer.fit(task, datamodule=data)`` looks at the task: it says which view of the database it learns from (average
    scores, episodes of users, ...), how large its images are and how many it wants in a batch. Whatever is given here
    goes before what the task says.

    Everything is done when it is first needed: `table` reads the files, `split` holds users and images out, and images
    are decoded once and kept.

    Args:
        root: directory of the unpacked copy; None takes the embedded copy, drawn images rated by simulated users.
        size: of the embedded copy: ``tiny`` (for tests), ``demo`` or ``full`` (the published counts).
        view: what tasks see, a name of `views.VIEWS`; None asks the task.
        view_options: of the view, for instance ``{"support": 80}``; None asks the task.
        batch_size: images, or users for episodes; None asks the task.
        image_size: side of the images in pixels; None asks the task.
        num_workers: processes that fetch batches; 0 fetches in the main process, which suits stored images.
        seed: of the order of training and of every draw, not of the split.
        cache_dir: where embedded databases and decoded images are kept; None is ``~/.cache/piaa_lightning``.
        split: options of the database's own rule, such as ``{"val_users": 5}``; another rule of `data.splits`; or a
            `Split` made by hand.
        reader: options of the database's reader, such as ``{"max_missing": 0.1}``; or another function from the root to
            a `RatingTable`.
        embedded_seed: of the embedded copy's images and users.
        cache: ``disk`` keeps decoded images, ``memory`` decodes once for this object, ``none`` whenever one is
            asked for.
        resize: ``bilinear`` squashes without anti-aliasing as the authors' code samples, or ``antialias``.
        store_scale: training images are stored at this multiple of the network's size and cropped at random.
        patch_scale: patches are cut from images at this multiple, for networks that look at patches.
        max_missing: greatest share of labelled images that may be absent from disk, 0..1.
        max_broken: greatest share of images that may be impossible to decode, 0..1.
        threshold: between good and bad images, on the database's scale; None is the scale's middle.
        name: what the database is called in tables; its own name by default.
        embedded: which embedded copy stands in for a root; its own by default.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import FlickrAES
        >>> data = FlickrAES(size="tiny")
        >>> data.table.users, data.table.scale.high
        (30, 5)
    """

    SOURCE: ClassVar[DatabaseSource]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        size: str = "demo",
        *,
        view: str | None = None,
        view_options: Mapping[str, Any] | None = None,
        batch_size: int | None = None,
        image_size: int | None = None,
        num_workers: int = 0,
        seed: int = 0,
        cache_dir: str | os.PathLike[str] | None = None,
        split: Mapping[str, Any] | Rule | Split | None = None,
        reader: Mapping[str, Any] | Reader | None = None,
        embedded_seed: int = 0,
        cache: str = "disk",
        resize: str = "bilinear",
        store_scale: float = 1.143,
        patch_scale: float | None = None,
        max_missing: float = 0.01,
        max_broken: float = 0.0,
        threshold: float | None = None,
        name: str | None = None,
        embedded: str | None = None,
    ) -> None:
        super().__init__()
        if size not in embedded_copies.SIZES:
            raise ArgumentError("size", f"choose {', '.join(embedded_copies.SIZES)}.", size)
        if cache not in CACHES:
            raise ArgumentError("cache", "choose disk, memory or none.", cache)
        for argument, count in (("batch_size", batch_size), ("image_size", image_size)):
            if count is not None and count < 1:
                raise ArgumentError(argument, "give 1 or more, or None for what the task says.", count)
        if num_workers < 0:
            raise ArgumentError("num_workers", "give a number of processes from 0.", num_workers)
        if view is not None:
            view_of(view)
        self.root = None if root is None else Path(root).expanduser()
        self.size, self.view, self.view_options = size, view, view_options
        self.batch_size, self.image_size, self.num_workers, self.seed = batch_size, image_size, num_workers, seed
        self.cache_dir = cache_home() if cache_dir is None else Path(cache_dir).expanduser()
        self.embedded_seed, self.cache, self.resize = embedded_seed, cache, resize
        self.store_scale, self.patch_scale, self.max_broken = store_scale, patch_scale, max_broken
        self.threshold = self.SOURCE.threshold if threshold is None else threshold
        self.database = name or self.SOURCE.name
        self.embedded = embedded or self.SOURCE.embedded
        # what was read, on every table and figure
        self.name: str = f"{self.database}, {f'embedded {size}' if self.root is None else self.root.name}"
        if reader is None or isinstance(reader, Mapping):
            reader = partial(self.SOURCE.read, **{"max_missing": max_missing, **(reader or {})})
        self._reader = reader
        if split is None or isinstance(split, Mapping):
            split = partial(self.SOURCE.hold_out, **{**self.SOURCE.split, **(split or {})})
        self._rule = split
        self._inputs: dict[tuple[int, bool, bool], Inputs] = {}
        self._task_data: RatingsModule | None = None

    @classmethod
    def published(cls) -> Published | None:
        """Return the counts that the authors publish; None where there are none."""
        return PUBLISHED.get(cls.SOURCE.name)

    @cached_property
    def table(self) -> RatingTable:
        """The ratings: images, users, scores in [0, 1], and whatever else the database knows.

        Raises:
            ArgumentNotFoundError: there is no such root.
            UserError: a file of the copy is absent or damaged; the sentence says which.
        """
        if self.root is not None:
            if not self.root.is_dir():
                raise ArgumentNotFoundError(
                    "root", f"{self.root} is not a directory; set the root to the unpacked copy of the database."
                )
            root = self.root
        elif self.embedded is None:
            raise ArgumentError(
                "root", f"give the directory that holds the ratings; {self.database} has no embedded copy."
            )
        else:
            root = embedded_copies.ensure(self.embedded, self.size, self.cache_dir, self.embedded_seed)
        return check(self._reader(root)).with_database(self.name)

    @cached_property
    def split(self) -> Split:
        """Which users and images are held out for validation and for test."""
        return self._rule if isinstance(self._rule, Split) else self._rule(self.table)

    @property
    def unit_threshold(self) -> float:
        """What lies between good and bad images, in [0, 1]."""
        if self.threshold is None:
            return 0.5
        return float(self.table.scale.to_unit(np.array([self.threshold]))[0])

    def inputs_at(self, size: int, *, cropped: bool = True, cut_on_device: bool = False) -> Inputs:
        """Return the images as a network of some size sees them; those asked for again are the same object.

        Broken images, as many as ``max_broken`` allows, lose their labels here: `table` and `split` are without them.

        Args:
            size: of the network's input in pixels.
            cropped: whether training sees random crops of larger images; False shows it what evaluation sees.
            cut_on_device: see `Inputs`.

        Raises:
            UserError: too many images are broken, or a file that was checked before is known to be.
            ArgumentError: patches would be cut from smaller images.
        """
        key = (size, cropped, cut_on_device)
        if key not in self._inputs:
            self._inputs[key] = self._opened(*key)
        return self._inputs[key]

    def _opened(self, size: int, cropped: bool, cut_on_device: bool) -> Inputs:
        stored = round(size * self.store_scale) if cropped else size
        details = None if not cropped or self.patch_scale is None else round(size * self.patch_scale)
        if details is not None and details < size:
            raise ArgumentError("patch_scale", "patches are cut from larger images; give 1 or more.", self.patch_scale)
        images = self.images_at(sorted({size, stored} if details is None else {size, stored, details}))
        if not cropped:
            return Inputs(images[size], size=size)
        larger = None if details is None else images[details]
        return Inputs(images[size], images[stored], size, cut_on_device, larger)

    def images_at(self, sizes: Sequence[int]) -> Mapping[int, AnyImages]:
        """Return the images squashed to several sizes, decoded once; broken ones lose their labels, see `inputs_at`.

        Args:
            sizes: sides of the squares in pixels.

        Raises:
            UserError: too many images are broken, or a file that was checked before is known to be.
        """
        root, files, resize = self.table.root, self.table.image_files.tolist(), cast(Any, self.resize)
        refuse_known_faults(self.table, self.split, known(root, files, self.cache_dir), self.max_broken)
        if self.cache == "none":
            return {size: RawImages(root, files, size, resize) for size in sizes}
        cache = self.cache_dir if self.cache == "disk" else None
        images = open_images(root, files, sizes, cache, resize=resize, max_broken=self.max_broken)
        if broken := sorted({index for opened in images.values() for index in opened.broken}):
            self.__dict__["table"] = self.table.without_labels_of(broken, "broken images")
            self.__dict__.pop("split")  # which looks at labels, and is made anew
        return images

    def prepare_data(self) -> None:
        """Write the embedded copy, where it is needed and not there; Lightning calls this in one process alone."""
        if self.root is None and self.embedded is not None:
            embedded_copies.ensure(self.embedded, self.size, self.cache_dir, self.embedded_seed)

    def setup(self, stage: str | None = None) -> None:
        """Serve the view that the fitted task asks for.

        Raises:
            ArgumentError: neither this nor the task says which view, or how large images are.
            UserError: the database lacks what the view shows, or is smaller than a batch.
        """
        self.serve(self.trainer.lightning_module if self.trainer is not None else None)

    def serve(self, task: object, view: str | None = None, options: Mapping[str, Any] | None = None) -> RatingsModule:
        """Return the batches that a task learns from; `train_dataloader` and `val_dataloader` are theirs from here on.

        Args:
            task: a LightningModule of `tasks`; None where everything was said when this was made.
            view: that goes before what the task says, for one of several databases.
            options: of that view.

        Raises:
            ArgumentError: as `setup`.
        """
        view = self.view or view or getattr(task, "view", None)
        if view is None and getattr(task, "views", None):
            names = ", ".join(getattr(task, "views", {}))
            raise ArgumentError("datamodule", f"this task learns from several databases; give JointData of {names}.")
        if view is None:
            raise ArgumentError("view", "the task names none; give one, for instance view='scores'.")
        size = self.image_size or getattr(task, "image_size", None)
        if size is None:
            raise ArgumentError("image_size", "the task names none; give the side of its images in pixels.")
        if options is None and view == getattr(task, "view", None):
            options = getattr(task, "view_options", None)
        options = {**(options or {}), **(self.view_options or {})}
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type != "cpu"
        inputs = self.inputs_at(size, cut_on_device=on_gpu).with_patches(getattr(task, "patches", 0))
        wanted = self.batch_size or int(getattr(task, "batch_size", 64))
        training, validation = datasets_of(view, options)
        self._task_data = RatingsModule(
            self.table, self.split, inputs, training, wanted, self.seed, self.num_workers, validation
        )
        return self._task_data

    @property
    def task_data(self) -> RatingsModule:
        """The batches of the fitted task."""
        if self._task_data is None:
            self.setup()
        assert self._task_data is not None
        return self._task_data

    def train_dataloader(self) -> Any:
        """Training batches in an order keyed by (seed, epoch)."""
        return self.task_data.train_dataloader()

    def val_dataloader(self) -> Any:
        """What the best epoch is chosen on."""
        return self.task_data.val_dataloader()

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Cut the crops that were drawn when the batch was fetched."""
        return cut_all(batch)

    def plot(self, count: int = 12, part: str = "train") -> Figure:
        """Draw some images of a part with their average scores, from the least to the most liked.

        Args:
            count: how many images, evenly spread over the scores.
            part: ``train``, ``val`` or ``test``.

        Returns:
            A figure that belongs to no window; save it with ``figure.savefig``.

        Raises:
            UserError: no image of the part has a score.
        """
        from piaa_lightning.datamodules.plot import plot_images

        if part not in ("train", "val", "test"):
            raise ArgumentError("part", "choose train, val or test.", part)
        return plot_images(self.table, self.split, cast(Any, part), count)
