"""How does hair fall? Strands grow from the scalp, step by step, combed, curled and pulled down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from genimg.data.drawn.portraits.body import Body
from genimg.data.drawn.portraits.head import load_head, smooth, unit
from genimg.data.drawn.portraits.person import STYLES, Person
from genimg.data.drawn.portraits.raster import Floats, Ints
from genimg.data.drawn.portraits.roots import Roots, hairline, roots, tangent

COUNT = 4500
GUIDES = 450
STEPS = 13
_CENTRE = np.array([0, 0.925, 0.055], np.float32)


@dataclass(frozen=True)
class Style:
    """How a style grows. Lengths in metres on top, at the sides and behind; the longest is
    `spread` times as long. `lift`: how far hair stands off the skin, 0 to 1; `comb`: a kind of
    direction; `curl`: radius in metres and turns per metre; `pull`: of gravity; `tidy`: 0 to 1;
    `hug`: how much hair is held to the shell `volume` metres around the head, 0 to 1."""

    top: float
    side: float
    back: float
    spread: float = 1.6
    lift: float = 0.3
    comb: str = "crown"
    curl: tuple[float, float] = (0.0, 0.0)
    pull: float = 0.5
    tidy: float = 0.7
    volume: float = 0.006
    hug: float = 0.75


_TABLE = {
    "bald head": Style(0, 0, 0),
    "buzz cut": Style(0.005, 0.004, 0.004, 1.6, lift=0.55, pull=0, volume=0.001, hug=0),
    "short hair": Style(0.028, 0.012, 0.014, 1.7, lift=0.4, comb="forward", pull=0.1, hug=0.3),
    "side parting": Style(0.062, 0.022, 0.022, 1.4, lift=0.55, comb="side", pull=0.25,
                          volume=0.009),
    "slicked back hair": Style(0.09, 0.06, 0.05, 1.3, lift=0.28, comb="back", pull=0.12, tidy=0.9),
    "tousled hair": Style(0.05, 0.026, 0.028, 1.6, lift=0.6, comb="loose", pull=0.15, tidy=0.1,
                          curl=(0.003, 14), volume=0.016, hug=0.4),
    "fringe": Style(0.075, 0.085, 0.07, 1.7, lift=0.3, comb="fringe", pull=0.5, volume=0.009),
    "curly hair": Style(0.075, 0.06, 0.06, 2.0, lift=0.75, comb="loose", curl=(0.0075, 26),
                        pull=0.3, tidy=0.3, volume=0.03, hug=0.6),
    "afro": Style(0.04, 0.035, 0.04, 2.0, lift=1.0, comb="out", curl=(0.0045, 60), pull=0,
                  tidy=0.3, volume=0.03, hug=0.2),
    "bob": Style(0.17, 0.14, 0.11, 1.35, lift=0.35, comb="middle", pull=0.85, volume=0.015),
    "long straight hair": Style(0.30, 0.27, 0.26, 1.5, lift=0.3, comb="middle", pull=0.9,
                                volume=0.013, tidy=0.85),
    "long wavy hair": Style(0.30, 0.27, 0.26, 1.4, lift=0.4, comb="middle", pull=0.75,
                            curl=(0.010, 4.5), volume=0.019),
    "bun": Style(0.12, 0.11, 0.11, 1.0, lift=0.1, comb="bun", pull=0.0, tidy=0.95, volume=0.004),
}  # fmt: skip


@dataclass(frozen=True)
class Hair:
    """Strands float32 [S, STEPS, 3] before turning, the root's normals [S, 3], how much each is
    its own shade [S] (about 1), and their width in metres at the root [S]."""

    strands: Floats
    normals: Floats
    shade: Floats
    width: Floats


NO_HAIR = Hair(*(np.zeros(shape, np.float32) for shape in ((0, 2, 3), (0, 3), (0,), (0,))))


def recession(person: Person) -> float:
    """How far the hairline has gone back, 0 to 1."""
    if person.style in (0, 1, 2, 3, 4, 5):
        return (
            (1 - person.femininity)
            * float(np.clip((person.age - 30) / 40, 0, 1))
            * float(person.rng(8).uniform(0, 1.3))
        )
    return 0.0


@lru_cache(maxsize=1)
def _locks() -> tuple[Ints, Floats]:
    """For each root of the scalp the two nearest of the first GUIDES, and the second's share."""
    place = roots("scalp", COUNT).place
    apart = ((place[:, None] - place[None, :GUIDES]) ** 2).sum(-1)
    near = np.argsort(apart, axis=1)[:, :2].astype(np.int32)
    first, second = (np.take_along_axis(apart, near[:, k : k + 1], 1)[:, 0] for k in (0, 1))
    share = (first + 1e-7) / (first + second + 2e-7)
    return near, (share * share * 1.6).clip(0, 0.5).astype(np.float32)


