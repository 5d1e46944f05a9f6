"""How does a person become a picture? Shape, hair and clothes are turned, lit and shaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from genimg.data.drawn.portraits.backdrop import backdrop
from genimg.data.drawn.portraits.body import Body, shape_body, turned
from genimg.data.drawn.portraits.clothes import cloth, dress
from genimg.data.drawn.portraits.eyes import RADIUS, shade_eyes
from genimg.data.drawn.portraits.face_hair import face_hair
from genimg.data.drawn.portraits.glasses import frames, lenses
from genimg.data.drawn.portraits.hair import Hair, grow, recession
from genimg.data.drawn.portraits.hair_colour import hair_colours, shade_strands
from genimg.data.drawn.portraits.head import (
    INSIDE,
    LEFT_EYE,
    LOWER_TEETH,
    RIGHT_EYE,
    SKIN,
    TONGUE,
    UPPER_TEETH,
    load_head,
    smooth,
    unit,
    vertex_normals,
)
from genimg.data.drawn.portraits.light import Lamps, Shadows, cast, lamps, soften
from genimg.data.drawn.portraits.person import GLASSES, Person
from genimg.data.drawn.portraits.raster import FAR, Cover, Floats, Ints, rasterise, splat
from genimg.data.drawn.portraits.roots import beard_of, brows_of, hairline
from genimg.data.drawn.portraits.skin import linear, paint

LEAST = 192  # pixels: smaller pictures are drawn so large and reduced
DISTANCE = 1.15  # metres from the eye to the head
FRAME = 0.375  # metres that the picture is wide, at the head
MIDDLE = np.array([0, 0.872, 0.04], np.float32)
_SCATTER = np.array([0.24, 0.13, 0.10], np.float32)


@dataclass(frozen=True)
class Stage:
    """What all parts of a picture share."""

    person: Person
    body: Body
    lamps: Lamps
    shadows: Shadows
    side: int

    @property
    def scale(self) -> float:
        """Pixels per metre, at the head."""
        return self.side / FRAME


def draw_portrait(person: Person, size: int) -> Image.Image:
    """The RGB picture of a person, `size` x `size` pixels."""
    side = max(3 * size // 2, LEAST)
    canvas = render(person, side)
    picture = Image.fromarray((canvas * 255 + 0.5).astype(np.uint8))
    return picture.resize((size, size), Image.Resampling.HAMMING)


def on_screen(points: Floats, side: int) -> Floats:
    """Points [..., 3] in metres as pixels and the distance from the eye."""
    seen = points - MIDDLE
    depth = DISTANCE - seen[..., 2]
    zoom = np.float32(side / FRAME * DISTANCE) / depth
    x = np.float32(side / 2) + seen[..., 0] * zoom
    y = np.float32(side / 2) - seen[..., 1] * zoom
    placed: Floats = np.stack([x, y, depth], -1).astype(np.float32)
    return placed


def render(person: Person, side: int) -> Floats:
    """The picture float32 [side, side, 3], sRGB 0 to 1, without any smoothing."""
    head = load_head()
    body = shape_body(person)
    hair = grow(person, body)
    dressed = turned(dress(body.points, body, person), person)
    strands = turned(hair.strands, person)
    light = lamps(person)
    shadows = cast(light.key, dressed, head.triangles, strands)
    stage = Stage(person, body, light, shadows, side)

    inner = head.kinds >= UPPER_TEETH  # the mouth is seen from within
    cover = rasterise(on_screen(dressed, side), head.triangles, side, inner)
    canvas = backdrop(person, side).reshape(-1, 3)
    nearer = _hollows(cover.depth, side)
    canvas[cover.pixels] = _surface(stage, cover, dressed, nearer)
    _draw_face_hair(stage, canvas, cover.depth)
    depth = cover.depth
    if len(strands):
        depth = _draw_hair(stage, canvas, depth, hair, strands)
    if person.glasses:
        _draw_glasses(stage, canvas, depth)
    return _developed(canvas).reshape(side, side, 3)


def _developed(canvas: Floats) -> Floats:
    """Linear light as sRGB: bright parts roll off as on film."""
    light = canvas * np.float32(0.86)
    bent = light * (1 + light * np.float32(0.28)) / (1 + light * np.float32(0.42))
    shown: Floats = np.clip(bent, 0, 1) ** np.float32(1 / 2.2)
    return shown


def _hollows(depth: Floats, side: int) -> Floats:
    """How much nearer each pixel's surroundings are, in metres [side * side]: creases are dark."""
    near = np.minimum(depth, np.float32(DISTANCE + 0.25)).reshape(side, side)
    blurred = _blur(near, max(2, side // 48))
    hollow: Floats = np.clip(near - blurred, 0, 0.012).ravel()
    return hollow


def _blur(values: Floats, radius: int) -> Floats:
    """The mean over a square of 2 * radius + 1 pixels."""
    for axis in (0, 1):
        padding = [(0, 0)] * values.ndim
        padding[axis] = (radius + 1, radius)
        total = np.cumsum(np.pad(values, padding, "edge"), axis=axis, dtype=np.float64)
        ahead = np.take(total, np.arange(2 * radius + 1, total.shape[axis]), axis)
        behind = np.take(total, np.arange(total.shape[axis] - 2 * radius - 1), axis)
        values = ((ahead - behind) / (2 * radius + 1)).astype(np.float32)
    return values


def _surface(stage: Stage, cover: Cover, points: Floats, nearer: Floats) -> Floats:
    """The linear colours [n, 3] of the pixels that the mesh covers."""
    head, person = load_head(), stage.person
    fixed = np.column_stack([head.average, head.places, head.lips, head.light])
    moving = np.column_stack([points, vertex_normals(points, head.triangles)])
    mixed = cover.mix(head.triangles, np.column_stack([moving, fixed]).astype(np.float32))
    where, normals, place, uv = mixed[:, :3], unit(mixed[:, 3:6]), mixed[:, 6:9], mixed[:, 9:11]
    lips, open_to = mixed[:, 11], mixed[:, 12]
    open_to = open_to * (1 - np.clip(nearer[cover.pixels] * 70, 0, 0.55))
    eye = np.array([0, MIDDLE[1], MIDDLE[2] + DISTANCE], np.float32)
    toward = unit(eye - where)
    lit = stage.shadows.lit(where + normals * 0.002, 0.006, 0.004)
    kinds = head.kinds[cover.faces]
    colours = np.zeros((len(kinds), 3), np.float32)

    skin = np.flatnonzero(kinds == SKIN)
    colours[skin] = _skin(
        stage,
        place[skin],
        uv[skin],
        lips[skin],
        normals[skin],
        toward[skin],
        lit[skin],
        open_to[skin],
    )
    for number, kind in enumerate((LEFT_EYE, RIGHT_EYE)):
        rows = np.flatnonzero(kinds == kind)
        centre = turned(stage.body.eyes[number], person)
        outward = unit(where[rows] - centre)
        first = head.average[head.triangles[head.kinds == kind]].reshape(-1, 3)
        middle = (first.min(0) + first.max(0)) / 2
        local = (place[rows] - middle) / np.float32(RADIUS)
        lids = np.clip((where[rows, 1] - centre[1]) / 0.006, -1, 1.5)
        shaded = open_to[rows] * (1 - 0.45 * np.clip(lids, 0, 1) ** 2) + 0.25
        colours[rows] = shade_eyes(local, outward, toward[rows], lit[rows] * (1 - 0.5 * np.clip(
            lids, 0, 1)), np.clip(shaded, 0.1, 0.9), person, stage.lamps)  # fmt: skip
    tooth = linear(np.array([0.88, 0.80, 0.71]))
    for kind, colour in (
        (UPPER_TEETH, tooth), (LOWER_TEETH, tooth * 0.85),
        (TONGUE, linear(np.array([0.62, 0.3, 0.3]))), (INSIDE, linear(np.array([0.4, 0.14, 0.14]))),
    ):  # fmt: skip
        rows = np.flatnonzero(kinds == kind)
        deep = smooth(0.125, 0.160, place[rows, 2]) * (0.35 if kind in (TONGUE, INSIDE) else 1)
        inside = 0.12 + 0.88 * deep
        direct = np.clip(normals[rows] @ stage.lamps.key, 0, 1) * lit[rows]
        around = stage.lamps.around(normals[rows]) * 0.7
        light = around + stage.lamps.key_colour * 0.7 * (0.25 + 0.75 * direct)[:, None]
        half = unit(toward[rows] + stage.lamps.key)
        wet = np.clip((normals[rows] * half).sum(1), 0, 1) ** 40 * 0.35 * deep
        colours[rows] = (colour * light) * inside[:, None] + wet[:, None]
    return colours


def _skin(
    stage: Stage, place: Floats, uv: Floats, lips: Floats, normals: Floats, toward: Floats,
    lit: Floats, open_to: Floats,
) -> Floats:  # fmt: skip
    person, light = stage.person, stage.lamps
    surface, slope = paint(place, uv, lips, person)
    colour, shine, rough = surface.colour, surface.shine, surface.rough
    root, _ = hair_colours(person, 0.6)
    under = _shaded_scalp(person, place)
    beard = beard_of(person, place) * (0.0, 0.34, 0.8, 0.85, 0.9)[person.beard]
    beard *= np.clip(0.85 + 0.5 * np.sin(place[:, 0] * 1900) * np.sin(place[:, 1] * 1700), 0, 1)
    under = np.maximum(under, beard)
    brows = brows_of(person).area(place) * (0.5 + 0.25 * (1 - person.femininity))
    under = np.clip(np.maximum(under, brows), 0, 1)[:, None]
    scalp = (hairline(place) > 0)[:, None]
    grown = np.where(scalp, 0.1, 0.42) * colour + np.where(scalp, 0.55, 0.25) * root
    colour = colour * (1 - under) + grown * under
    worn, fabric, folds = cloth(place, person)
    bare = 1 - worn
    slope = slope * bare[:, None] * smooth(0.002, 0.0008, FRAME / stage.side * np.ones_like(bare))[
        :, None] + (folds * worn)[:, None] * np.array([0.3, 0.3, 0], np.float32)  # fmt: skip
    bent = unit(normals + slope)
    facing = bent @ light.key
    scatter = _SCATTER * bare[:, None] + 0.02
    direct = soften(facing, scatter) * lit[:, None]
    # Where the shadow ends, light that went through the skin is red.
    edge = (lit * (1 - lit) * 4 * bare)[:, None] * np.array([0.10, 0.015, 0.0], np.float32)
    direct = direct + edge * np.clip(facing, 0, 1)[:, None]
    warm_hollow = open_to[:, None] ** (1 - 0.35 * bare[:, None] * np.array([1, 0.3, 0.2]))
    shaded = (colour * bare[:, None] + fabric * worn[:, None]) * (
        light.around(bent) * warm_hollow + light.key_colour * direct
    )
    gloss = shine * bare * open_to
    half = unit(toward + light.key)
    grazing = 0.04 + 0.5 * np.clip(1 - (bent * toward).sum(1), 0, 1) ** 4
    lobe = np.clip((bent * half).sum(1), 0, 1)
    strength = 0.5 * lobe**rough + 0.35 * lobe ** (rough * 4)
    spark = strength * np.clip(facing * 3, 0, 1) * lit * gloss
    shaded = shaded + light.key_colour * (spark * (0.28 + grazing))[:, None]
    sheen: Floats = shaded + light.sky * (grazing * 0.35 * gloss)[:, None]
    return sheen.astype(np.float32)


def _shaded_scalp(person: Person, place: Floats) -> Floats:
    """How much skin is darkened by the hair that grows from it."""
    if person.style == 0:
        scalp = 0.16 * (1 - person.femininity) * smooth(0.0, 0.012, hairline(place, 1.2))
    else:
        above = hairline(place, recession(person))
        scalp = smooth(-0.003, 0.010, above) * (0.62 if person.style == 1 else 0.85)
    return scalp


def _draw_face_hair(stage: Stage, canvas: Floats, depth: Floats) -> None:
    """Brows, lashes and beards, thinner than pixels: they tint what they cross."""
    strands, widths, kinds = face_hair(stage.person, stage.body)
    placed = turned(strands, stage.person)
    wide = widths * np.float32(stage.scale)
    dots = splat(on_screen(placed, stage.side), np.maximum(wide, 1), depth + 0.002, stage.side)
    root, tip = hair_colours(stage.person, 0.6)
    kind = kinds[dots.strands]
    where, _ = _along(placed, dots.strands, dots.along)
    dark = root * np.where(kind == 1, 0.25, 0.8)[:, None]
    beard = (kind == 2)[:, None]
    number = dots.strands.astype(np.float32)
    vary = (0.8 + 0.4 * np.modf(np.abs(np.sin(number * 12.99)) * 437.5)[0])[:, None]
    lit = stage.shadows.lit(where, 0.02, 0.006)
    light = stage.lamps.around(unit(where - MIDDLE)) + stage.lamps.key_colour * lit[:, None] * 0.55
    colour = (dark * (1 - beard) + (root + tip) * 0.4 * beard) * vary * light
    cover = np.minimum(wide[dots.strands], 1) * np.array([1.0, 0.95, 0.95])[kind]
    cover = (cover * (1 - 0.5 * dots.along / (strands.shape[1] - 1)))[:, None].astype(np.float32)
    canvas[dots.pixels] = canvas[dots.pixels] * (1 - cover) + colour.astype(np.float32) * cover


def _along(strands: Floats, number: Ints, along: Floats) -> tuple[Floats, Floats]:
    """Points [n, 3] on strands and the unit directions there."""
    part = np.minimum(along.astype(np.int32), strands.shape[1] - 2)
    share = (along - part)[:, None]
    first, second = strands[number, part], strands[number, part + 1]
    return first * (1 - share) + second * share, unit(second - first)


def _draw_hair(stage: Stage, canvas: Floats, depth: Floats, hair: Hair, strands: Floats) -> Floats:
    """The hair of the head; gives the depth with it."""
    wide = hair.width * np.float32(stage.scale)
    placed = on_screen(strands, stage.side)
    dots = splat(placed, np.maximum(wide, 1), depth + 0.001, stage.side)
    where, way = _along(strands, dots.strands, dots.along)
    share = dots.along / (strands.shape[1] - 1)
    normals = turned(hair.normals + MIDDLE, stage.person) - turned(MIDDLE, stage.person)
    lit = stage.shadows.lit(where, 0.016, 0.004)
    eye = np.array([0, MIDDLE[1], MIDDLE[2] + DISTANCE], np.float32)
    outward = unit(unit(where - np.array([0, 0.9, 0.04], np.float32)) + 0.4 * normals[dots.strands])
    colour = shade_strands(
        stage.person, stage.lamps, way, outward, unit(eye - where), share,
        hair.shade[dots.strands], lit,
    )  # fmt: skip
    thick = np.full_like(depth, FAR)
    thick[dots.pixels] = dots.depth
    hollow = _hollows(np.minimum(depth, thick), stage.side)[dots.pixels]
    colour *= (1 - np.clip(hollow * 60, 0, 0.6))[:, None]
    cover = np.clip(wide[dots.strands], 0.35, 1) * (1 - 0.35 * smooth(0.7, 1.0, share))
    cover = cover[:, None].astype(np.float32)
    canvas[dots.pixels] = canvas[dots.pixels] * (1 - cover) + colour * cover
    return np.minimum(depth, thick)


def _draw_glasses(stage: Stage, canvas: Floats, depth: Floats) -> None:
    person, light = stage.person, stage.lamps
    strands, widths, colour, rims = frames(person, stage.body)
    points, triangles = lenses(turned(rims, person))
    panes = rasterise(on_screen(points, stage.side), triangles, stage.side,
                      np.ones(len(triangles), bool))  # fmt: skip
    front = panes.depth[panes.pixels] < depth[panes.pixels]
    pixels = panes.pixels[front]
    where = panes.mix(triangles, points)[front]
    dark = 0.94 if GLASSES[person.glasses] == "sunglasses" else 0.05
    fade = np.clip((where[:, 1:2] - 0.87) / 0.05, 0, 1) * 0.25 + 0.75
    streak = smooth(0.8, 1.0, np.sin((where[:, :1] * 0.8 + where[:, 1:2]) * 110 + person.number))
    glare = light.sky * (0.02 + 0.07 * streak + 0.02 * fade)
    canvas[pixels] = canvas[pixels] * (1 - dark * (0.6 + 0.4 * fade)) + glare
    placed = turned(strands, person)
    wide = np.maximum(widths * np.float32(stage.scale), 1)
    flat = on_screen(placed, stage.side)
    dots = splat(flat, wide, depth, stage.side)
    at, way = _along(placed, dots.strands, dots.along)
    eye = np.array([0, MIDDLE[1], MIDDLE[2] + DISTANCE], np.float32)
    half = unit(light.key + unit(eye - at))
    gloss = (1 - np.clip((way * half).sum(1), -1, 1) ** 2) ** 12
    shaded = colour * (0.5 * (light.sky + light.ground) + 0.5 * light.key_colour)
    canvas[dots.pixels] = shaded + light.key_colour * (0.22 * gloss)[:, None]
