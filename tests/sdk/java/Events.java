import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.cloudevents.kafka.CloudEventSerializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** CloudEvents by their SDK for Java: one JSON request a line, answered with a line each; see ../sdk_process.py. */
public class Events {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BOOTSTRAP = System.getenv("SDK_BOOTSTRAP");

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode asked = JSON.readTree(line);
            ObjectNode out = JSON.createObjectNode();
            out.set("done", asked.get("do").asText().equals("send") ? send(asked) : read(asked));
            System.out.println(JSON.writeValueAsString(out));
        }
    }

    private static JsonNode send(JsonNode asked) throws Exception {
        JsonNode attributes = asked.get("attributes");
        CloudEvent event = CloudEventBuilder.v1()
                .withId(attributes.get("id").asText())
                .withSource(URI.create(attributes.get("source").asText()))
                .withType(attributes.get("type").asText())
                .withTime(OffsetDateTime.parse(attributes.get("time").asText()))
                .withExtension("traceparent", attributes.get("traceparent").asText())
                .withData("application/json", JSON.writeValueAsBytes(asked.get("data")))
                .build();
        Map<String, Object> options = new HashMap<>(Map.of("bootstrap.servers", BOOTSTRAP));
        options.put(CloudEventSerializer.ENCODING_CONFIG, Encoding.valueOf(asked.get("mode").asText().toUpperCase()));
        options.put(CloudEventSerializer.EVENT_FORMAT_CONFIG, JsonFormat.CONTENT_TYPE);
        options.put("key.serializer", StringSerializer.class.getName());
        options.put("value.serializer", CloudEventSerializer.class.getName());
        try (var producer = new KafkaProducer<String, CloudEvent>(options)) {
            producer.send(new ProducerRecord<>(asked.get("topic").asText(), asked.get("key").asText(), event)).get();
        }
        return null;
    }

    /** The events of the topic with these ids, each as the SDK parses it. */
    private static JsonNode read(JsonNode asked) {
        Set<String> wanted = new HashSet<>();
        asked.get("ids").forEach(id -> wanted.add(id.asText()));
        var found = JSON.createArrayNode();
        Map<String, Object> options = new HashMap<>(Map.of("bootstrap.servers", BOOTSTRAP));
        options.put("auto.offset.reset", "earliest");
        options.put("key.deserializer", StringDeserializer.class.getName());
        options.put("value.deserializer", CloudEventDeserializer.class.getName());
        try (var consumer = new KafkaConsumer<String, CloudEvent>(options)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (var each : consumer.partitionsFor(asked.get("topic").asText())) {
                partitions.add(new TopicPartition(each.topic(), each.partition()));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Instant deadline = Instant.now().plus(PATIENCE);
            while (!wanted.isEmpty() && Instant.now().isBefore(deadline)) {
                for (ConsumerRecord<String, CloudEvent> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (wanted.remove(record.value().getId())) found.add(shown(record.value()));
                }
            }
        }
        return found;
    }

    private static JsonNode shown(CloudEvent event) {
        ObjectNode out = JSON.createObjectNode();
        ObjectNode attributes = out.putObject("attributes");
        for (String name : event.getAttributeNames()) attributes.put(name, String.valueOf(event.getAttribute(name)));
        for (String name : event.getExtensionNames()) attributes.put(name, String.valueOf(event.getExtension(name)));
        out.put("time_type", event.getTime().getClass().getSimpleName());
        try {
            out.set("data", JSON.readTree(event.getData().toBytes()));
        } catch (java.io.IOException error) {
            throw new IllegalStateException(error);
        }
        return out;
    }
}