def grow(person: Person, body: Body) -> Hair:
    """The person's hair: guides are grown step by step, all other strands follow the nearest."""
    style = _TABLE[STYLES[person.style]]
    if style.top == 0:
        return NO_HAIR
    rng = person.rng(7)
    every = roots("scalp", COUNT)
    above = hairline(every.place, recession(person)) + rng.normal(0, 0.0022, COUNT)
    if style.back < 0.03 or style.comb in ("back", "bun"):  # cut short at the nape
        above = np.minimum(above, every.place[:, 1] - 0.855)
    chosen = np.flatnonzero(above > 0).astype(np.int32)
    skull = _Skull(body)
    guides = _guides(style, every.some(np.arange(GUIDES)), person, body, skull, rng)
    guides = guides - guides[:, :1]

    root, above = every.some(chosen), above[chosen].astype(np.float32)
    start, normals = root.on(body.points), unit(root.on(body.normals))
    count = len(start)
    near, share = (each[chosen] for each in _locks())
    part = _parting(person, style)
    beside = every.place[near, 0] > part
    share = np.where(beside[:, 0] == beside[:, 1], share, 0)[:, None, None]
    flow = guides[near[:, 0]] * (1 - share) + guides[near[:, 1]] * share
    along = np.linspace(0, 1, STEPS, dtype=np.float32)[None, :, None]
    length = rng.uniform(0.8, 1.08, count).astype(np.float32) * (0.4 + 0.6 * smooth(0, 0.02, above))
    stray = rng.normal(0, 1, (count, 1, 3)).astype(np.float32) * (
        0.0016 + 0.012 * (1 - style.tidy) * style.top**0.5
    )
    layer = rng.uniform(0.1, 1, (count, 1)).astype(np.float32) ** 0.7
    strands = start[:, None] + flow * length[:, None, None] + stray * along
    off = np.float32(style.volume) * layer * smooth(0.0, 0.02, above)[:, None]
    strands = skull.clear(strands.astype(np.float32), off[:, None] * np.minimum(1, 3 * along))
    reach = np.linalg.norm(flow[:, -1], axis=1)
    strands = _curled(strands, style, reach, rng)
    if style.comb in ("middle", "fringe"):
        strands = _off_the_face(strands, start[:, None], part, style.comb == "fringe")
        strands = _evened(strands, 2)
    strands[:, 0] = start
    shade = 0.80 + 0.28 * layer[:, 0] + rng.normal(0, 0.08, count).astype(np.float32)
    shade = shade + 0.10 * np.sin(near[:, 0] * 2.4).astype(np.float32)
    wide = 0.0008 if style.top < 0.01 else 0.0015 if style.top < 0.1 else 0.0021
    width = np.full(count, wide, np.float32)
    return Hair(strands.astype(np.float32), normals, shade.astype(np.float32), width)


