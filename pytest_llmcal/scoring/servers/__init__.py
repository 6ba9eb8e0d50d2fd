"""Models behind a server that speaks OpenAI's protocol: vLLM, llama-cpp-python and the like."""

from pytest_llmcal.scoring.servers.address import PREFIX, ServerAddress, parse_address
from pytest_llmcal.scoring.servers.loading import cached_server, load_server
from pytest_llmcal.scoring.servers.options import ServerOptions

__all__ = ["PREFIX", "ServerAddress", "ServerOptions", "cached_server", "load_server", "parse_address"]
