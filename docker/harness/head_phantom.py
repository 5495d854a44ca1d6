"""A synthetic head in Hounsfield units: no person's image, but shaped enough to look at.

Built from smooth shapes (signed distances in millimetres, negative inside) and low-frequency noise.
"""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

AIR, FAT, MUSCLE, WATER, GREY, WHITE, BLOOD = -1000.0, -90.0, 55.0, 5.0, 40.0, 26.0, 60.0


def head(slices: int = 60, size: int = 256, field_of_view: float = 230, spacing: float = 2.5, seed: int = 7) -> Field:
    """Volume indexed slice (feet to head), row (front to back), column (right to left), in Hounsfield units."""
    random = np.random.default_rng(seed)
    half = field_of_view / 2
    z = ((np.arange(slices) - 0.46 * slices) * spacing)[:, None, None].astype("f4")
    y = np.linspace(-half, half, size, dtype="f4")[None, :, None]
    x = np.linspace(-half, half, size, dtype="f4")[None, None, :]
    shape = (slices, size, size)

    def noise(millimetres: float, stretch: float = 1.0) -> Field:
        return _smooth_noise(random, shape, (slices * spacing / millimetres * stretch, *(2 * [2 * half / millimetres])))

    def ellipsoid(centre: tuple[float, float, float], axes: tuple[float, float, float]) -> Field:
        return _ellipsoid((x, y, z), centre, axes)

    def pair(centre: tuple[float, float, float], axes: tuple[float, float, float]) -> Field:
        mirrored = (-centre[0], centre[1], centre[2])
        return np.minimum(ellipsoid(centre, axes), ellipsoid(mirrored, axes))

    # Outlines, from the outside inwards.
    wobble = noise(60)
    vault = ellipsoid((0, 6, -6), (76, 96, 86)) + 1.5 * wobble
    face = ellipsoid((0, -52, -66), (52, 44, 62))
    neck = ellipsoid((0, 22, -110), (52, 58, 90))
    nose = ellipsoid((0, -97, -52), (11, 14, 22))
    skin = _blend(_blend(_blend(vault, neck, 14), face, 12), nose, 6)
    skull = ellipsoid((0, 6, -4), (70, 90, 80)) + 1.5 * wobble
    inner = ellipsoid((0, 8, -2), (63.5, 82.5, 73.5)) + 1.2 * wobble + 0.8 * noise(35)
    brain = inner + 1.6

    volume = np.full(shape, AIR, dtype="f4")
    volume[skin < 0] = MUSCLE
    volume[(skin < -2.2) & (skin > -5.5)] = FAT
    volume = np.where((skin < -6) & (skull > 0), np.where(noise(14) > 0.1, FAT, MUSCLE), volume)

    # Bone: two dense tables with marrow between them; the base of the skull is irregular.
    middle = np.abs(skull + inner) / np.maximum(np.abs(inner - skull), 1)
    bone = (skull < 0) & (inner > 0)
    volume = np.where(bone, 520 + 750 * np.clip(middle, 0, 1) + 60 * noise(9), volume)

    volume = np.where(inner <= 0, WATER + 4, volume)
    volume = _brain(volume, brain, (x, y, z), noise, ellipsoid, pair)
    return _base_and_face(volume, skull, inner, (x, y, z), noise, ellipsoid, pair)