def _guides(
    style: Style, root: Roots, person: Person, body: Body, skull: _Skull, rng: np.random.Generator
) -> Floats:
    """The guides [GUIDES, STEPS, 3]."""
    start, normals = root.on(body.points), unit(root.on(body.normals))
    above = np.maximum(hairline(root.place), 0)
    length = _lengths(style, root, person, rng, above)
    wild = rng.normal(0, 1, (GUIDES, 3)).astype(np.float32)
    comb = unit(_combed(style, root, person) + (1 - style.tidy) * 0.9 * wild)
    comb = tangent(comb, normals)
    lift = np.float32(style.lift) * (0.35 + 0.65 * smooth(0.0, 0.025, above))[:, None]
    direction: Floats = unit(comb + normals * lift)
    step = (length / (STEPS - 1))[:, None]
    off = np.float32(0.55 * style.volume) * smooth(0.0, 0.02, above)[:, None]
    points: list[Floats] = [start]
    down = np.array([0, -1, 0], np.float32)
    for number in range(1, STEPS):
        share = number / (STEPS - 1)
        pull = np.float32(style.pull * (0.2 + 0.8 * min(1.0, 2.4 * share)))
        direction = unit(direction + (0.6 + pull) * (pull * down + (1 - pull) * 0.3 * comb))
        moved: Floats = points[-1] + step * direction
        moved = skull.outside(moved, off * min(1.0, 3 * share), start, style.hug)
        if style.comb in ("middle", "fringe"):
            moved = _off_the_face(moved, start, _parting(person, style), style.comb == "fringe")
        direction = unit(moved - points[-1])
        points.append(moved)
    guides = np.stack(points, 1)
    guides = _evened(guides, 5)
    return _tied(guides, rng) if style.comb == "bun" else guides


def _evened(strands: Floats, times: int) -> Floats:
    """Strands [S, K, 3] without corners; their ends stay."""
    for _ in range(times):
        middle = (strands[:, :-2] + 2 * strands[:, 1:-1] + strands[:, 2:]) / 4
        strands = np.concatenate([strands[:, :1], middle, strands[:, -1:]], 1)
    return strands


def _parting(person: Person, style: Style) -> float:
    """Where the hair parts, metres to the picture's right of the middle."""
    side = float(person.rng(9).choice((-1.0, 1.0)))
    return side * (0.028 if style.comb == "side" else 0.009)


def _off_the_face(points: Floats, start: Floats, part: float, fringe: bool) -> Floats:
    """Hair that would hang before the face lies beside it."""
    x, y, z = (points[..., axis] for axis in range(3))
    free = 0.083 * smooth(0.99, 0.955, y) * smooth(0.05, 0.09, z) * (z > 0.04)
    if fringe:
        free = free * smooth(0.935, 0.91, y)
    side = np.sign(start[..., 0] - np.float32(part))
    moved = np.where(x * side < free, free * side, x)
    # Nor does it float before the cheeks: it falls beside the ears, and further down before them.
    most = np.float32(0.068) + np.float32(0.07) * smooth(0.80, 0.75, y)
    back = smooth(0.97, 0.93, y) * smooth(0.05, 0.06, np.abs(moved))
    z = z - np.maximum(z - most, 0) * np.float32(0.85) * back
    kept: Floats = np.stack([moved, y, z], -1).astype(np.float32)
    return kept


def _lengths(
    style: Style, root: Roots, person: Person, rng: np.random.Generator, above: Floats
) -> Floats:
    x, y, z = np.abs(root.place[:, 0]), root.place[:, 1], root.place[:, 2]
    top = smooth(0.955, 0.99, y)
    back = smooth(0.03, -0.02, z)
    length = style.top * top + (1 - top) * (style.back * back + style.side * (1 - back))
    length = length * (1 + (style.spread - 1) * person.hair_length)
    if style.side < 0.03:  # short sides fade out toward the line
        length = length * (0.35 + 0.65 * smooth(0.0, 0.03, above))
    if style.comb == "fringe":
        fringe = smooth(0.07, 0.10, z) * smooth(0.055, 0.045, x)
        length = length * (1 - fringe) + (0.035 + 0.9 * np.maximum(y - 0.975, 0)) * fringe
    if style.comb == "loose":  # or it would hang before the eyes
        length = length * (1 - 0.5 * smooth(0.06, 0.12, z))
    if style.comb == "back":
        length = length * (0.25 + 0.75 * smooth(0.83, 0.93, y))
    varied: Floats = length * rng.uniform(0.82, 1.1, len(length)).astype(np.float32)
    return varied.astype(np.float32)


