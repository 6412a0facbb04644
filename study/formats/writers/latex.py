"""Tables as LaTeX, for papers."""

import pandas as pd

# Symbols that pandas does not escape and standard LaTeX fonts lack.
SYMBOLS = {
    "α": r"$\alpha$",
    "κ": r"$\kappa$",
    "π": r"$\pi$",
    "ρ": r"$\rho$",
    "τ": r"$\tau$",
    "χ": r"$\chi$",
    "ε": r"$\varepsilon$",
    "²": r"$^2$",
    "−": r"$-$",
    "–": "--",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "<": "$<$",
    ">": "$>$",
}


def table_latex(frame: pd.DataFrame, caption: str, label: str) -> str:
    """Return a table of texts as LaTeX with the rules of booktabs; every cell is escaped.

    Parameters
    ----------
    frame : DataFrame
        As shown: cells are texts or whole numbers.
    caption : str
    label : str
        Referred to as ``tab:label``.

    Examples
    --------
    >>> print(table_latex(pd.DataFrame({"Statistic": ["α_n & co"], "n": [3]}), "50% sure", "demo"))
    \\begin{table}
    \\centering
    \\caption{50\\% sure}
    \\label{tab:demo}
    \\begin{tabular}{lr}
    \\toprule
    Statistic & n \\\\
    \\midrule
    $\\alpha$\\_n \\& co & 3 \\\\
    \\bottomrule
    \\end{tabular}
    \\end{table}
    <BLANKLINE>
    """
    styled = frame.style.hide(axis="index").format(escape="latex", precision=3, thousands=",", na_rep="--")
    styled = styled.format_index(escape="latex", axis="columns")
    text = styled.to_latex(
        hrules=True,
        position_float="centering",
        caption=_escaped(caption),
        label=f"tab:{label}",
        column_format="".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in frame.dtypes),
    )
    for symbol, command in SYMBOLS.items():
        text = text.replace(symbol, command)
    return text


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "&%$#_{}" else character for character in text)
