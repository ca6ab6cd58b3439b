"""Make the fonts of the window, and what the editor has to know about them, from free fonts.

Dear ImGui cannot look into a second font for a missing glyph through DearPyGui, so each weight is one merged file: Inter,
the Lucide icons from U+E000 on, and Noto Sans, Noto Sans Math, Noto Sans Symbols 2, Noto Emoji (one colour) and the boxes of JetBrains Mono for
what Inter lacks; the monospaced file is JetBrains Mono with the same fallbacks. The families are renamed, as the Open
Font License asks of changed versions, and the licence texts are written beside the files.

    python -m pip install '.[fonts]'          # fonttools, and the fonts of PyPI
    python build/fonts.py DOWNLOADS           # npm packages are fetched into DOWNLOADS unless they are there

Inputs: fontpkg-inter 4.1.post1, fontpkg-jetbrains-mono 2.211, fontpkg-noto-sans 2.15 (PyPI); lucide-static 1.62.0,
@fontsource/noto-sans-math
5.3.0, @fontsource/noto-sans-symbols-2 5.3.0, @fontsource/noto-emoji 5.3.2 (npm). Output: graphide/ui/fonts. The same inputs
give the same bytes.
"""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.varLib.instancer import instantiateVariableFont

OUTPUT = Path(__file__).resolve().parent.parent / "graphide" / "ui" / "fonts"
NPM = {
    "lucide-static": "1.62.0",
    "@fontsource/noto-sans-math": "5.3.0",
    "@fontsource/noto-sans-symbols-2": "5.3.0",
    "@fontsource/noto-emoji": "5.3.2",
}
LICENCES = {  # file of ours: package, file of theirs
    "OFL-Inter.txt": ("fontpkg_inter", "LICENSE"),
    "OFL-JetBrainsMono.txt": ("fontpkg_jetbrains_mono", "LICENSE"),
    "OFL-NotoSans.txt": ("fontpkg_noto_sans", "LICENSE"),
    "OFL-NotoSansMath.txt": ("@fontsource/noto-sans-math", "package/LICENSE"),
    "OFL-NotoSansSymbols2.txt": ("@fontsource/noto-sans-symbols-2", "package/LICENSE"),
    "OFL-NotoEmoji.txt": ("@fontsource/noto-emoji", "package/LICENSE"),
    "ISC-Lucide.txt": ("lucide-static", "package/LICENSE"),
}
WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}
UNITS = 2048
LARGEST = 1_400_000  # bytes of one file
ICONS = range(0xE000, 0xF900)
BOXES = range(0x2500, 0x25A0)
# Letters of Europe and Vietnam, Greek, Cyrillic, marks, punctuation, and most symbols; other scripts need shaping.
RANGES = ((0x20, 0x530), (0x1D00, 0x2980), (0x2B00, 0x2C00), (0x3000, 0x3003), (0xFB01, 0xFB03), (0xFFFD, 0xFFFE))
SANS = [code for first, end in RANGES for code in range(first, end)]
# Emoji that models write; all of them would be twice the size of everything else.
_SIGNS = """
✅❌❎❓❔❕❗⭐⚡✨⚠❤☀☁☑☕☎☝♥♻⚙⚖⚗⚽✂✈✉✊✋✌✍✏✔✖➕➖➗➡⬅⬆⬇⏰⏱⏳⌛⌚⏩⏪⏸⏹⏺◀▶ℹ〰🆕🆗🆘🆒🆓🆙🅰🅱
🌀🌅🌈🌊🌍🌎🌏🌐🌙🌟🌱🌲🌳🌴🌸🌹🌻🍀🍁🍂🍎🍕🍪🍰🍷🍺🎁🎂🎈🎉🎊🎓🎙🎤🎥🎧🎨🎬🎭🎮🎯🎲🎵🎶🎸🏁🏃🏅🏆🏠🏢🏥🏫🏷
🐍🐛🐞🐢🐦🐧🐱🐳🐶🐼👀👁👂👆👇👈👉👊👋👌👍👎👏👑👤👥👨👩👶👾💀💊💌💎💔💙💚💛💜💝💡💢💣💤💥💧💪💫💬💭💯💰💳💵💸💹💻💼💾💿
📁📂📃📄📅📆📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📜📝📞📡📢📣📤📥📦📧📨📩📬📰📱📲📷📸📹📺📻🔀🔁🔃🔄🔇🔊🔋🔌🔍🔎🔐🔑🔒🔓🔔🔖🔗🔙🔚🔛🔜🔝
🔢🔤🔥🔦🔧🔨🔩🔬🔭🔮🔴🔵🔶🔷🔸🔹🔺🔻🕐🕒🕵🕹🖊🖋🖌🖐🖥🖨🖱🖼🗂🗃🗄🗑🗒🗓🗝🗣🗺🚀🚂🚌🚗🚚🚢🚦🚧🚨🚩🚪🚫🚲🛑🛒🛠🛡🛢🛣🛸🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩
🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤣🤥🤦🤩🤪🤫🤬🤭🤮🤯🤷🥇🥈🥉🥰🥱🥳🥴🥵🥶🥹🥺🦀🦁🦄🦉🦊🦋🧐🧑🧙🧠🧡🧩🧪🧬🧭🧮🧰🧱🧲🧵🧹🪄🪙🪛🪜🪞🪟🪢🫠🫡🫢🫣🫶
"""
EMOJI = sorted({*range(0x1F600, 0x1F650), *map(ord, "".join(_SIGNS.split()))})
# Joiners and variation selectors: nothing is to be seen of them, least of all the sign for a missing character.
UNSEEN = [0x200B, 0x200C, 0x200D, 0x2060, *range(0xFE00, 0xFE10), 0xFEFF, *range(0x1F3FB, 0x1F400)]
# Icons without a place in a program for text; a name that begins with one of these words is left out.
_DULL = """
ambulance amphora anchor apple armchair armenian avocado axe azerbaijani baby backpack bacon baht banana bandage
bangladeshi barrel bath beaker bean bed beef beer belarusian bike binoculars biohazard bird birdhouse blender bone
bottle brick broccoli broom bubbles bus cake can candy cane cannabis caravan carousel carrot cassette castle cat cctv
chef cherry chess church cigarette citrus clapperboard clef cloudy clover concierge cone construction cooking credit
croissant cup cupcake dam dessert dirham dna dog dome donut door dram dribbble drill drum drumstick dumbbell ear egg
eighth emirati ev facebook faucet feather ferris figma fire fish fishing fitness flower footprints fork forklift franc
fuel gavel georgian germ glass glasses goal grape groceries guitar half ham hamburger handbag hat haze hd heater
helicopter helping hockey hop hospital hot hotel ice indian instagram iv japanese kayak kazakh lamp lari leafy lectern
lens lighthouse linkedin lira lollipop luggage manat mars martini medal microwave milk mirror mop mosque motorbike
mountain mouth naira nepali nfc non origami palm palmtree panda paper parasol park parking paw peanut perfume person
peso philippine piano pickaxe piggy pill pizza plane plant playing pocket podium popcorn popsicle rabbit radiation
rail rainbow rat receipt refrigerator ribbon riyal road robot rocking roller rose rss ruble rugby rupee russian
sailboat salad sandwich satellite saudi school scooter ship shirt shopping shovel shower shrimp shrub siren sixteenth
skull slack snail snowflake soap sofa solar soup speaker spray sprout squirrel stamp stethoscope sticker stone swatch
swiss sword swords syringe tablets taka tally tangent tenge tent tickets toilet toothbrush towel toy tractor traffic
train tram transgender trello tube turkish turntable turtle twitch twitter umbrella utensils utility van vault vegan
venus virus volleyball wallet warehouse washing waves weight wheat wind wine worm yen zodiac
"""
LEFT_OUT = frozenset(_DULL.split())
EPOCH = 3_786_912_000  # 1 January 2024 in seconds since 1904: the time of a build would change the bytes
COPYRIGHT = (
    "Copyright 2020 The Inter Project Authors (https://github.com/rsms/inter); "
    "Copyright 2020 The JetBrains Mono Project Authors (https://github.com/JetBrains/JetBrainsMono); "
    "Copyright 2022 The Noto Project Authors (https://github.com/notofonts); "
    "icons Copyright 2026 Lucide Icons and Contributors (ISC), some Copyright 2013 Cole Bemis (MIT)"
)