def _brain(volume: Field, brain: Field, axes: Any, noise: Any, ellipsoid: Any, pair: Any) -> Field:
    x, y, z = axes
    # Sulci are the zero crossings of noise; they reach inwards from the surface and from the cleft in the middle.
    folds = np.abs(noise(12) + 0.4 * noise(8))
    surface = np.minimum(-brain, np.abs(x) * 1.3 + 1)
    reach = np.clip(1 - surface / 24, 0, 1)
    sulcus = folds < 0.17 * reach
    cortex = (folds < 0.55 * reach) | (surface < 3.6)
    tissue = np.where(cortex, GREY, WHITE)
    tissue = np.where(sulcus & (surface < 17), WATER + 8, tissue)

    nuclei = np.minimum(pair((15, 14, 2), (9.5, 15, 11)), pair((25, -2, 2), (7, 17, 12)))
    nuclei = np.minimum(nuclei, pair((12.5, -19, 8), (6, 10, 10)))
    tissue = np.where(nuclei < 0, GREY + 1, tissue)
    tissue = np.where((np.abs(x) < 20) & (nuclei > 0) & (ellipsoid((0, 4, 6), (34, 52, 26)) < 0), WHITE, tissue)

    ventricles = [
        pair((8.5, -24, 12), (5.5, 13, 8)),
        pair((10.5, 2, 19), (5.5, 24, 6.5)),
        pair((19, 30, 10), (6.5, 13, 9)),
        pair((25, 46, 4), (4.5, 12, 5)),
        ellipsoid((0, 8, 1), (2.4, 15, 10)),
        ellipsoid((0, 43, -36), (7, 5, 9)),
    ]
    wet = reduce(np.minimum, ventricles) + 0.6 * noise(10)
    tissue = np.where(wet < 0, WATER, tissue)
    wall = np.abs(x) < 1.1
    tissue = np.where(wall & (y < 0) & (z > 4) & (z < 24) & (ellipsoid((0, -14, 12), (20, 26, 14)) < 0), WHITE, tissue)

    # Cerebellum with its fine leaves, brain stem, and the membranes between the parts.
    cerebellum = np.minimum(pair((24, 50, -40), (27, 27, 21)), ellipsoid((0, 50, -36), (12, 24, 20)))
    leaves = np.abs(np.sin((z * 1.05 + 2.2 * noise(24)) + 0.03 * y))
    tissue = np.where(cerebellum < 2.5, WATER + 6, tissue)
    tissue = np.where(cerebellum < 0, np.where((leaves < 0.28) & (cerebellum > -11), WATER + 16, GREY - 3), tissue)
    stem = np.minimum(ellipsoid((0, 19, -40), (14, 13, 30)), ellipsoid((0, 24, -80), (9, 9, 30)))
    tissue = np.where(stem < 2, WATER + 4, tissue)
    tissue = np.where(stem < 0, WHITE + 3, tissue)
    tissue = np.where(ellipsoid((0, -6, -30), (15, 11, 7)) < 0, WATER + 4, tissue)

    falx = (np.abs(x + 0.6 * noise(50)) < 1.0) & ((y < -34) | (y > 42) | (z > 32)) & (z > -22)
    tissue = np.where(falx, BLOOD - 6, tissue)
    tissue = np.where(ellipsoid((0, 88, 22), (5, 5, 60)) < 0, BLOOD, tissue)
    specks = np.minimum(pair((19, 33, 10), (2.2, 3.4, 2.6)), ellipsoid((0, 27, 3), (2, 2.4, 2.2)))
    tissue = np.where(specks < 0, 190, tissue)
    return np.where(brain < 0, tissue, volume)


def _base_and_face(
    volume: Field, skull: Field, inner: Field, axes: Any, noise: Any, ellipsoid: Any, pair: Any
) -> Field:
    x, y, z = axes
    grain = noise(6)
    # Petrous bones with air cells, the floor of the skull, the joint to the spine.
    petrous = pair((42, 26, -44), (30, 11, 11)) + 2.5 * noise(12)
    volume = np.where(petrous < 0, 880 + 260 * grain, volume)
    cells = pair((58, 36, -48), (13, 13, 15))
    volume = np.where((cells < 0) & (grain > -0.1), AIR + 120, np.where((cells < 0), 620, volume))
    canal = pair((66, 18, -48), (16, 3.2, 3.2))
    volume = np.where((canal < 0) & (np.abs(x) > 46), AIR, volume)
    clivus = ellipsoid((0, 2, -50), (13, 5, 18))
    volume = np.where(clivus < 0, 620 + 120 * grain, volume)
    floor = (ellipsoid((0, -38, -30), (54, 42, 6)) + 2 * noise(16) < 0) & (inner < 4)
    volume = np.where(floor, 700 + 200 * grain, volume)
    below = (z < -58) & (ellipsoid((0, 32, -62), (60, 62, 9)) < 0) & (ellipsoid((0, 30, -62), (15, 18, 20)) > 0)
    volume = np.where(below, 560 + 200 * grain, volume)

    # Orbits: fat, globe, lens, optic nerve, muscles.
    orbit = pair((33, -66, -34), (19.5, 25, 18.5))
    volume = np.where((orbit < 3) & (skull < 6), 760, volume)
    volume = np.where(orbit < 0, FAT, volume)
    globe = pair((33, -78, -34), (12.6, 12.6, 12.6))
    volume = np.where(globe < 0, WATER + 6, volume)
    volume = np.where((globe < 0) & (globe > -1.6), MUSCLE, volume)
    volume = np.where(pair((33, -87.5, -34), (4.8, 2.4, 4.8)) < 0, 85, volume)
    volume = np.where(pair((25, -56, -34), (2.6, 15, 2.6)) < 0, GREY, volume)
    volume = np.where(
        np.minimum(pair((45, -62, -34), (2.2, 15, 5)), pair((20, -62, -34), (2, 15, 5))) < 0, MUSCLE, volume
    )

    # Air: frontal, ethmoid, sphenoid and maxillary sinuses, nasal cavity with its septum.
    frontal = pair((11, -83, -12), (11, 5.5, 11))
    ethmoid = ellipsoid((0, -62, -36), (11.5, 24, 15))
    sphenoid = pair((8, -26, -42), (7.5, 10, 8))
    maxillary = pair((30, -64, -68), (14, 17, 17))
    nasal = ellipsoid((0, -70, -66), (12, 28, 18))
    shell = np.minimum.reduce([frontal, ethmoid, sphenoid, maxillary])
    volume = np.where((shell < 2) & (shell >= 0) & (skull < 8), 640, volume)
    volume = np.where(np.minimum(shell, nasal) < 0, AIR, volume)
    septa = (ethmoid < 0) & ((np.abs(np.mod(y, 9) - 4.5) < 0.75) | (np.abs(np.abs(x) - 4.5) < 0.75))
    middle = (np.minimum(nasal, ethmoid) < 0) & (np.abs(x) < 1)
    volume = np.where(septa | middle, 260, volume)
    turbinates = np.minimum(pair((6.5, -68, -72), (2.6, 18, 4.5)), pair((6, -66, -60), (2.2, 14, 3.5)))
    volume = np.where(turbinates < 0, MUSCLE, volume)
    return np.where(pair((74, 20, -46), (6, 4, 20)) + 2 * noise(14) < 0, 30, volume)


