"""Films and strips of a scene, for papers and for pages that cannot draw in three dimensions."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from surae.report import palette
from surae.report.pictures import picture
from surae.report.rendering import View
from surae.report.scene import Scene

VIEWS = {"side": (0.0, 2.0), "oblique": (38.0, 8.0), "front": (90.0, 3.0), "back": (-90.0, 3.0)}
STILL, FILMS = ".png", (".gif", ".mp4")
POSES = 10
_MIDDLE, _TALL, _WIDE = 0.88, 2.04, 1.62  # m: center, height and width of a picture
_PITCH = 1.06  # m between the poses of a strip
_INK, _PAPER = (40, 42, 46), (255, 255, 255)
_QUIET = (118, 122, 130)  # readable on white and on black
_GIF_STEP = 10  # ms; films of this kind know no finer one
_SWATCH = 40  # pixels
_SMALLEST_GIF_DELAY = 20  # ms; many viewers slow down below


def strip(
    scene: Scene, ghost: Scene | None, height: int, view: str = "side", poses: int = POSES
) -> Image.Image:
    """Poses over the stride side by side, on a transparent ground, with their share below."""
    frames = np.linspace(0, len(scene.percent), poses, endpoint=False).round().astype(int)
    scale = height / _TALL
    pitch, wide = round(_PITCH * scale), round(_WIDE * scale)
    line = max(round(height / 22), 11)
    whole = np.zeros((height, pitch * (poses - 1) + wide, 4))
    for i, frame in enumerate(frames):
        own = picture(scene, int(frame), _view(view), (wide, height), ghost, ground=False)
        part = whole[:, i * pitch : i * pitch + wide]
        part[:] = own + part * (1.0 - own[..., 3:])
    image = Image.new("RGBA", (whole.shape[1], height + round(1.6 * line)))
    image.paste(_image(whole), (0, 0))
    draw = ImageDraw.Draw(image)
    ground = round(height * (0.5 + _MIDDLE / _TALL))
    draw.line([(0, ground), (image.width, ground)], fill=_QUIET, width=max(1, height // 300))
    for i, frame in enumerate(frames):
        text = f"{scene.percent[frame]:.3g} %"
        at = (i * pitch + wide // 2, height + line // 2)
        draw.text(at, text, fill=_QUIET, font=ImageFont.load_default(line), anchor="mt")
    return image


def strip_png(scene: Scene, ghost: Scene | None, height: int = 300) -> str:
    """A strip as the address of an image that is part of the page."""
    return _address(strip(scene, ghost, height))


def picture_png(weighted: np.ndarray) -> str:
    """A picture, colors weighted by alpha, as the address of an image that is part of the page."""
    return _address(_image(weighted))


def _address(image: Image.Image) -> str:
    out = io.BytesIO()
    few = image.quantize(128, method=Image.Quantize.FASTOCTREE)
    few.save(out, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def save_strip(
    scene: Scene, ghost: Scene | None, path: Path, height: int, view: str, poses: int = POSES
) -> None:
    """A strip on white, as PNG."""
    drawn = strip(scene, ghost, height, view, poses)
    paper = Image.new("RGB", drawn.size, _PAPER)
    paper.paste(drawn, (0, 0), drawn)
    paper.save(path, format="PNG", optimize=True)


def save_film(
    scene: Scene, ghost: Scene | None, path: Path, height: int, view: str, slower: float
) -> None:
    """One stride that repeats: GIF, or MP4 where there is ffmpeg. slower: than real time."""
    pause = 1000.0 * scene.duration * slower / len(scene.percent)  # ms a frame
    images = [_frame(scene, ghost, i, height, view) for i in range(len(scene.percent))]
    if path.suffix == ".mp4":
        _save_mp4(images, path, 1000.0 / pause)
        return
    keep = max(1, int(np.ceil(_SMALLEST_GIF_DELAY / pause)))
    delay = max(_SMALLEST_GIF_DELAY, round(pause * keep / _GIF_STEP) * _GIF_STEP)
    kept = images[::keep]
    shared = _shared_palette(kept)
    first, *others = [each.quantize(palette=shared, dither=Image.Dither.NONE) for each in kept]
    first.save(
        path,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=delay,
        loop=0,
        optimize=True,
    )


def has_ffmpeg() -> bool:
    """Whether MP4 can be written here."""
    return shutil.which("ffmpeg") is not None


def _save_mp4(images: list[Image.Image], path: Path, rate: float) -> None:
    """Frames piped to ffmpeg; three strides, as players do not repeat by themselves."""
    width, height = images[0].size
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{width}x{height}", "-r", f"{rate:.4f}", "-i", "-", "-pix_fmt", "yuv420p"]
    command += ["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-movflags", "+faststart", str(path)]
    frames = b"".join(np.asarray(image).tobytes() for image in images)
    subprocess.run(command, input=3 * frames, check=True)


def _shared_palette(images: list[Image.Image]) -> Image.Image:
    """One palette for all frames, so that nothing flickers."""
    few = images[:: max(1, len(images) // 8)]
    wide, high = few[0].size
    scales = (palette.ACTIVATION, palette.TENDON, (palette.REACTION,) * 2)
    sheet = Image.new("RGB", (wide * len(few), high + len(scales) * _SWATCH))
    for i, image in enumerate(few):
        sheet.paste(image, (i * wide, 0))
    # Colors that mean something are few on the picture; without swatches they would be merged.
    for row, stops in enumerate(scales):
        shades = palette.along(stops, np.linspace(0.0, 1.0, sheet.width))
        swatch = np.linspace(0.55, 1.0, _SWATCH)[:, None, None] * shades
        pixels = Image.fromarray((255.0 * swatch).astype(np.uint8), "RGB")
        sheet.paste(pixels, (0, high + row * _SWATCH))
    return sheet.quantize(256, method=Image.Quantize.MEDIANCUT)


def _frame(scene: Scene, ghost: Scene | None, frame: int, height: int, view: str) -> Image.Image:
    width = round(height * _WIDE / _TALL)
    drawn = _image(picture(scene, frame, _view(view), (width, height), ghost))
    paper = Image.new("RGB", drawn.size, _PAPER)
    paper.paste(drawn, (0, 0), drawn)
    draw, line = ImageDraw.Draw(paper), max(height // 32, 11)
    font = ImageFont.load_default(line)
    draw.text((line, line), scene.name, fill=_INK, font=font)
    if ghost is not None:
        draw.text((line, round(2.4 * line)), f"grey: {ghost.name}", fill=_QUIET, font=font)
    share = f"{scene.percent[frame]:.0f} %"
    draw.text((width - line, line), share, fill=_QUIET, font=font, anchor="ra")
    return paper


def _view(name: str) -> View:
    azimuth, elevation = VIEWS[name]
    return View(azimuth, elevation, (0.0, _MIDDLE, 0.0), _WIDE, _TALL)


def _image(weighted: np.ndarray) -> Image.Image:
    """A picture whose colors are weighted by alpha as an image whose colors are not."""
    alpha = weighted[..., 3:]
    plain = np.where(alpha > 0.0, weighted[..., :3] / np.maximum(alpha, 1e-6), 0.0)
    pixels = np.concatenate([plain, alpha], axis=-1).clip(0.0, 1.0)
    return Image.fromarray((255.0 * pixels).round().astype(np.uint8), "RGBA")
