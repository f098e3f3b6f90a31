"""The page: `python app.py`, then open the address that it prints.

Host and port are Gradio's own settings: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT.
"""

from lstm_zoo.ui.app import build_app, launch_options

demo = build_app()

if __name__ == "__main__":
    demo.launch(**launch_options())
