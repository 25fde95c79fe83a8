"""python -m tornado_chat.testing echo --port 9001"""

import contextlib

from tornado_chat.testing.echo import main

with contextlib.suppress(KeyboardInterrupt):
    main()
