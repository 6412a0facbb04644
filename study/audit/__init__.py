"""Does anything give a system away? Texts searched for leaks, and how well surface features tell the systems apart."""

from study.audit.leaks import LEAKS, find_leaks
from study.audit.material import Material, material
from study.audit.surface import feature_table, prediction

__all__ = ["LEAKS", "Material", "feature_table", "find_leaks", "material", "prediction"]
