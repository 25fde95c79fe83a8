"""python -m tornado_chat"""

import sys

from tornado_chat.server.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
