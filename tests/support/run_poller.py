"""A poller in a process of its own, to be killed or stopped: `run_poller.py CONFIG DATABASE_URL DATA_DIR LEASE`."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from gateway.config import load
from gateway.store import open_store
from support.poller import QUICK, polling

config, url, data, lease = sys.argv[1:]
store = open_store(url, Path(data))
with polling(load(Path(config)), store, times=replace(QUICK, lease=float(lease))):
    while True:
        time.sleep(1)