def main(downloads: Path) -> None:
    """Write the fonts, the names of the icons, the metrics and the licences."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    packages = {name: fetched(name, version, downloads) for name, version in NPM.items()}
    metrics = {
        f"sans-{name.lower()}": write(sans(weight, packages), "Graphide Sans", name) for name, weight in WEIGHTS.items()
    }
    metrics["mono-regular"] = write(mono(packages), "Graphide Mono", "Regular")
    (OUTPUT / "metrics.json").write_text(json.dumps(metrics, separators=(",", ":")) + "\n", "utf-8")
    write_icon_names(icon_names(packages["lucide-static"]))
    write_licences(packages)


def fetched(name: str, version: str, downloads: Path) -> Path:
    """Return the archive of an npm package, fetching it when it is not in `downloads`."""
    path = downloads / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not path.exists():
        downloads.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", f"{name}@{version}", "--silent"], cwd=downloads, check=True)
    return path


def member(archive: Path, name: str) -> bytes:
    """Return the bytes of one file of an archive."""
    with tarfile.open(archive) as opened:
        found = opened.extractfile(name)
        assert found is not None, f"{archive} has no {name}"
        return found.read()


def icon_names(archive: Path) -> dict[str, int]:
    """Return the code points of the icons that are taken, by name; an icon may have several names.

    The list of Lucide also names icons that its font has no more.
    """
    there = TTFont(io.BytesIO(member(archive, "package/font/lucide.ttf"))).getBestCmap()
    names: dict[str, int] = json.loads(member(archive, "package/font/codepoints.json"))
    gone = {code for name, code in names.items() if name.partition("-")[0] in LEFT_OUT}
    return {name: code for name, code in names.items() if code in there and code not in gone}


def sans(weight: int, packages: dict[str, Path]) -> TTFont:
    """Return one weight of the proportional family."""
    inter = cut(instance("fontpkg_inter/Inter[opsz,wght].ttf", opsz=14, wght=weight), SANS)
    line = (inter["hhea"].descent, inter["hhea"].ascent)
    noto = instance("fontpkg_noto_sans/NotoSans[wdth,wght].ttf", wdth=100, wght=weight)
    boxes = cut(instance("fontpkg_jetbrains_mono/JetBrainsMono[wght].ttf", wght=weight), BOXES)
    return merged([inter, icons(packages["lucide-static"], line), noto, boxes, *symbols(packages)], SANS)


def mono(packages: dict[str, Path]) -> TTFont:
    """Return the monospaced font; what it borrows from others keeps the widths it has there."""
    own = instance("fontpkg_jetbrains_mono/JetBrainsMono[wght].ttf", wght=400)
    noto = instance("fontpkg_noto_sans/NotoSans[wdth,wght].ttf", wdth=100, wght=400)
    inter = instance("fontpkg_inter/Inter[opsz,wght].ttf", opsz=14, wght=400)
    return merged([own, inter, noto, *symbols(packages)], SANS)


def instance(name: str, **axes: float) -> TTFont:
    """Return a variable font of PyPI at one point of its axes."""
    package, _, file = name.partition("/")
    font = TTFont(io.BytesIO(files(package).joinpath("files", file).read_bytes()), recalcTimestamp=False)
    return instantiateVariableFont(font, axes, inplace=True)


def symbols(packages: dict[str, Path]) -> Iterator[TTFont]:
    """Yield the parts of the Noto fonts for symbols, the emoji last."""
    for stem in ("sans-math", "sans-symbols-2", "emoji"):
        package = f"@fontsource/noto-{stem}"
        for part in ("math", "symbols", "latin", "latin-ext", "braille", "emoji"):
            name = f"package/files/noto-{stem}-{part}-400-normal.woff"
            with tarfile.open(packages[package]) as opened:
                present = name in opened.getnames()
            if present:
                font = TTFont(io.BytesIO(member(packages[package], name)), recalcTimestamp=False)
                font.flavor = None
                yield font


def icons(archive: Path, line: tuple[int, int]) -> TTFont:
    """Return the Lucide icons, each in a square that is as high as a line of text.

    So an icon drawn at size s is s wide, and its middle is the middle of a capital, because Inter's lines are even
    above and below its capitals.
    """
    font = TTFont(io.BytesIO(member(archive, "package/font/lucide.ttf")), recalcTimestamp=False)
    descent, ascent = line
    scale_upem(font, ascent - descent)
    font["head"].unitsPerEm = UNITS
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        if glyph.numberOfContours > 0:
            glyph.coordinates.translate((0, descent))
            glyph.recalcBounds(font["glyf"])
    return cut(font, icon_names(archive).values())


def cut(font: TTFont, wanted: Iterable[int]) -> TTFont:
    """Return the font with the wanted characters only, and without what Dear ImGui does not read."""
    options = Options(layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, recalc_bounds=True)
    options.drop_tables += [
        "STAT",
        "MVAR",
        "HVAR",
        "avar",
        "GSUB",
        "GPOS",
        "GDEF",
        "MATH",
        "BASE",
        "vhea",
        "vmtx",
        "VORG",
        "meta",
    ]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    return font


def merged(fonts: list[TTFont], wanted: Iterable[int]) -> TTFont:
    """Return one font with the wanted characters and icons; the earlier font wins, the first gives the line height."""
    first, have, paths = fonts[0], set[int](), []
    line = {(t, a): getattr(first[t], a) for t, a in _LINE}
    scale = UNITS / first["head"].unitsPerEm
    with tempfile.TemporaryDirectory() as folder:
        for number, font in enumerate(fonts):
            mine = set(font.getBestCmap())
            keep = (mine & {*wanted, *EMOJI, *ICONS}) - have
            if not keep:
                continue
            have |= keep
            cut(font, keep)
            scale_upem(font, UNITS)
            paths.append(f"{folder}/{number}.ttf")
            font.save(paths[-1])
        result = Merger().merge(paths)
    hide(result)
    for (table, attribute), value in line.items():
        setattr(result[table], attribute, round(value * scale))
    return result


def hide(font: TTFont) -> None:
    """Give the unseen characters a glyph without ink and width."""
    cmap = font.getBestCmap()
    unseen = cmap[0x200B]
    assert font["hmtx"][unseen][0] == 0
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update({code: unseen for code in UNSEEN if table.format == 12 or code < 0x10000})


_LINE = [
    *(("hhea", name) for name in ("ascent", "descent", "lineGap")),
    *(("OS/2", f"sTypo{name}") for name in ("Ascender", "Descender", "LineGap")),
    *(("OS/2", name) for name in ("usWinAscent", "usWinDescent")),
]


def write(font: TTFont, family: str, style: str) -> dict[str, object]:
    """Write a font under its new name, and return its metrics."""
    full = f"{family} {style}"
    table = font["name"]
    table.names = []
    texts = {
        0: COPYRIGHT,
        1: full,
        2: "Regular",
        3: full,
        4: full,
        6: full.replace(" ", ""),
        13: "SIL Open Font License 1.1",
    }
    for key, text in {**texts, 14: "https://openfontlicense.org", 16: family, 17: style}.items():
        table.setName(text, key, 3, 1, 0x409)
    font["head"].created = font["head"].modified = EPOCH
    font.recalcTimestamp = False
    path = OUTPUT / f"{family.replace(' ', '')}-{style}.ttf"
    font.save(path)
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}: {size:,} bytes, {len(font.getBestCmap()):,} characters\n")
    assert size <= LARGEST, f"{path.name} is larger than {LARGEST:,} bytes"
    return measured(font, path.name)


def measured(font: TTFont, file: str) -> dict[str, object]:
    """Return what `graphide.editor.text.metrics` reads: the line in units, and the widths in runs of characters.

    A run is the first code point and the advances, in units, of it and those that follow it.
    """
    runs: list[list[int]] = []
    last = -2
    for code, name in sorted(font.getBestCmap().items()):
        if code != last + 1:
            runs.append([code])
        runs[-1].append(font["hmtx"][name][0])
        last = code
    line = font["hhea"]
    return {"file": file, "ascent": line.ascent, "descent": -line.descent, "runs": runs}


def write_icon_names(names: dict[str, int]) -> None:
    """Write the icons' names and code points, a line for each."""
    lines = ",\n".join(f" {json.dumps(name)}: {names[name]}" for name in sorted(names))
    (OUTPUT / "icons.json").write_text(f"{{\n{lines}\n}}\n", "utf-8")


def write_licences(packages: dict[str, Path]) -> None:
    """Write the licence texts of everything that is in the fonts."""
    for ours, (package, theirs) in LICENCES.items():
        text = (
            member(packages[package], theirs) if package in packages else files(package).joinpath(theirs).read_bytes()
        )
        lines = (line.rstrip() for line in text.decode("utf-8").splitlines())
        (OUTPUT / ours).write_text("\n".join(lines).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
