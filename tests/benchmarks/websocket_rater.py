"""A rater without a browser: speaks Streamlit's websocket protocol, clicks buttons, and times the answer."""

import asyncio
import json
import time
from collections.abc import Callable
from ssl import SSLContext
from types import TracebackType
from typing import Self

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

PATIENCE = 60.0
SEPARATOR = "|"
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def component_buttons(element: Element) -> dict[str, str]:
    """Return what may be pressed in a comparison: a name, another one for every question, to the label."""
    vote = (
        json.loads(element.bidi_component.json)[0].get("vote")
        if element.bidi_component.json[:1] == "["
        else None
    )
    pressable = [*vote["answers"], *vote["aside"]] if vote else []
    return {
        SEPARATOR.join([element.bidi_component.id, vote["view"], button["name"]]): button["label"]
        for button in pressable
        if button["open"]
    }


def pressed_widget(name: str) -> WidgetState:
    """Return what a browser sends when a button of the page is pressed, by the button's name."""
    if SEPARATOR not in name:
        return WidgetState(id=name, trigger_value=True)
    component, view, button = name.split(SEPARATOR)
    press = {"event": "press", "value": {"view": view, "button": button}}
    return WidgetState(
        id=f"$$STREAMLIT_INTERNAL_KEY_{component}__events", json_trigger_value=json.dumps([press])
    )


class WebsocketRater:
    """One browser session. ``buttons`` are the buttons of the page as it stands: id to label.

    A button of a fragment runs its fragment alone, as in a browser.
    """

    def __init__(
        self, url: str, page: str, query: str, *, cookie: str = "", trust: SSLContext | None = None
    ) -> None:
        """Take the app's address; with https, what certificates are trusted. A cookie is the browser's own."""
        self.origin = url
        self.url = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.headers = {"Cookie": f"blindpair_device={cookie}"} if cookie else {}
        self.trust = trust
        self.page = page
        self.query = query
        self.page_hash = ""
        self.buttons: dict[str, str] = {}
        self.fragments: dict[str, str] = {}
        self.elements: list[Element] = []
        self.bytes_received = 0

    async def __aenter__(self) -> Self:
        self.socket = await websockets.connect(
            self.url,
            subprotocols=["streamlit"],
            origin=self.origin,  # type: ignore[arg-type]
            additional_headers=self.headers,
            ssl=self.trust,
            max_size=None,  # type: ignore[list-item, arg-type]
        )
        await self.run()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()

    @property
    def texts(self) -> str:
        """All that the page holds as it stands."""
        return "\n".join(map(str, self.elements))

    async def run(self, pressed: str | None = None) -> float:
        """Run the script, with a button pressed; return the seconds until it has finished.

        Raises
        ------
        RuntimeError
            If the script failed or showed an error.
        """
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        if self.page_hash:  # a browser names the page by its address first, then as the app does
            state.page_script_hash = self.page_hash
        else:
            state.page_name = self.page
        if pressed is not None:
            state.fragment_id = self.fragments.get(pressed, "")
            state.widget_states.widgets.append(pressed_widget(pressed))
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self._until_finished(), PATIENCE)
        return time.perf_counter() - start

    async def press(self, wanted: Callable[[str], bool]) -> float:
        """Press the first button whose label is wanted."""
        for name, label in self.buttons.items():
            if wanted(label):
                return await self.run(name)
        raise RuntimeError(f"no such button; there are {list(self.buttons.values())}")

    async def _until_finished(self) -> None:
        shown: dict[str, str] = {}
        fragments: dict[str, str] = {}
        elements: list[Element] = []
        while True:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            self.bytes_received += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                run = set(message.metadata.run.fragment_ids)
                kept = {name for name, fragment in self.fragments.items() if run and fragment not in run}
                shown = {name: label for name, label in self.buttons.items() if name in kept}
                fragments = {name: self.fragments[name] for name in kept}
                elements = []
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                elements.append(element)
                for name, label in component_buttons(element).items():
                    shown[name] = label
                    fragments[name] = message.delta.fragment_id
                if element.WhichOneof("type") == "button":
                    shown[element.button.id] = element.button.label
                    fragments[element.button.id] = message.delta.fragment_id
                elif element.WhichOneof("type") == "exception":
                    raise RuntimeError(element.exception.message)
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished":
                if message.script_finished in FINISHED:
                    self.buttons, self.fragments, self.elements = shown, fragments, elements
                    return
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError("the script does not compile")
