"""Automatic judges: a language model sees a profile and one or two outputs, and says which output it prefers.

Their questions come from templates, which are part of a judge's signature. :mod:`study.workflows.judge_runs` asks and
stores.
"""

from study.metrics.judges.clients import Chat, QuestionRefused, ServerError, server_chat
from study.metrics.judges.personas import PERSONAS, persona_text
from study.metrics.judges.questions import MODES, Judge, JudgeQuestion, questions_of
from study.metrics.judges.replies import Answer, Unreadable, read_reply
from study.metrics.judges.templates import TEMPLATES, Template, template

__all__ = [
    "MODES",
    "PERSONAS",
    "TEMPLATES",
    "Answer",
    "Chat",
    "Judge",
    "JudgeQuestion",
    "QuestionRefused",
    "ServerError",
    "Template",
    "Unreadable",
    "persona_text",
    "questions_of",
    "read_reply",
    "server_chat",
    "template",
]
