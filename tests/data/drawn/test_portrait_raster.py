"""The rasteriser of the portraits against what geometry says."""

from __future__ import annotations

import numpy as np
import pytest

from genimg.data.drawn.portraits.raster import FAR, rasterise, splat

SIDE = 40


def one(*corners: tuple[float, float, float]) -> np.ndarray:
    return np.array(corners, np.float32)


FACE = np.array([[0, 1, 2]], np.int32)


def test_a_triangle_covers_the_pixels_whose_centres_lie_in_it() -> None:
    corners = one((3.2, 35.1, 1), (33.7, 28.4, 1), (12.9, 4.3, 1))
    cover = rasterise(corners, FACE, SIDE)
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    inside = np.ones((SIDE, SIDE), bool)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        (ax, ay), (bx, by) = corners[start, :2], corners[end, :2]
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) <= 0
    np.testing.assert_array_equal(cover.pixels, np.flatnonzero(inside))


def test_values_are_mixed_as_planes_and_so_is_depth() -> None:
    corners = one((2, 38, 1), (38, 35, 3), (10, 2, 2))
    cover = rasterise(corners, FACE, SIDE)
    mixed = cover.mix(FACE, corners)
    x, y = cover.pixels % SIDE + 0.5, cover.pixels // SIDE + 0.5
    np.testing.assert_allclose(mixed[:, 0], x, atol=1e-4)
    np.testing.assert_allclose(mixed[:, 1], y, atol=1e-4)
    np.testing.assert_allclose(cover.depth[cover.pixels], mixed[:, 2], atol=1e-5)
    np.testing.assert_allclose(cover.weights.sum(1), 1, atol=1e-6)
    assert (np.delete(cover.depth, cover.pixels) == FAR).all()


def test_the_nearer_of_two_that_cross_is_seen() -> None:
    points = one((-5, 50, 1), (50, 50, 3), (-5, -50, 1), (-5, 50, 3), (50, 50, 1), (-5, -50, 3))
    cover = rasterise(points, np.array([[0, 1, 2], [3, 4, 5]], np.int32), SIDE)
    x = cover.pixels % SIDE + 0.5
    sure = np.abs(x - 22.5) > 1
    np.testing.assert_array_equal(cover.faces[sure], (x > 22.5)[sure].astype(int))


def test_backs_are_left_out_unless_asked_for() -> None:
    corners = one((12.9, 4.3, 1), (33.7, 28.4, 1), (3.2, 35.1, 1))
    assert len(rasterise(corners, FACE, SIDE).pixels) == 0
    assert len(rasterise(corners, FACE, SIDE, np.array([True])).pixels) > 300


def test_triangles_that_share_an_edge_leave_no_gap() -> None:
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.linspace(-3, 43, 9), np.linspace(-3, 43, 9)), -1)
    grid[1:-1, 1:-1] += rng.uniform(-1.5, 1.5, (7, 7, 2))
    points = np.concatenate([grid.reshape(-1, 2), np.ones((81, 1))], 1).astype(np.float32)
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    quads = np.stack([corner, corner + 9, corner + 10, corner + 1], 1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    assert len(rasterise(points, faces, SIDE).pixels) == SIDE * SIDE


@pytest.mark.parametrize("width", [1.0, 3.0])
def test_a_strand_is_a_line_of_its_width(width: float) -> None:
    strand = np.array([[(4, 20.5, 2), (20, 20.5, 2), (36, 20.5, 2)]], np.float32)
    far = np.full(SIDE * SIDE, FAR, np.float32)
    dots = splat(strand, np.array([width], np.float32), far, SIDE)
    rows, columns = dots.pixels // SIDE, dots.pixels % SIDE
    assert set(columns[rows == 20]) == set(range(4, 36))
    assert set(rows[columns < 8]) == ({20} if width == 1 else {19, 20, 21})
    np.testing.assert_allclose(
        dots.along[rows == 20], (columns[rows == 20] + 0.5 - 4) / 16, atol=0.05
    )
    assert (dots.depth == 2).all()


def test_strands_hide_behind_what_is_nearer() -> None:
    strand = np.array([[(4, 20.5, 1), (36, 20.5, 3)]], np.float32)
    wall = np.full(SIDE * SIDE, 2, np.float32)
    dots = splat(strand, np.ones(1, np.float32), wall, SIDE)
    assert (dots.pixels % SIDE).max() == pytest.approx(19, abs=1)
    outside = strand + np.array([100, 0, 0], np.float32)
    assert len(splat(outside, np.ones(1, np.float32), wall, SIDE).pixels) == 0
