"""A small OpenID Connect provider on this machine: says of whoever comes that they are the address it was told."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT = "blindpair-tests"


class IdentityProvider:
    """Serves discovery, keys, authorization (which asks nothing) and tokens; ``claims`` say who comes next."""

    def __init__(self, claims: dict[str, Any]) -> None:
        from joserfc.jwk import RSAKey

        self.claims = claims
        self.key = RSAKey.generate_key(2048, {"kid": "1", "alg": "RS256", "use": "sig"})
        self.nonces: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            def do_POST(self) -> None:
                provider.token(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "IdentityProvider":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer the discovery, the keys and the authorization."""
        parts = urlsplit(request.path)
        if parts.path == "/.well-known/openid-configuration":
            self._send(
                request,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        elif parts.path == "/keys":
            self._send(request, {"keys": [self.key.as_dict(private=False)]})
        else:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = base64.urlsafe_b64encode(str(time.time()).encode()).decode()
            self.nonces[code] = asked.get("nonce", "")
            request.send_response(302)
            where = urlencode({"code": code, "state": asked["state"]})
            request.send_header("Location", f"{asked['redirect_uri']}?{where}")
            request.end_headers()

    def token(self, request: BaseHTTPRequestHandler) -> None:
        """Give the identity token for a code."""
        from joserfc import jwt

        form = parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {
            **{"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 600},
            **{"nonce": self.nonces[form["code"][0]], **self.claims},
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        self._send(
            request, {"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token}
        )

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
