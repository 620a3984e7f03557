import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** Java's java.net.http, which offers to go on in HTTP/2. Arguments: URL, file, media type, user:password. */
class NetHttp {
    public static void main(String[] arguments) throws Exception {
        var start = "--limit\r\n"
                + "Content-Disposition: form-data; name=\"avatar\"; filename=\"a.img\"\r\n"
                + "Content-Type: " + arguments[2] + "\r\n\r\n";
        var picture = Files.readAllBytes(Path.of(arguments[1]));
        var body = List.of(start.getBytes(UTF_8), picture, "\r\n--limit--\r\n".getBytes(UTF_8));
        var credentials = Base64.getEncoder().encodeToString(arguments[3].getBytes(UTF_8));
        var request = HttpRequest.newBuilder(URI.create(arguments[0]))
                .header("Authorization", "Basic " + credentials)
                .header("Content-Type", "multipart/form-data; boundary=limit")
                .POST(BodyPublishers.ofByteArrays(body))
                .build();
        System.out.print(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());
    }
}
