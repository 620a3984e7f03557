import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * Java's HttpURLConnection. Arguments: URL, file, media type, user:password, and what to accept if it is not what it
 * accepts by itself.
 */
class UrlConnection {
    public static void main(String[] arguments) throws Exception {
        var connection = (HttpURLConnection) URI.create(arguments[0]).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        var credentials = Base64.getEncoder().encodeToString(arguments[3].getBytes(UTF_8));
        connection.setRequestProperty("Authorization", "Basic " + credentials);
        connection.setRequestProperty("Content-Type", "multipart/form-data; boundary=limit");
        if (arguments.length > 4) {
            connection.setRequestProperty("Accept", arguments[4]);
        }
        // The body is sent in chunks as it is written.
        connection.setChunkedStreamingMode(0);
        try (var body = connection.getOutputStream()) {
            body.write(("--limit\r\n"
                    + "Content-Disposition: form-data; name=\"avatar\"; filename=\"a.img\"\r\n"
                    + "Content-Type: " + arguments[2] + "\r\n\r\n").getBytes(UTF_8));
            Files.copy(Path.of(arguments[1]), body);
            body.write("\r\n--limit--\r\n".getBytes(UTF_8));
        }
        try (var answer = connection.getInputStream()) {
            System.out.write(answer.readAllBytes());
        }
        System.out.flush();
    }
}
