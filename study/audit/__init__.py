"""Does anything give a system away, or a person? Leaks and personal data in texts, and how telling their surface is."""

from study.audit.leaks import LEAKS, find_leaks
from study.audit.material import AuditedTexts, Text, audited_texts
from study.audit.personal import find_personal
from study.audit.surface import feature_table, prediction

__all__ = [
    "LEAKS",
    "AuditedTexts",
    "Text",
    "audited_texts",
    "feature_table",
    "find_leaks",
    "find_personal",
    "prediction",
]
