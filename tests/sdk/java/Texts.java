import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.twilio.exception.ApiException;
import com.twilio.http.NetworkHttpClient;
import com.twilio.http.TwilioRestClient;
import com.twilio.rest.api.v2010.account.Message;
import com.twilio.rest.api.v2010.account.message.Feedback;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.ZonedDateTime;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.HttpHost;

/** Texts by Twilio's SDK for Java: one JSON request a line, answered with a line each; see ../sdk_process.py. */
public class Texts {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        TwilioRestClient client = makeClient();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ObjectNode out = JSON.createObjectNode();
            try {
                out.set("done", answer(client, JSON.readTree(line)));
            } catch (ApiException error) {
                out.putObject("error")
                        .put("type", error.getClass().getSimpleName())
                        .put("code", error.getCode())
                        .put("status", error.getStatusCode())
                        .put("more_info", error.getMoreInfo());
            }
            System.out.println(JSON.writeValueAsString(out));
        }
    }

    /** Twilio's own client, but for the host that it calls. */
    private static TwilioRestClient makeClient() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var file = Files.newInputStream(Path.of(System.getenv("SDK_CA_FILE")))) {
            trusted.setCertificateEntry("sandbox", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, managers.getTrustManagers(), null);
        URI base = URI.create(System.getenv("SDK_BASE_URL"));
        HttpRoute route = new HttpRoute(new HttpHost("https", base.getHost(), base.getPort()), null, true);
        HttpClientBuilder builder = HttpClientBuilder.create()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls))
                        .build())
                .setRoutePlanner((host, context) -> route);
        return new TwilioRestClient.Builder(System.getenv("SDK_USER"), System.getenv("SDK_PASSWORD"))
                .accountSid(System.getenv("SDK_ACCOUNT"))
                .httpClient(new NetworkHttpClient(builder))
                .build();
    }

    private static JsonNode answer(TwilioRestClient client, JsonNode asked) throws Exception {
        JsonNode given = asked.get("parameters");
        if (asked.get("do").asText().equals("feedback")) {
            var outcome = Feedback.Outcome.forValue(given.get("outcome").asText());
            return asFields(Feedback.creator(given.get("sid").asText()).setOutcome(outcome).create(client));
        }
        if (asked.get("do").asText().equals("send")) return asFields(send(client, given));
        var reader = Message.reader().setTo(given.get("to").asText());
        if (given.has("page_size")) reader.pageSize(given.get("page_size").asInt());
        if (given.has("limit")) reader.limit(given.get("limit").asInt());
        if (given.has("date_sent_after")) {
            reader.setDateSentAfter(ZonedDateTime.parse(given.get("date_sent_after").asText()));
        }
        ArrayNode out = JSON.createArrayNode();
        for (Message message : reader.read(client)) out.add(asFields(message));
        return out;
    }

    private static Message send(TwilioRestClient client, JsonNode given) {
        Function<String, String> text = name -> given.has(name) ? given.get(name).asText() : null;
        var to = new com.twilio.type.PhoneNumber(text.apply("to"));
        var creator = Message.creator(to, text.apply("messaging_service_sid"), text.apply("body"));
        if (given.has("from")) creator.setFrom(text.apply("from"));
        if (given.has("status_callback")) creator.setStatusCallback(text.apply("status_callback"));
        if (given.has("validity_period")) creator.setValidityPeriod(given.get("validity_period").asInt());
        return creator.create(client);
    }

    /** Every attribute of the SDK's resource, with the type that it has there. */
    private static JsonNode asFields(Object resource) throws IllegalAccessException {
        ObjectNode out = JSON.createObjectNode();
        for (Field field : resource.getClass().getDeclaredFields()) {
            JsonProperty property = field.getAnnotation(JsonProperty.class);
            if (java.lang.reflect.Modifier.isStatic(field.getModifiers())) continue;
            field.setAccessible(true);
            Object value = field.get(resource);
            String name = property != null ? property.value() : snake(field.getName());
            out.putObject(name)
                    .put("type", value == null ? "null" : value.getClass().getSimpleName())
                    .put("value", value == null ? null : value.toString());
        }
        return out;
    }

    private static String snake(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase();
    }
}
