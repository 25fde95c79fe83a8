"""The pages of the docs, and the code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = {str(path.relative_to(ROOT)): path.read_text() for path in [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]}


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the blocks of code in a language, each with the page that it is on."""
    pattern = re.compile(rf"^```{language}\n(.*?)```", re.DOTALL | re.MULTILINE)
    return [(name, code) for name, text in DOCS.items() for code in pattern.findall(text)]


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def titled(page: str, title: str) -> str:
    """Return the block of Python that a page gives a file's name."""
    found: list[str] = re.findall(rf'```python title="{title}"\n(.*?)```', DOCS[page], re.DOTALL)
    return found[0]
