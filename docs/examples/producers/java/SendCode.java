import com.fasterxml.jackson.databind.*;
import java.net.URI;
import java.net.http.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

class SendCode { // texts a sign-in code, waits for the outcome, checks what the person types: SendCode "+61491570006"
  static final Map<String, String> ENV = System.getenv();
  static final Map<String, Object> KAFKA = Map.of("bootstrap.servers", ENV.get("KAFKA_BOOTSTRAP"),
      "enable.idempotence", true, "acks", "all"); // these two are the producer's; it has them by default since 3.0
  static final ObjectMapper JSON = new ObjectMapper();

  static void awaitSent(Consumer<String, String> consumer, String challenge, String attempt) throws Exception {
    for (var deadline = Instant.now().plusSeconds(60); Instant.now().isBefore(deadline); )
      for (var record : consumer.poll(Duration.ofSeconds(1))) {
        var status = JSON.readTree(record.value());
        if (!challenge.equals(record.key()) || !status.path("kind").asText().equals("outcome")) continue;
        var id = new String(record.headers().lastHeader("ce_id").value());
        System.out.println(attempt + ": " + status.path("status").asText() + " " + id);
        if (status.path("status").asText().equals("sent")) return;
        throw new IllegalStateException("not sent: " + status.path("reason").asText());
      }
    throw new IllegalStateException("no outcome within 60 s");
  }

  static String check(String challenge, Map<String, String> guess) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(ENV.get("CHECK_URL") + "/v1/challenges/" + challenge + "/check"))
        .headers("Authorization", "Bearer " + ENV.get("API_TOKEN"), "Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(guess))).timeout(Duration.ofSeconds(10));
    var answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(answer.statusCode() + ": " + answer.body());
    return JSON.readTree(answer.body()).path("status").asText();
  }

  public static void main(String[] args) throws Exception {
    var challenge = UUID.randomUUID() + "-" + UUID.randomUUID(); // at least 128 random bits; one UUID has 122
    var data = new TreeMap<>(Map.of("purpose", "sign_in", "phone_number", args[0], "challenge_id", challenge));
    for (var id : List.of("environment_id", "application_id", "connection_id")) data.put(id, ENV.get(id.toUpperCase()));
    var event = new ProducerRecord<>("sms.send-code", args[0], JSON.writeValueAsString(data));
    Map.of("ce_specversion", "1.0", "ce_type", "io.sendcode.send-code.v1", "ce_source", "/examples/java",
        "ce_id", UUID.randomUUID().toString()).forEach((name, value) -> event.headers().add(name, value.getBytes()));
    try (var consumer = new KafkaConsumer<>(KAFKA, new StringDeserializer(), new StringDeserializer());
        var producer = new KafkaProducer<>(KAFKA, new StringSerializer(), new StringSerializer())) {
      consumer.assign(consumer.partitionsFor("sms.delivery-status").stream()
          .map(each -> new TopicPartition(each.topic(), each.partition())).toList());
      consumer.assignment().forEach(each -> consumer.seek(each, consumer.endOffsets(Set.of(each)).get(each)));
      for (var attempt : List.of("outcome", "retry")) { // the same source and id: one text, one outcome id
        producer.send(event).get();
        awaitSent(consumer, challenge, attempt);
      }
    }
    System.out.print("code: ");
    data.put("code", new Scanner(System.in).nextLine());
    System.out.println("check: " + check(challenge, data));
  }
}
