"""Statistics of rated folders outlive the program, and are never replaced by those of nothing."""

import torch

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.users.rated_folders import RatedFolders

SEEN = FolderStatistics(3.0, torch.tensor([1.0, 2.0]).double(), torch.tensor([0.5, 0.25]).double())


def test_what_is_kept_is_pooled_by_number_of_images(tmp_path):
    folders = RatedFolders(tmp_path)
    folders.keep("/a", ["one"], SEEN)
    folders.keep("/b", ["one"], FolderStatistics(1.0, torch.tensor([5.0, 2.0]).double(), torch.zeros(2).double()))
    found = folders.pooled(["/a", "/b", "/unknown"], ["one"], features=1)
    assert found.count == 4
    assert found.mean.tolist() == [2.0, 2.0]
    assert found.variance.tolist() == [0.75 * 0.5 + 0.75 * 0.25 * 16, 0.75 * 0.25]
    assert folders.pooled(["/a"], ["two"], features=1).count == 0, "other networks saw nothing there"


def test_a_folder_that_was_not_read_yet_replaces_nothing(tmp_path):
    folders = RatedFolders(tmp_path)
    folders.keep("/a", ["one"], FolderStatistics.nothing(1))
    assert not list(tmp_path.iterdir())
    folders.keep("/a", ["one"], SEEN)
    folders.keep("/a", ["one"], FolderStatistics.nothing(1))
    assert folders.pooled(["/a"], ["one"], features=1).count == 3


def test_statistics_of_nothing_do_not_share_memory():
    nothing = FolderStatistics.nothing(2)
    nothing.mean.add_(1)
    assert not nothing.variance.any()
