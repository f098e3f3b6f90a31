"""The page: `python app.py`, then open the address that it prints.

Host and port are Gradio's own settings: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT.
"""

from lstm_zoo.zoo.space import keep_cache

keep_cache()

# The Hub's client, which Gradio imports, reads then where its cache is.
from lstm_zoo.ui.app import build_app, launch_options  # noqa: E402

demo = build_app()

if __name__ == "__main__":
    demo.launch(**launch_options())
