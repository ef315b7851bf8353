#include "worker/domain/error_text.hpp"

#include <algorithm>
#include <array>

namespace sendcode::domain {
namespace {

struct row {
  std::uint32_t code;
  std::string_view text;
};

// Sorted. Codes that come as the answer to a request, with a receipt, or both.
constexpr std::array table = {
    row{14107, "too many texts between the same two numbers in a short time: look for a loop"},
    row{20003, "the credentials were refused: check account SID and auth token, or the API key, and their region"},
    row{20403, "the account is suspended or may not do this: look into Twilio's console"},
    row{20404, "the account, service or message does not exist: check the SIDs in the settings and their region"},
    row{20429, "too many requests at once: it is tried again more slowly"},
    row{20500, "Twilio's API failed inside: it is tried again; see Twilio's status page if it goes on"},
    row{20503, "Twilio's API is not available now: it is tried again; see Twilio's status page if it goes on"},
    row{21211, "the number is not valid: ask the person for another one"},
    row{21212, "the source is not a valid number or sender: check phone_number in the settings"},
    row{21265, "the number is a short code, which cannot be texted: ask for a mobile number"},
    row{21266, "the text would go from a number to itself: ask for another number"},
    row{21268, "the number is a premium or information service, which is not texted: ask for a mobile number"},
    row{21408, "the account may not text this country: allow it under Messaging, Geo permissions, if you want it"},
    row{21603, "no source was named: check source and its SID or number in the settings"},
    row{21606, "the source number cannot text this destination: check that it is the account's and takes part in SMS"},
    row{21608, "a trial account texts verified numbers alone: verify the number or upgrade the account"},
    row{21610, "the person has opted out by STOP: they must send START to the source before it may text them again"},
    row{21611, "the source number's queue is full: use a messaging service with more numbers"},
    row{21612, "there is no route from this source to this number: use a source that the country allows"},
    row{21614, "the number is no mobile number: ask for one that takes texts"},
    row{21617, "the text is too long: at most 1,600 characters"},
    row{21635, "the number is a landline: ask for a mobile number"},
    row{21659, "the source is no number of Twilio's, or a short code of another country: check phone_number"},
    row{21660, "the source number belongs to another account: check account_sid and phone_number"},
    row{21661, "the source number cannot send texts: use one that can"},
    row{21663, "the source belongs to another region: check region in the settings"},
    row{21703, "the messaging service has no usable number for this text: add senders to it"},
    row{21705, "the messaging service does not exist or cannot be used: check messaging_service_sid"},
    row{30001, "too many texts were waiting: send more slowly, or from more numbers"},
    row{30002, "the account was suspended before the text went out: look into Twilio's console"},
    row{30003, "the phone is off, out of reach or no longer in use: offer the person a resend later"},
    row{30004, "the text was blocked at the recipient: barred, opted out, or no texts there; offer another way in"},
    row{30005, "the number is unknown or out of service: ask the person to check it"},
    row{30006, "the number is a landline, or its carrier cannot be reached: ask for a mobile number"},
    row{30007, "Twilio or the carrier filtered the text as unwanted: register the sender, and ask Twilio with the SID"},
    row{30008, "the carrier gave no reason: if many texts end so, ask Twilio with their SIDs"},
    row{30009, "a part of a longer text went missing: offer the person a resend"},
    row{30010, "the text cost more than the account's highest price: raise it or remove it"},
    row{30011, "the number takes no picture messages here: texts are sent as SMS, so ask Twilio with the SID"},
    row{30012, "the text's validity period was too short: codes live longer with a larger code_ttl"},
    row{30017, "the carrier's network was congested: offer the person a resend"},
    row{30018, "the carrier takes texts from registered senders alone: register a sender ID for this country"},
    row{30019, "the text is larger than the carrier takes: ask Twilio with the SID"},
    row{30021, "Twilio's messaging service failed inside: offer a resend; see Twilio's status page if it goes on"},
    row{30022, "US A2P: the campaign's rate was exceeded: send more slowly, or raise the campaign's throughput"},
    row{30023, "US A2P: the carrier's daily cap is reached: wait for the next day, or raise the brand's trust score"},
    row{30024, "the sending number is not set up at the carrier yet: wait, or ask Twilio with the SIDs"},
    row{30027, "US A2P: T-Mobile's daily limit for the brand is reached: wait for the next day, or raise its score"},
    row{30032, "the toll-free number is not verified: verify it, or send from another one"},
    row{30033, "US A2P: the campaign is suspended: look into Twilio's console"},
    row{30034, "US A2P: the number belongs to no registered campaign: register it for 10DLC"},
    row{30035, "US A2P: the number is still being set up: wait, or send from another one"},
    row{30036, "the code's life ended before the text could go out: offer the person a resend"},
    row{30037, "the account may not send texts: look into Twilio's console"},
    row{30038, "the recipient is a number of Twilio's, which takes no sign-in codes: ask for another number"},
    row{30039, "the recipient answers by machine, and Twilio broke a loop: ask for a person's number"},
    row{30042, "the sender ID is too general or has characters that the country forbids: choose another one"},
    row{30044, "a trial account sends texts of few segments alone: upgrade the account"},
    row{30410, "the carrier's side did not answer in time: offer the person a resend"},
    row{30450, "SMS pumping protection blocks the number for 15 to 30 minutes: offer another way in"},
    row{30453, "SMS pumping protection blocks the number for some hours: offer another way in"},
    row{30454, "the trial account has sent as many texts as it may: upgrade it"},
    row{30500, "Twilio failed inside on this text: offer a resend; ask Twilio with the SID if it goes on"},
    row{60410, "the fraud guard blocks the number's prefix for some hours: offer another way in"},
    row{60605, "the fraud guard or its country settings block the destination: allow it there, if you want it"},
    row{63038, "the account has reached its daily limit of texts: wait for the next day, or upgrade it"},
};
static_assert(std::ranges::is_sorted(table, {}, &row::code));
static_assert(std::ranges::adjacent_find(table, {}, &row::code) == table.end());
static_assert(std::ranges::all_of(table, [](const row& r) { return r.text.size() <= error_text_bytes_max; }));

}  // namespace

std::string_view error_text(std::uint32_t error_code) noexcept {
  const auto* found = std::ranges::lower_bound(table, error_code, {}, &row::code);
  return found != table.end() && found->code == error_code ? found->text : std::string_view();
}

}  // namespace sendcode::domain