def _combed(style: Style, root: Roots, person: Person) -> Floats:
    """Where the hair of each root is combed to, [n, 3]."""
    place = root.place
    x, y, z = place[:, 0], place[:, 1] - 0.93, place[:, 2] - 0.05
    zero, one = np.zeros_like(x), np.ones_like(x)
    crown = np.stack([x, y * 0 + 0.0, z + 0.02], 1) * 8
    forward = np.stack([0.15 * np.sign(x), zero, one], 1)
    ways = {
        "crown": crown + np.array([0, -0.6, 0], np.float32),
        "forward": forward + np.array([0, -0.25, 0], np.float32),
        "loose": crown * 0.6,
        "out": crown,
        "back": np.stack([0.12 * np.sign(x), -0.25 * one, -one], 1),
        "bun": np.stack([-0.3 * x / 0.08, 0.12 * one, -one], 1),
    }
    if style.comb in ways:
        return ways[style.comb].astype(np.float32)
    side = np.tanh((x - np.float32(_parting(person, style))) / 0.004)
    if style.comb == "fringe":
        front = smooth(0.02, 0.055, z) * smooth(0.075, 0.05, np.abs(x))
        fall = np.stack([0.25 * x / 0.05, -0.55 * one, one], 1)
        rest = np.stack([side, -0.8 * one, -0.15 * one], 1)
        return (fall * front[:, None] + rest * (1 - front)[:, None]).astype(np.float32)
    back = -0.55 if style.comb == "middle" else 0.25
    return np.stack([side, -0.35 * one, back * one], 1).astype(np.float32)


def _curled(strands: Floats, style: Style, length: Floats, rng: np.random.Generator) -> Floats:
    """Strands that wind around their own way; neighbours share phases, as locks do."""
    radius, turns = style.curl
    if not radius:
        return strands
    count = len(strands)
    way = unit(np.gradient(strands, axis=1).astype(np.float32))
    side = unit(np.cross(way, np.array([0.3, 0.2, 1], np.float32)))
    over = np.cross(way, side)
    lock = np.floor(strands[:, 0] * 45).astype(np.int64)
    phase = (lock * (7, 13, 29)).sum(1) % 17 * 0.37 + rng.normal(0, 0.5, count)
    along = np.linspace(0, 1, strands.shape[1])[None] * length[:, None]
    angle = (phase[:, None] + along * turns * 2 * np.pi).astype(np.float32)
    grown = np.float32(radius) * smooth(0.0, 0.35, np.linspace(0, 1, strands.shape[1]))[None]
    wound: Floats = (
        strands
        + side * (np.cos(angle) * grown)[..., None]
        + over * (np.sin(angle) * grown)[..., None]
    )
    return wound


def _tied(strands: Floats, rng: np.random.Generator) -> Floats:
    """Hair drawn back into a knot: tips that have reached the back wind around it."""
    top = load_head().average[:, 1].max()
    knot = np.array([0, top + 0.004, -0.022], np.float32)
    share = np.linspace(0, 1, strands.shape[1], dtype=np.float32)[None, :, None]
    turn = rng.uniform(0, 2 * np.pi, (len(strands), 1)).astype(np.float32)
    angle = turn + share[..., 0] * 5
    ball = rng.uniform(0.4, 1, (len(strands), 1)).astype(np.float32) ** 0.4 * np.float32(0.029)
    tilt = rng.uniform(-1, 1, (len(strands), 1)).astype(np.float32)
    around = np.stack(
        [np.cos(angle) * ball, np.sin(angle) * ball * 0.85, tilt * ball * 0.8 + 0 * angle], -1
    )
    tied = smooth(0.05, 0.75, share)
    drawn: Floats = strands * (1 - tied) + (knot + around) * tied
    return drawn


