"""Where the app is reached."""

from streamlit import config


def app_address() -> str:
    """Return the address of the app on this machine."""
    host = config.get_option("server.address") or config.get_option("browser.serverAddress")
    return f"http://{host}:{config.get_option('server.port')}{under_base('')}"


def under_base(path: str) -> str:
    """Return the path of something under the path that the app is served under."""
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}/{path}" if base else f"/{path}"
