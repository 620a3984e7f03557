"""Uploads pictures of many kinds, and looks at their renderings through the addresses that clients make.

usage: avatars.py ORIGIN NETEX_TOKEN
       avatars.py --write FOLDER      (the pictures alone, for the contact sheet)
"""

import base64
import io
import json
import pathlib
import struct
import sys
import urllib.error
import urllib.request
import zlib

from PIL import Image, ImageChops

ORIGIN, TOKEN = sys.argv[1:]
USERS = ORIGIN + "/integration/ws/management/rest/users"
RED, GREEN, BLUE, YELLOW = (220, 20, 60), (20, 160, 40), (30, 60, 200), (240, 210, 30)
FACES = [RED, GREEN, BLUE, YELLOW]
# The middle of the first, second, third and fourth quarter of a picture.
PLACES = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]


def call(method, url, body=None):
    request = urllib.request.Request(url, method=method)
    request.add_header("X-Cloud-Auth-Token", TOKEN)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        body = json.dumps(body).encode()
    return urllib.request.urlopen(request, body)


def quarters(size=(96, 96), mode="RGB"):
    """Four quarters, each of one colour."""
    picture = Image.new("RGB", size)
    half = size[0] // 2, size[1] // 2
    for index, colour in enumerate(FACES):
        place = (index % 2) * half[0], (index // 2) * half[1]
        picture.paste(Image.new("RGB", half, colour), place)
    return picture.convert(mode)


def file(picture, format, **options):
    written = io.BytesIO()
    picture.save(written, format, **options)
    return written.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(picture, depth=8, interlaced=False):
    """A PNG of a kind that Pillow does not write."""

    def line(y, xs):
        pixels = (picture.getpixel((x, y)) for x in xs)
        samples = (sample for pixel in pixels for sample in pixel)
        if depth == 16:
            return b"\0" + b"".join(struct.pack(">H", sample * 257) for sample in samples)
        return b"\0" + bytes(samples)

    width, height = picture.size
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    lines = b"".join(
        line(y, range(left, width, right))
        for left, top, right, down in passes
        for y in range(top, height, down)
        if left < width
    )
    colour = {"RGB": 2, "RGBA": 6}[picture.mode]
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def turned(orientation):
    """The quarters, stored so that EXIF's orientation makes them upright."""
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    picture = quarters()
    for step in undo.get(orientation, []):
        picture = picture.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at 48.8584 N"
    return file(picture, "JPEG", quality=95, exif=exif, comment=b"taken at 48.8584 N")


def transparent():
    picture = quarters(mode="RGBA")
    picture.paste((0, 0, 0, 0), (48, 48, 96, 96))
    return picture


def animated():
    frames = [quarters(), Image.new("RGB", (96, 96), (0, 0, 0))]
    return file(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def wide():
    """The quarters between two black sides, which are cropped."""
    picture = Image.new("RGB", (288, 96))
    picture.paste(quarters(), (96, 0))
    return picture


grey = [tuple([Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))] * 3) for colour in FACES]
largest = quarters((1024, 1024))
cases = {
    "jpeg": (file(quarters(), "JPEG", quality=95), FACES),
    "progressive": (file(quarters(), "JPEG", quality=95, progressive=True), FACES),
    "subsampled": (file(largest, "JPEG", quality=90, subsampling="4:2:0"), FACES),
    "wide": (file(wide(), "JPEG", quality=95), FACES),
    "tall": (file(wide().transpose(Image.Transpose.TRANSPOSE), "PNG"), [RED, BLUE, GREEN, YELLOW]),
    "grey-jpeg": (file(quarters(mode="L"), "JPEG", quality=95), grey),
    "cmyk": (file(quarters(mode="CMYK"), "JPEG", quality=95), FACES),
    "png": (file(quarters(), "PNG"), FACES),
    "grey": (file(quarters(mode="L"), "PNG"), grey),
    "palette": (file(quarters().quantize(16), "PNG"), FACES),
    "sixteen-bits": (png(quarters(), depth=16), FACES),
    "sixteen-bits-grey": (file(quarters(mode="L").convert("I;16").point(lambda sample: sample * 257), "PNG"), grey),
    "interlaced": (png(quarters(), interlaced=True), FACES),
    "interlaced-with-alpha": (png(transparent(), interlaced=True), [RED, GREEN, BLUE, None]),
    "alpha": (file(transparent(), "PNG"), [RED, GREEN, BLUE, None]),
    "gif": (file(quarters().quantize(8), "GIF"), FACES),
    "animated": (animated(), FACES),
    "one-pixel": (file(Image.new("RGB", (1, 1), RED), "PNG"), [RED] * 4),
    **{f"turned-{orientation}": (turned(orientation), FACES) for orientation in range(1, 9)},
}
whole = file(largest, "JPEG", quality=90)
broken = {
    "cut-off-jpeg": whole[: len(whole) // 2],
    "cut-off-progressive": file(largest, "JPEG", progressive=True)[:4000],
    "cut-off-png": file(Image.effect_noise((200, 200), 90), "PNG")[:9000],
    "cut-off-gif": file(Image.effect_noise((200, 200), 90).quantize(64), "GIF")[:9000],
}



def bomb(width, height, depth, colour, *chunks):
    """A PNG of nothing but zeros, which is tiny for its size."""
    samples = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    packed = zlib.compressobj(9)
    line = bytes(1 + (width * depth * samples + 7) // 8)
    lines = b"".join(packed.compress(line) for _ in range(height)) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def scans(count):
    """A progressive JPEG whose last scan comes again and again."""
    picture = file(quarters((640, 640)), "JPEG", progressive=True)
    last = picture.rindex(b"\xff\xda")
    scan = picture[last:-2]
    return picture[:last] + scan * min(count, 500_000 // len(scan)) + b"\xff\xd9"


def lied_gif():
    """A GIF whose one pixel says that it is 60,000 by 60,000."""
    picture = bytearray(file(Image.new("P", (1, 1)), "GIF"))
    frame = picture.index(b"\x2c")
    picture[frame + 5 : frame + 9] = b"\x60\xea\x60\xea"
    return bytes(picture)


hostile = {
    "png-of-67-megapixels": bomb(8192, 8192, 1, 0),
    "png-of-16-megapixels-and-16-bits": bomb(4096, 4096, 16, 6)[: 512 * 1024],
    "profile-of-256-mebibytes": bomb(
        8, 8, 8, 2, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(256 * 1024 * 1024), 9))
    ),
    "palette-of-two-bytes": bomb(8, 8, 8, 3, chunk(b"PLTE", b"ab")),
    "thousands-of-scans": scans(43_000),
    "progressive-of-48-megapixels": file(Image.new("RGB", (8000, 6000)), "JPEG", progressive=True, quality=10),
    "frame-beyond-the-canvas": lied_gif(),
}

if ORIGIN == "--write":
    for name, (bytes, _) in cases.items():
        pathlib.Path(TOKEN, name).write_bytes(bytes)
    sys.exit()

import libgravatar
import libravatar


def create(name, bytes):
    image = {"base64Image": base64.b64encode(bytes).decode()}
    user = {"username": name, "email": name + "@example.org", "image": image}
    call("POST", USERS, {"user": user}).close()


def addresses(name, size):
    """The same avatar's address, as each client makes it."""
    address = " " + name.upper() + "@Example.org "
    gravatar = libgravatar.Gravatar(address).get_image(size=size, default="404", use_ssl=True)
    yield gravatar.replace("https://www.gravatar.com", ORIGIN)
    yield libravatar.libravatar_url(address.strip(), size=size, default="404").replace("http://cdn.libravatar.org", ORIGIN)


def look(url):
    with urllib.request.urlopen(url) as answer:
        bytes = answer.read()
        picture = Image.open(io.BytesIO(bytes))
        picture.load()
        return answer.headers, bytes, picture


failures = []


def check(name, ok, what):
    if not ok:
        failures.append(f"{name}: {what}")


for name, (bytes, colours) in cases.items():
    create(name, bytes)
    for size in [24, 80, 100, 512]:
        shown = [look(url) for url in addresses(name, size)]
        check(name, shown[0][1] == shown[1][1], "the clients see different pictures")
        headers, rendered, picture = shown[0]
        format = "JPEG" if bytes.startswith(b"\xff\xd8") else "PNG"
        check(name, picture.format == format, f"{picture.format}")
        check(name, headers["Content-Type"] == Image.MIME[format], headers["Content-Type"])
        check(name, picture.size == (size, size), f"{picture.size} instead of {size}")
        check(name, b"48.8584" not in rendered and not picture.getexif(), "metadata")
        for place, colour in zip(PLACES, colours):
            pixel = picture.convert("RGBA").getpixel(tuple(int(size * part) for part in place))
            if colour is None:
                check(name, pixel[3] == 0, f"{pixel} at {place} instead of nothing")
                continue
            far = max(abs(a - b) for a, b in zip(pixel[:3], colour))
            check(name, far <= 12 and pixel[3] == 255, f"{pixel} at {place} of {size} instead of {colour}")

for name, bytes in broken.items():
    create(name, bytes)
    for url in addresses(name, 80):
        try:
            look(url)
            check(name, False, "is shown")
        except urllib.error.HTTPError as error:
            check(name, error.code == 404, f"{error.code}")
    with call("GET", f"{USERS}/{name}/image") as answer:
        check(name, answer.read() == bytes, "the vendor's endpoint gives other bytes")

for name, bytes in hostile.items():
    create(name, bytes)
    url = next(addresses(name, 80))
    try:
        shown = look(url)[2]
        check(name, shown.size == (80, 80), shown.size)
    except urllib.error.HTTPError as error:
        check(name, error.code == 404, f"{error.code}")

figure = look(f"{ORIGIN}/avatar/{'0' * 32}?s=80")[2].convert("RGBA")
check("figure", ImageChops.difference(figure, look(f"{ORIGIN}/avatar/{'1' * 64}")[2].convert("RGBA")).getbbox() is None, "differs")
identicons = {look(f"{ORIGIN}/avatar/{number:032x}?d=identicon&s=24")[1] for number in range(64)}
check("identicon", len(identicons) == 64, "two are alike")

print("\n".join(failures))
sys.exit(bool(failures))