class _Skull:
    """What hair cannot enter: the head by its radius in each direction, neck and shoulders."""

    SIDE = 28

    def __init__(self, body: Body) -> None:
        head = load_head()
        used = (head.average[:, 1] > 0.79) & (np.abs(head.average[:, 0]) < 0.083)
        used[: len(used)] &= head.light > 0.25
        around = body.points[used] - _CENTRE
        far = np.linalg.norm(around, axis=1).astype(np.float32)
        table = np.zeros((self.SIDE, self.SIDE), np.float32)
        column, row = self._cell(around / far[:, None])
        np.maximum.at(table, (row.astype(int), column.astype(int)), far)
        for _ in range(6):  # empty cells take from their neighbours
            empty = table == 0
            shifted = np.stack([np.roll(table, s, a) for s in (1, -1) for a in (0, 1)])
            table = np.where(empty, shifted.max(0), table)
        self.table = table

    def _cell(self, direction: Floats) -> tuple[Floats, Floats]:
        """The octahedral cell of unit directions, y up: column and row, in cells."""
        flat = direction / np.abs(direction).sum(-1, keepdims=True)
        x, z, low = flat[..., 0], flat[..., 2], flat[..., 1] < 0
        u = np.where(low, (1 - np.abs(z)) * np.sign(x), x)
        v = np.where(low, (1 - np.abs(x)) * np.sign(z), z)
        most = np.float32(self.SIDE - 1e-3)
        return np.clip((u + 1) / 2 * self.SIDE, 0, most), np.clip((v + 1) / 2 * self.SIDE, 0, most)

    def clear(self, strands: Floats, off: Floats) -> Floats:
        """Strands [S, K, 3] lifted off the head to `off` [S, K, 1] metres where they are nearer."""
        around = strands - _CENTRE
        far = np.sqrt(np.einsum("skd,skd->sk", around, around))[..., None] + np.float32(1e-6)
        direction = around / far
        column, row = self._cell(direction)
        least = self.table[row.astype(np.int32), column.astype(np.int32)][..., None] + off
        head = smooth(0.79, 0.82, strands[..., 1:2])
        lifted: Floats = strands + direction * np.maximum(least - far, 0) * head
        return lifted.astype(np.float32)

    def outside(self, points: Floats, off: Floats, start: Floats, hug: float) -> Floats:
        """Points [n, 3] moved out of the body, and `off` [n, 1] metres further; those above the
        jaw are drawn back to there by the share `hug`."""
        around = points - _CENTRE
        far = np.sqrt((around * around).sum(1, keepdims=True)) + np.float32(1e-6)
        direction = around / far
        column, row = self._cell(direction)
        least = self.table[row.astype(np.int32), column.astype(np.int32)][:, None] + off
        head = smooth(0.79, 0.82, points[:, 1:2])
        least = least + np.float32(0.0015)
        held = hug * smooth(0.83, 0.90, points[:, 1:2]) * np.maximum(far - least - 0.003, 0)
        moved = points + direction * (np.maximum(least - far, 0) * head - held)
        x, y, z = moved.T
        # The neck is a post, the shoulders a slope with a front and a back.
        side = np.hypot(x, z - 0.02) + np.float32(1e-6)
        push = np.maximum(0.066 + off[:, 0] - side, 0) * (y < 0.80)
        x, z = x + push * x / side, z + push * (z - 0.02) / side
        top = 0.765 - 0.045 * smooth(0.05, 0.12, np.abs(x))
        deep = np.clip((top - y) / 0.06, 0, 1)
        front = 0.045 + 0.085 * deep + 0.008 + off[:, 0]
        back = -0.02 - 0.06 * deep - 0.008 - off[:, 0]
        inside = (y < top) & (z < front) & (z > back)
        z = np.where(inside, np.where(start[:, 2] > 0.035, front, back), z)
        kept: Floats = np.stack([x, y, z], 1).astype(np.float32)
        return kept
