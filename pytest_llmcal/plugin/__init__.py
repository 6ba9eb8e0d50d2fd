"""The pytest plugin: options, markers, fixtures and hooks.

Everything that a test run needs beyond this list is imported by the fixture that needs
it, so that loading the plugin costs an unrelated run next to nothing.
"""

# Each module stands after those that it imports: pytest warns of a plugin that was imported before it was named.
pytest_plugins = [
    "pytest_llmcal.plugin.options",
    "pytest_llmcal.plugin.parametrization",
    "pytest_llmcal.plugin.gates",
    "pytest_llmcal.plugin.gpu",
    "pytest_llmcal.plugin.fixtures",
    "pytest_llmcal.plugin.aliases",
    "pytest_llmcal.plugin.loading",
    "pytest_llmcal.plugin.assertions",
    "pytest_llmcal.plugin.items",
    "pytest_llmcal.plugin.recording",
    "pytest_llmcal.plugin.session",
    "pytest_llmcal.plugin.services",
    "pytest_llmcal.plugin.output",
    "pytest_llmcal.plugin.distribution",
    "pytest_llmcal.plugin.terminal",
]
