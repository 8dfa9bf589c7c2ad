"""Images that come with patches of themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.augment import Views, cut_all, fixed_places
from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.errors import UserError


def images(size: int, count: int = 6) -> Images:
    random = np.random.default_rng(size)
    return Images(random.integers(0, 256, (count, 3, size, size), dtype=np.uint8), {})


SMALL, STORED, LARGE = images(8), images(10), images(16)
IMAGES = np.array([4, 0, 4])
CHANCE = np.random.default_rng(0).random((3, 3 + 2 * 5))


def inputs(on_device: bool, patches: int = 5) -> Inputs:
    return Inputs(SMALL, STORED, 8, on_device, LARGE).with_patches(patches)


def test_nothing_changes_for_networks_that_look_at_none():
    plain, none = Inputs(SMALL, STORED, 8, False), inputs(False, 0)
    assert none.draws == plain.draws == 3
    assert torch.equal(none.batch(IMAGES), SMALL.batch(IMAGES))
    assert torch.equal(none.augmented(IMAGES, CHANCE[:, :3]), plain.augmented(IMAGES, CHANCE[:, :3]))


def test_evaluation_has_the_image_and_patches_from_fixed_places():
    found = inputs(True).batch(IMAGES)
    assert found.shape == (3, 6, 3, 8, 8)
    assert torch.equal(found[:, 0], SMALL.batch(IMAGES))
    large = LARGE.batch(IMAGES)
    corners = [(4, 4), (0, 0), (0, 8), (8, 0), (8, 8)]
    for number, (top, left) in enumerate(corners, 1):
        assert torch.equal(found[:, number], large[:, :, top : top + 8, left : left + 8])


def test_where_patches_are_cut_changes_none_of_them():
    later = inputs(True).augmented(IMAGES, CHANCE)
    assert isinstance(later, Views)
    at_once = inputs(False).augmented(IMAGES, CHANCE)
    assert torch.equal(cut_all(("x", later))[1], at_once)
    assert at_once.shape == (3, 6, 3, 8, 8)


def test_patches_are_windows_of_the_larger_image_flipped_with_it():
    found = inputs(False).augmented(IMAGES, CHANCE)
    assert torch.equal(found[:, 0], Inputs(SMALL, STORED, 8, False).augmented(IMAGES, CHANCE[:, :3]))
    flipped = CHANCE[:, 2] < 0.5
    assert 0 < flipped.sum() < 3
    for item, whole in enumerate(LARGE.batch(IMAGES)):
        for number in range(5):
            top, left = (CHANCE[item, 3 + 2 * number : 5 + 2 * number] * 9).astype(int)
            window = whole[:, top : top + 8, left : left + 8]
            assert torch.equal(found[item, 1 + number], window.flip(-1) if flipped[item] else window)


def test_what_has_no_larger_images_or_draws_no_places_is_a_sentence():
    for one in (Inputs(SMALL, STORED, 8), Inputs(Features(torch.zeros(3, 2)))):
        with pytest.raises(UserError, match=r"^data\.patch_scale=null: the network looks at patches"):
            one.with_patches(1)
    with pytest.raises(UserError, match=r"learns from single images; choose another task\.dataset"):
        inputs(True).augmented(IMAGES, CHANCE[:, :3])
    with pytest.raises(UserError, match="patches=10: at most 9 have a place"):
        fixed_places(10)
