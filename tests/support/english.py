"""English in what a German reader sees: texts of the catalogues that have another German, and words that
German does not have."""

import gettext
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import django
from django.conf import settings

ENGLISH = """
about above added after again already and any are as asked at be because been before below but by
can cannot changed changes choose contains could created customer customers delete deleted did does
done each empty enter every everything first for found from given has have here history how if into
is it its last made may missing more must needs never new newer nobody none not nothing now of once
only or order other our ours out please product products receipt receipts remove save seen select
shall should shown since some than that the their them then there these they this those to too until
used user view we were what when where which while who whose will with without would wrong yes yet
you your
"""
"""Words that make a sentence English, without those that are German words too."""
WORDS = frozenset(ENGLISH.split())
VISIBLE = {"title", "aria-label", "placeholder", "alt", "label", "aria-description"}
VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905  easier to read
)
SILENT = {"script", "style", "svg", "code", "template"}


class _Texts(HTMLParser):
    """The texts of a page, each text node and each attribute that is read to somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in VOID:
            self.open.append("code" if given.get("lang") == "en" else tag)
        self.texts += [given[name] for name in VISIBLE & given.keys() if given[name]]
        if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
            self.texts.append(given.get("value") or "")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data):
        if not SILENT & {*self.open}:
            self.texts.append(data)


def texts_of(html: str) -> set[str]:
    parser = _Texts()
    parser.feed(html)
    return {text for each in parser.texts if (text := " ".join(each.split()))}


@cache
def translated() -> frozenset[str]:
    """English texts, of ours and of Django's, that are another text in German and no German text."""
    english: set[str] = set()
    german: set[str] = set()
    folders = [*settings.LOCALE_PATHS]
    root = Path(django.__file__).parent
    folders += [*root.glob("conf/locale"), *root.glob("contrib/*/locale")]
    for folder in folders:
        file = Path(folder) / "de" / "LC_MESSAGES" / "django.mo"
        if not file.exists():
            continue
        with open(file, "rb") as opened:
            texts = gettext.GNUTranslations(opened)._catalog
        for key, value in texts.items():
            text = key[0] if isinstance(key, tuple) else key
            text = text.rpartition("\x04")[2]
            german.add(" ".join(value.split()))
            if text != value:
                english.add(" ".join(text.split()))
    return frozenset(english - german - {""})


NAMES = {"Isle of Man", "New York", "Port of Spain"}


def english_in(texts: set[str]) -> list[str]:
    """Those of the texts that are English; a password's hash is no text."""
    candidates = {text for text in texts if text not in NAMES and "***" not in text}
    return sorted(text for text in candidates if text in translated() or _sounds(text))


def _sounds(text: str) -> bool:
    words = re.findall(
        r"[a-z]+", re.sub(r"https?://\S+|\S+@\S+|\w*[_.=/]\w+", " ", text.casefold())
    )
    english = [word for word in words if word in WORDS]
    return len(english) >= 2 or (len(english) == 1 and len(words) <= 3)
