"""The parts of the window around the canvas, and what opens above it. Each shows values of the session and sends it deeds."""
