"""Requests to a server: sent again where that can help, within a budget, with no secret in any error."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import tenacity

from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.servers.address import ServerAddress
from pytest_llmcal.scoring.servers.faults import PassingError, RefusedError, fault_of, parsed
from pytest_llmcal.scoring.servers.key import ApiKey
from pytest_llmcal.scoring.servers.options import ServerOptions


class Client:
    """One server, for any number of threads.

    Parameters
    ----------
    address : ServerAddress
    key : ApiKey
    options : ServerOptions

    Attributes
    ----------
    address : ServerAddress
    gives_up : threading.Event
        While it is set, no request is sent again: another one has failed for good.
    """

    def __init__(self, address: ServerAddress, key: ApiKey, options: ServerOptions) -> None:
        self.address = address
        self.gives_up = threading.Event()
        self._key = key
        self._options = options
        self._spent = 0
        self._alone = threading.Lock()
        self._http: httpx.Client | None = None

    def get(self, path: str) -> dict[str, Any]:
        """Fetch what stands at a path below the server's URL.

        Raises
        ------
        RefusedError
            The server does not answer this request, and would not the next time.
        ModelError
            The server cannot be reached, refuses all requests, or the budget is spent.
        """
        return self._asked("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask a question; raises as ``get`` does."""
        return self._asked("POST", path, {"model": self.address.model, **body})

    def disconnect(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._alone:
            http, self._http = self._http, None
        if http is not None:
            http.close()

    def _connected(self) -> httpx.Client:
        with self._alone:
            if self._http is None:
                self._http = httpx.Client(
                    auth=self._key.authorize,
                    timeout=self._options.timeout,
                    limits=httpx.Limits(max_connections=self._options.concurrency),
                )
            return self._http

    def _asked(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        options = self._options
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(options.attempts), tenacity.stop_when_event_set(self.gives_up)
            ),
            wait=self._wait,
            sleep=tenacity.sleep_using_event(self.gives_up),
            reraise=True,
        )
        try:
            answer: dict[str, Any] = retrying(self._once, method, path, body)
        except PassingError as error:
            tried = retrying.statistics.get("attempt_number", 1)
            times = "at the first attempt" if tried == 1 else f"{tried} times"
            raise self._failed(ModelError, f"it failed {times}, at last with: {error}") from None
        except RefusedError as error:
            raise self._failed(RefusedError, str(error), error.status) from None
        except ModelError as error:
            raise self._failed(ModelError, str(error)) from None
        return answer

    def _failed(self, kind: type[ModelError], text: str, *more: object) -> ModelError:
        return kind(self._key.scrubbed(f"server {self.address.url}: {text}"), *more)

    def _once(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        self._spend()
        try:
            response = self._connected().request(method, self.address.url + path, json=body)
        except httpx.TimeoutException:
            raise PassingError(f"no answer within {self._options.timeout:g} seconds") from None
        except httpx.TransportError as error:
            raise PassingError(str(error) or type(error).__name__) from None
        if response.status_code != httpx.codes.OK:
            raise fault_of(response, longest_wait=self._options.longest_wait, with_key=bool(self._key))
        return parsed(response)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        first, longest = self._options.first_wait, self._options.longest_wait
        back_off = tenacity.wait_exponential(first, longest)(state) + tenacity.wait_random(0, min(1, first))(state)
        error = state.outcome.exception() if state.outcome is not None else None
        return max(back_off, getattr(error, "wait", None) or 0.0)

    def _spend(self) -> None:
        with self._alone:
            if self._options.budget is not None and self._spent >= self._options.budget:
                raise ModelError(f"the budget of {self._options.budget} requests is spent")
            self._spent += 1