def scanned(volume: Field, sigma: float = 3.0, seed: int = 11) -> Field:
    """What a scanner makes of it: limited sharpness, and noise with some grain."""
    random = np.random.default_rng(seed)
    sharp = volume.astype("f4")
    for axis in (1, 2):
        sharp = 0.25 * np.roll(sharp, 1, axis) + 0.5 * sharp + 0.25 * np.roll(sharp, -1, axis)
    grain = random.normal(0, 1, volume.shape).astype("f4")
    for axis in (1, 2):
        grain = 0.3 * np.roll(grain, 1, axis) + 0.4 * grain + 0.3 * np.roll(grain, -1, axis)
    return sharp + grain * np.float32(sigma / 0.34)


def projection(volume: Field, axis: int) -> Field:
    """An overview image as a scanner takes it before the scan; brightness in arbitrary units around 0."""
    density = np.clip(volume + 1000, 0, None).mean(axis=axis)
    brightness: Field = density - density.max() * 0.45
    return brightness


def resample(image: Field, axis: int, length: int) -> Field:
    """Linear interpolation along one axis."""
    positions = np.linspace(0, image.shape[axis] - 1, length)
    low = np.floor(positions).astype(int)
    high = np.minimum(low + 1, image.shape[axis] - 1)
    weight = (positions - low).astype("f4")
    weight = weight.reshape([-1 if index == axis else 1 for index in range(image.ndim)])
    between: Field = np.take(image, low, axis) * (1 - weight) + np.take(image, high, axis) * weight
    return between


def _ellipsoid(axes: Any, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Field:
    scaled = [((axis - middle) / radius) ** 2 for axis, middle, radius in zip(axes, centre, radii, strict=True)]
    distance: Field = (np.sqrt(scaled[0] + scaled[1] + scaled[2]) - 1) * np.float32(min(radii))
    return distance


def _blend(first: Field, second: Field, width: float) -> Field:
    """Union of two shapes with a rounded seam."""
    mix = np.clip(0.5 + 0.5 * (second - first) / width, 0, 1)
    return second * (1 - mix) + first * mix - width * mix * (1 - mix)


def _smooth_noise(random: np.random.Generator, shape: tuple[int, int, int], cells: tuple[float, ...]) -> Field:
    """Noise with about that many cells along each axis, standard deviation 1."""
    counts = [max(3, round(count) + 1) for count in cells]
    grid = random.normal(0, 1, counts).astype("f4")
    for axis, length in enumerate(shape):
        grid = _cubic(grid, axis, length)
    return grid / np.float32(grid.std())


def _cubic(grid: Field, axis: int, length: int) -> Field:
    positions = np.linspace(0, grid.shape[axis] - 1, length)
    low = np.minimum(np.floor(positions).astype(int), grid.shape[axis] - 2)
    t = (positions - low).astype("f4").reshape([-1 if index == axis else 1 for index in range(grid.ndim)])
    last = grid.shape[axis] - 1
    a, b, c, d = (np.take(grid, np.clip(low + shift, 0, last), axis) for shift in (-1, 0, 1, 2))
    result: Field = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return result
