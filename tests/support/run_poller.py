"""A poller in a process of its own, to be killed: `python run_poller.py CONFIG DATABASE_URL DATA_DIR`."""

import sys
import time
from pathlib import Path

from gateway.config import load
from gateway.store import open_store
from support.poller import polling

config, url, data = sys.argv[1:]
store = open_store(url, Path(data))
with polling(load(Path(config)), store):
    while True:
        time.sleep(1)
