"""What the header of a column says it holds, in the words that teams and programs use for it.

English first, with Swedish, German, French and Spanish beside it.
"""

from __future__ import annotations

import re

_KIND_OF_CODE = (
    r"(primary |secondary |sub[- ]?|parent |initial |open |axial |selective |final |assigned |"
    r"applied |main |overarching |under|huvud|haupt|unter)?"
)
_ROLES = {
    "document": r"document( ?name)?|doc|interview(ee)?( name)?|participants?|respondents?|informant|"
    r"transcript( name)?|media title|file( ?name)?|source|case|pid|person|speaker|"
    r"deltagare|intervju(person)?|befragte[r]?|dokument|entrevista(do|da)?|participante|entretien|"
    r"(response|respondent|participant|interview|case|record|subject|person|transcript)"
    r" ?(id|nr|no|number|code|#)",
    "quotation": r"quot(e|es|ation|ations|ation content)( text)?|quoted text|excerpt( copy| text)?|content|"
    r"segment|coded segments?|passage|text( content| segment)?|response|answer|comment text|"
    r"(data )?extract|statement|utterance|verbatim|meaning units?|coded text|"
    r"citat|meningsenhet|zitat|textstelle|citation|extrait|cita|segmento|texto",
    "coder": r"coders?|coded by|coder ?(id|name)|created by|creator|rater|analyst|user|excerpt creator|"
    r"annotator|tagger|kodare|kodiere[r]?|codeur|codificador(a)?|analista",
    "note": r"note|notes|memo|comment|comments|remark|anteckning|kommentar",
    "codes": _KIND_OF_CODE + r"(code|codes|tag|tags|theme|themes|category|categories|label|labels|"
    r"coded? ?name|kod|koder|tema|teman|kategori|kategorier|kode|kodes|thema|kategorie|"
    r"código|codigo|códigos|categoría|categoria|thème|catégorie)[ .-]*\d*",
    "count": r"(number|no\.?|nr|count|#) ?(of )?codes",
    "definition": r"(full )?(definition|description|meaning|explanation)s?|beskrivning|beschreibung|descripción",
}
# from theme to code; a sheet that has two of them has a tree
_LEVELS = (
    r"(overarching |main |major |parent )?(theme|category|family|dimension|domain)( name)?|parent code|"
    r"huvudtema|tema|huvudkategori|kategori|(haupt)?(thema|kategorie)|categoría|categoria|catégorie|thème",
    r"sub[- ]?(theme|category)|undertema|underkategori|unter(thema|kategorie)|subtema|subcategoría",
    r"(initial |open |final )?code( name)?|kod|kode|código|codigo|coded name",
    r"sub[- ]?code|underkod|subcódigo",
)


def fits(role: str, name: str) -> bool:
    """Whether a header is one of the words for a role: document, quotation, coder, note, codes, …"""
    return bool(words(name)) and re.fullmatch(_ROLES[role], words(name)) is not None


def level(name: str) -> int | None:
    """0 for a theme, 1 sub-theme, 2 code, 3 sub-code; None for any other header."""
    return next((n for n, rule in enumerate(_LEVELS) if re.fullmatch(rule, words(name))), None)


def words(name: str) -> str:
    """ "ResponseId" and "response_id" are read as "response id"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").casefold().strip()
