"""Makes initials.ttf: the letters that initials can have, out of Noto Sans SemiBold. README.md says how to run this."""

import subprocess
import sys
import tarfile
import tempfile
import unicodedata
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

VERSION = "5.3.0"
WEIGHT = 600
COPYRIGHT = "Copyright 2022, 2024 The Noto Project Authors (https://github.com/notofonts)"
# Packages of npm with the parts to take: each part is a font of its own.
PARTS = {
    "noto-sans": ["latin", "latin-ext", "vietnamese", "greek", "cyrillic", "cyrillic-ext"],
    "noto-sans-armenian": ["armenian"],
    "noto-sans-georgian": ["georgian"],
    "noto-sans-hebrew": ["hebrew"],
}
BLOCKS = [
    range(0x30, 0x3A),  # digits
    range(0x41, 0x250),  # Latin, with Latin-1, Extended-A and Extended-B
    range(0x386, 0x3AC),  # Greek
    range(0x400, 0x460),  # Cyrillic
    range(0x48A, 0x500),
    range(0x531, 0x557),  # Armenian
    range(0x5D0, 0x5EB),  # Hebrew
    range(0x10D0, 0x10F1),  # Georgian
    range(0x1E00, 0x1F00),  # Latin, with the letters of Vietnamese
]
# Letters of phonetic, medieval and abandoned spellings.
UNUSED = "ƂƄƇƋƑƜƟƢƦƧƪƮƸƻƼǄǇǊǱǶǷȜȠȢɁɄɆɊɌɎ" "ḈḔḖḮṌṎṐṒṤṦṸṺỺỼỾ"


def is_initial(code):
    """Whether a letter or digit is in upper case or without case, and not one that NFC takes apart."""
    character = chr(code)
    # Unicode gives Georgian capitals, which only texts wholly in capitals use: it counts as lower case.
    georgian = 0x10D0 <= code
    return (
        any(code in block for block in BLOCKS)
        and (unicodedata.category(character) in ("Lu", "Lo", "Nd") or (georgian and code < 0x1100))
        and unicodedata.normalize("NFC", character) == character
        and character not in "ªºǀǁǂǃ" + UNUSED
    )


def subset(path, codes, name_ids=()):
    """Loads a font and keeps the outlines and widths of these characters alone."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = list(name_ids)
    options.glyph_names = False
    options.notdef_outline = False
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "STAT", "gasp"]
    font = TTFont(path)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    return font


def share(font):
    """Makes what uses one of several equal outlines use the first: each part brought its own A to put accents on."""
    outlines, metrics = font["glyf"], font["hmtx"].metrics
    first, same = {}, {}
    for name in font.getGlyphOrder():
        key = (outlines[name].compile(outlines), metrics[name])
        same[name] = first.setdefault(key, name)
    for name in font.getGlyphOrder():
        for component in getattr(outlines[name], "components", []):
            component.glyphName = same[component.glyphName]
    for table in font["cmap"].tables:
        table.cmap = {code: same[name] for code, name in table.cmap.items()}


def main(target):
    with tempfile.TemporaryDirectory() as folder:
        paths, taken = [], set()
        for package, parts in PARTS.items():
            packed = subprocess.run(
                ["npm", "pack", "--silent", f"@fontsource/{package}@{VERSION}"],
                cwd=folder, check=True, capture_output=True, text=True,
            ).stdout.strip()
            with tarfile.open(Path(folder, packed)) as archive:
                for part in parts:
                    name = f"package/files/{package}-{part}-{WEIGHT}-normal.woff"
                    archive.extract(name, folder, filter="data")
                    whole = Path(folder, name)
                    codes = {code for code in TTFont(whole).getBestCmap() if is_initial(code)} - taken
                    taken |= codes
                    # The notice of copyright and the licence stay in the font, and so in what embeds it.
                    font = subset(whole, codes, [0, 13, 14])
                    font.flavor = None
                    paths.append(whole.with_suffix(".ttf"))
                    font.save(paths[-1])
        merged = Merger().merge([str(path) for path in paths])
        share(merged)
        merged.save(Path(folder, "merged.ttf"))
        font = subset(Path(folder, "merged.ttf"), taken, [0, 13, 14])
        # A fixed time (2019), so that the same packages always give the same file.
        font.recalcTimestamp = False
        font["head"].created = font["head"].modified = 0xDA000000
        font["name"].setName(COPYRIGHT, 0, 3, 1, 0x409)
        font.save(target)
    print(f"{len(taken)} characters, {Path(target).stat().st_size} bytes")


main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("initials.ttf"))
