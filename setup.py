"""The compiled build, for who asks for it: TORNADO_CHAT_COMPILE=1 pip install . (all else is in setup.cfg)."""

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import setup

# What a message passes. What plugins call (Channel, Context) and what calls them stays interpreted: once compiled, it
# would check the types of arguments, and a positional-only parameter could not share its name with a field.
MODULES = {
    "chat": """batching calls commit_news connection delivery models pending protocol rate_limits saying usage
        validation words""",
    "routing": "action answers router schema",
    "storage": "memory memory_log memory_threads",
    "storage/sqlite": "history indexing numbers queries threads",
    "web/socket": "frames session transport",
}
GROUP = "tornado_chat.compiled"  # see config/compiled.py
# Its functions call each other directly: no other library takes their place.
DIRECT = ["-fno-semantic-interposition", "-fno-plt"]
# The compiler reads the types of what the modules import.
NEEDED = ["mypy>=1.18,<3", "tornado>=6.6.1,<6.7", "orjson>=3.10", "uvloop>=0.21"]


def check() -> None:
    """End with a line that says what is missing, or that this must not be."""
    if {"editable_wheel", "develop", "--inplace", "-i"} & set(sys.argv):
        sys.exit("The compiled build cannot be editable: what is compiled would hide what is edited. Leave -e away.")
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        sys.exit(f"The compiled build needs a C compiler, and there is no {compiler}: apt install gcc")
    if not (headers := Path(sysconfig.get_path("include"), "Python.h")).exists():
        sys.exit(f"The compiled build needs Python's headers, and there is no {headers}: apt install python3-dev")


if os.environ.get("TORNADO_CHAT_COMPILE") != "1":
    setup()
else:
    check()
    if {"egg_info", "dist_info"} & set(sys.argv):  # pip is asking what this is, and what has to be installed first
        setup(setup_requires=NEEDED)
    else:
        try:
            from mypyc.build import mypycify
        except ImportError:
            sys.exit(f"The compiled build needs, where it is made, {' '.join(NEEDED)}")
        files = [f"tornado_chat/{folder}/{name}.py" for folder, names in MODULES.items() for name in names.split()]
        # Not in build/, from which a module that is no longer listed would be taken the next time.
        with tempfile.TemporaryDirectory() as made:
            modules = mypycify(files, opt_level="2", debug_level="0", group_name=GROUP, target_dir=made)
            if sys.platform == "linux":
                for module in modules:
                    module.extra_compile_args += DIRECT
            setup(ext_modules=modules, options={"build": {"build_base": made}})
