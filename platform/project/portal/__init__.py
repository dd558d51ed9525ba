"""The pages at `/`: what this platform is, and where everything is."""
