"""A webhook that fails in many ways."""

import http.server
import random
import threading


class Sink:
    """`with Sink(seed) as sink:` listens at `sink.address` until the end of the block."""

    def __init__(self, seed):
        chance = random.Random(seed)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                kind = chance.choice(("good", "good", "good", "refuse", "later", "busy", "drop", "early"))
                if kind == "early":
                    return self.connection.close()
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if kind == "drop":
                    return self.connection.close()
                self.send_response({"good": 200, "refuse": 410, "later": 500, "busy": 429}[kind])
                if kind == "busy":
                    # Without it the delivery waits for a minute each time, longer than a trial may take.
                    self.send_header("retry-after", "1")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
