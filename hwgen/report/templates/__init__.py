"""The page's HTML, style and script; all of them go into one file."""
