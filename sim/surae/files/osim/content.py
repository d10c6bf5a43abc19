"""Is this file an OpenSim model? Asked before OpenSim is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from surae._errors import UnusableInput


def model_content(path: Path) -> bytes:
    """The file's bytes, once it is known to be an OpenSim model."""
    if path.is_dir():
        raise UnusableInput(f"{path} is a folder; give an OpenSim model (.osim).")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise UnusableInput(
            f"{path} is no valid XML ({error}); it is broken or cut short: get the file again."
        ) from None
    if root.tag != "OpenSimDocument" or root.find("Model") is None:
        raise UnusableInput(
            f"{path} is XML and no OpenSim model: it begins with <{root.tag}> and has no <Model> "
            "in it; give a model file (.osim)."
        )
    return content
