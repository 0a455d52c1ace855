"""Programs that feed AI models and assistants, by the name they give in robots.txt.

Names and purposes follow the public list github.com/ai-robots-txt/ai.robots.txt,
which does not know all purposes for certain. Training collects pages for makers
of models or sells them on; answering reads a page because somebody asked, or
for an index from which answers with links are made. Some of the latter, such as
Perplexity-User, say that they ask no robots.txt.
"""

from config.models import AiAccess

TRAINING = (
    "AI2Bot",
    "Amazonbot",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "cohere-training-data-crawler",
    "DeepSeekBot",
    "Diffbot",
    "FacebookBot",
    "Google-Extended",
    "GPTBot",
    "meta-externalagent",
    "omgili",
    "PanguBot",
    "Timpibot",
    "webzio-extended",
)
ANSWERING = (
    "Amzn-SearchBot",
    "Amzn-User",
    "ChatGPT-User",
    "Claude-SearchBot",
    "Claude-User",
    "cohere-ai",
    "DuckAssistBot",
    "Google-NotebookLM",
    "meta-externalfetcher",
    "meta-webindexer",
    "MistralAI-User",
    "OAI-SearchBot",
    "Perplexity-User",
    "PerplexityBot",
    "YouBot",
)

_KEPT_OUT = {
    AiAccess.ALL: (),
    AiAccess.ANSWERS: TRAINING,
    AiAccess.NONE: TRAINING + ANSWERING,
}


def kept_out(access: str) -> tuple[str, ...]:
    """Return the names that robots.txt turns away under `access`, an `AiAccess` value."""
    return _KEPT_OUT[AiAccess(access)]
