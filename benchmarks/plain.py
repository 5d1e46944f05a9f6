"""The plain way to a picture that follows a slider in Gradio, which genimg is compared with.

    python -m benchmarks.plain --model checkpoints/cats-64-vae.safetensors --port 7999

A gr.Slider whose change draws into a gr.Image, with Gradio's defaults, as a tutorial has it; the
same model, the same direction and the same steps as in the measured drag. Its first line says, as
JSON, which value belongs to which picture: Gradio keeps a picture under a name that is made of what
is in it, so the address of a picture tells the value it was drawn for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # nothing goes out

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

END, STEP = 4.0, 0.1
VALUES = [round(i * STEP - END, 1) for i in range(round(2 * END / STEP) + 1)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--direction", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()

    import gradio as gr
    import torch
    from gradio.processing_utils import save_pil_to_cache
    from PIL import Image

    from genimg import Editor

    torch.set_num_threads(1)
    editor = Editor.load(options.model)
    latent = editor.sample(1)[0]

    def draw(value: float) -> Image.Image:
        return editor.decode(editor.move(latent, {options.direction: value}))[0]

    with gr.Blocks() as page:
        slider = gr.Slider(-END, END, 0, step=STEP, elem_id="slider")
        picture = gr.Image(elem_id="picture")
        slider.change(draw, slider, picture)

    with tempfile.TemporaryDirectory() as folder:
        places = [save_pil_to_cache(draw(value), folder) for value in VALUES]
    kept = {Path(place).parent.name: value for place, value in zip(places, VALUES, strict=True)}
    print(json.dumps(kept), flush=True)
    page.launch(server_port=options.port, quiet=True)


if __name__ == "__main__":
    main()
