"""The app in the browser. What Gradio reads when it is imported is set here, before anything is."""

from __future__ import annotations

import os

from genimg.ui.serving.temp import VARIABLE, claim

# Read when gradio is imported: no telemetry, no summary of all events after each one, and where
# files belong: in the folder that Gradio would use, somebody else's may be in the way.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
os.environ[VARIABLE] = str(claim().path)
