"""A webhook that checks signatures and answers what its path says, for tests of delivery.

Prints its port. What it takes is appended to FILE as lines of JSON. Paths: /CODE, /CODE/RETRY-AFTER, /drop (the connection is closed
after the whole request), /stall. /each/200/drop does with the first request of a connection what /200 does, and with the
second what /drop does. /for/PARTNER/503 does to that partner's what /503 does, and takes all others. Under /dice/SEED/RATE chance decides (Tools/torture delivery).
"""

import base64
import hashlib
import hmac
import json
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

file_name, secrets = sys.argv[1], sys.argv[2:]
lock = threading.Lock()
# By path: what comes next is as the seed says.
dice = {}


def rolled(path):
    """The parts of the path that chance puts in place of /dice/SEED/RATE."""
    _, seed, rate = path
    with lock:
        chance = dice.setdefault(seed, random.Random(seed))
        if chance.random() >= float(rate):
            return ["200"]
        return chance.choice([["drop"], ["drop"], ["early"], ["500"], ["400"], ["302"], ["429", "1"], ["503", "1"], ["slow"]])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else headers and body are two packets, and the second waits for 40 ms.
    wbufsize = -1

    def do_POST(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "dice":
            parts = rolled(parts)
        if parts[0] == "each":
            self.requests = getattr(self, "requests", 0) + 1
            parts = [parts[min(self.requests, len(parts) - 1)]]
        if parts[0] == "early":
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if parts[0] == "for":
            parts = parts[2:] if json.loads(body)["data"]["partner"] == parts[1] else ["200"]
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        given = self.headers["webhook-signature"].split(" ")
        good = [
            "v1," + base64.b64encode(hmac.digest(base64.b64decode(secret[6:]), signed, hashlib.sha256)).decode()
            in given
            for secret in secrets
        ]
        row = {
            "path": self.path,
            "id": self.headers["webhook-id"],
            "timestamp": self.headers["webhook-timestamp"],
            "type": self.headers["Content-Type"],
            "signed": good,
            "peer": self.client_address[1],
            "body": json.loads(body),
            "answer": parts[0],
        }
        with lock, open(file_name, "a") as file:
            file.write(json.dumps(row) + "\n")
        if parts[0] == "drop":
            self.close_connection = True
            return
        if parts[0] == "stall":
            time.sleep(60)
        if parts[0] == "slow":
            time.sleep(0.3)
            parts = ["200"]
        self.send_response(int(parts[0]))
        if parts[0].startswith("3"):
            self.send_header("Location", "/200")
        if len(parts) > 1:
            self.send_header("Retry-After", parts[1])
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Of more callers at once than this the system resets some, after they have sent a whole request: with the usual
    # five that is seldom, and looks like an answer that was lost.
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
