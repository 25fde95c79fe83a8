"""Which browser the tests use: Debian's Chromium without a window, less than half the work of the whole one."""

from pathlib import Path

# Not /usr/bin/chromium-headless-shell: a script, which ends without its browser.
PLACES = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((path for path in PLACES if path.exists()), None)
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
WHY_NOT = f"there is none of {', '.join(map(str, PLACES))}: apt install chromium-headless-shell"
