"""Python's urllib. Arguments: URL, file, media type, user:password."""

import base64
import sys
import urllib.request
import uuid

url, file, media_type, credentials = sys.argv[1:]
boundary = uuid.uuid4().hex
with open(file, "rb") as picture:
    body = b"".join([
        f'--{boundary}\r\nContent-Disposition: form-data; name="avatar"; filename="a.img"\r\n'.encode(),
        f"Content-Type: {media_type}\r\n\r\n".encode(),
        picture.read(),
        f"\r\n--{boundary}--\r\n".encode(),
    ])
request = urllib.request.Request(url, body, {
    "Content-Type": f"multipart/form-data; boundary={boundary}",
    "Authorization": "Basic " + base64.b64encode(credentials.encode()).decode(),
})
print(urllib.request.urlopen(request).read().decode())
