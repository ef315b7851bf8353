// Texts a sign-in code, waits for the outcome, checks what the person types: send_code "+61491570006"
#include <httplib.h>
#include <librdkafka/rdkafkacpp.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

using namespace RdKafka;
using text = std::string;

void need(bool good, const text& otherwise) { if (!good) throw std::runtime_error(otherwise); }

int main(int, char** arguments) {
  text error, challenge, phone = arguments[1], statuses = "sms.delivery-status";
  for (std::random_device random; challenge.size() < 32;) challenge += "0123456789abcdef"[random() % 16];
  const std::unique_ptr<Conf> conf(Conf::create(Conf::CONF_GLOBAL));  // with Java's partitioner, so that order holds
  for (const auto& [name, value] : std::map<text, text>{{"bootstrap.servers", std::getenv("KAFKA_BOOTSTRAP")},
           {"enable.idempotence", "true"}, {"acks", "all"}, {"partitioner", "murmur2_random"}, {"group.id", "unused"},
           {"enable.auto.commit", "false"}, {"log_level", "3"}})
    need(conf->set(name, value, error) == Conf::CONF_OK, error);
  const std::unique_ptr<Producer> producer(Producer::create(conf.get(), error));
  const std::unique_ptr<KafkaConsumer> consumer(KafkaConsumer::create(conf.get(), error));
  need(producer && consumer, error);
  const std::unique_ptr<Topic> topic(Topic::create(consumer.get(), statuses, nullptr, error));
  Metadata* metadata = nullptr;
  need(consumer->metadata(false, topic.get(), &metadata, 10'000) == ERR_NO_ERROR, "Kafka cannot be reached");
  std::vector<TopicPartition*> ends;  // as they are before anything is sent
  for (const auto* each : *metadata->topics()->front()->partitions()) {
    int64_t low = 0, high = 0;
    need(consumer->query_watermark_offsets(statuses, each->id(), &low, &high, 10'000) == ERR_NO_ERROR, "no offsets");
    ends.push_back(TopicPartition::create(statuses, each->id(), high));
  }
  consumer->assign(ends);
  nlohmann::json status, data = {{"environment_id", std::getenv("ENVIRONMENT_ID")}, {"challenge_id", challenge},
      {"application_id", std::getenv("APPLICATION_ID")}, {"phone_number", phone}, {"purpose", "sign_in"},
      {"connection_id", std::getenv("CONNECTION_ID")}};
  for (const text attempt : {"outcome", "retry"}) {  // the same source and id: one text, one outcome id
    Headers* headers = Headers::create();
    for (const auto& [name, value] : std::map<text, text>{{"ce_specversion", "1.0"}, {"ce_source", "/examples/cpp"},
             {"ce_type", "io.sendcode.send-code.v1"}, {"ce_id", challenge + "/1"}}) headers->add(name, value);
    producer->produce("sms.send-code", Topic::PARTITION_UA, Producer::RK_MSG_COPY, data.dump().data(),
                      data.dump().size(), phone.data(), phone.size(), 0, headers, nullptr);
    need(producer->flush(30'000) == ERR_NO_ERROR, "Kafka has not acknowledged the event within 30 s");
    for (status = {}; status["challenge_id"] != challenge || status["kind"] != "outcome";) {
      const std::unique_ptr<Message> record(consumer->consume(60'000));
      need(record->err() == ERR_NO_ERROR, "no outcome: " + record->errstr());
      status = nlohmann::json::parse(text(static_cast<char*>(record->payload()), record->len()));
      status["id"] = record->headers()->get_last("ce_id").value_string();
    }
    std::cout << attempt << ": " << text(status["status"]) << " " << text(status["id"]) << std::endl;
  }
  need(status["status"] == "sent", "not sent: " + status.value("reason", ""));
  std::cout << "code: " << std::flush;
  data["code"] = *std::istream_iterator<text>(std::cin);
  httplib::Client http(std::getenv("CHECK_URL"));
  http.set_bearer_token_auth(std::getenv("API_TOKEN"));
  const auto answer = http.Post("/v1/challenges/" + challenge + "/check", data.dump(), "application/json");
  need(answer && answer->status == 200, answer ? answer->body : to_string(answer.error()));
  std::cout << "check: " << text(nlohmann::json::parse(answer->body)["status"]) << std::endl;
}
