"""``python -m tests.guide``: write the pages of the guide that follow from the program."""

from tests.guide.pages import write

if __name__ == "__main__":
    write()
